// How large a CanaryRollout is when it is over: what etcd keeps for every attempt.
import { z } from 'zod';
import { rolloutPath } from '../test/support/api.ts';
import { raisePairs, release, whenAll } from './fleet.ts';
import type { Stage } from './stage.ts';
import type { Section } from './table.ts';

const namespace = 'size';
const longest = Array.from({ length: 20 }, (_, index) => String((index + 1) * 5)).join(',');
const objectSchema = z.looseObject({
  metadata: z.looseObject({ managedFields: z.array(z.unknown()).default([]) }),
  status: z.looseObject({ history: z.array(z.unknown()).default([]) }),
});

/** Measures the objects of a promoted rollout with the default steps and with the most steps. */
export async function size(stage: Stage): Promise<Section> {
  const pairs = await raisePairs(stage, [namespace], 2);
  for (const { host } of pairs)
    await stage.mesh.putLoad(namespace, host, { host, rps: 200, clientWorkload: `${host}-visitors` });
  const controller = await stage.startController(namespace, { namespace, slot: '1s', settle: '500ms' });
  const short = { bake: '1s', 'max-bake': '60s', 'min-requests': '20' };
  await release(stage, pairs.slice(0, 1), short);
  await release(stage, pairs.slice(1), { ...short, steps: longest });
  const promoted = await whenAll(stage, pairs, 'promoted', 240_000);
  const rows = await Promise.all(
    promoted.map(async ({ metadata }, index) => {
      const name = index === 0 ? 'default: 4 steps' : 'longest: 20 steps';
      return [name, ...(await figuresOf(stage, metadata.name))];
    }),
  );
  await controller.stop();
  for (const { host } of pairs) await stage.mesh.deleteLoad(namespace, host);
  return {
    title: 'Size of a promoted CanaryRollout',
    how: 'The object as the API server gives it, as JSON without white space; bakes of 1 s, so that evidence is that of few slots.',
    tables: [
      {
        columns: ['plan', 'bytes without managedFields', 'bytes with', 'managedFields entries', 'history entries'],
        rows,
      },
    ],
  };
}

async function figuresOf({ api }: Stage, name: string): Promise<readonly number[]> {
  const object = objectSchema.parse(await api.get(rolloutPath(namespace, name)));
  const { managedFields, ...metadata } = object.metadata;
  const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
  return [bytes({ ...object, metadata }), bytes(object), managedFields.length, object.status.history.length];
}
