// What one rollout costs the API server: a whole story, and a bake in which nothing happens.
import { setTimeout as wait } from 'node:timers/promises';
import type { Call } from './audit.ts';
import { callsByKind, isRead, openAudit } from './audit.ts';
import { overSlots } from './crowd.ts';
import { abort, longBake, type Pair, raisePairs, release, whenAll } from './fleet.ts';
import type { Stage } from './stage.ts';
import type { Section, Table } from './table.ts';

const namespace = 'api-cost';
const steps = 4;
const slotMs = 1_000;
/** The first verdicts of a bake are news, and saved. */
const calmMs = 5_000;
const idleSlotsWanted = 20;
const shortBake = { steps: '10,25,50,100', bake: '3s', 'max-bake': '60s', 'min-requests': '20' };

/** Counts the calls of a promoted rollout and of an idle bake. */
export async function apiCost(stage: Stage): Promise<Section> {
  const [told, idle] = await raisePairs(stage, [namespace], 2);
  if (told === undefined || idle === undefined) throw new Error('Two pairs were asked for.');
  await Promise.all([told, idle].map((pair) => visit(stage, pair)));
  const controller = await stage.startController(namespace, { namespace, slot: '1s', settle: '1s' });
  const story = await promote(stage, told);
  const { calls, slots } = await idleCalls(stage, idle);
  const [rollout] = await whenAll(stage, [idle], 'baking', 1_000);
  if (rollout !== undefined) await abort(stage, rollout);
  await whenAll(stage, [idle], 'rolledBack', 30_000);
  await Promise.all([told, idle].map(({ host }) => stage.mesh.deleteLoad(namespace, host)));
  await controller.stop();
  return {
    title: 'Calls to the API server of one rollout',
    how: `Slots of 1 s, settle 1 s, bake 3 s, ${steps} steps, 100 requests/s; from the audit log, watches left out. Idle: ${idleSlotsWanted} slots within one bake; a write among them is the checkpoint that is due once a minute.`,
    tables: [
      storyTable(story),
      {
        columns: ['idle bake', 'resource', 'per slot'],
        rows: callsByKind(calls).map(([verb, resource, count]) => [verb, resource, count / slots]),
      },
    ],
  };
}

function visit({ mesh }: Stage, { host }: Pair): Promise<void> {
  return mesh.putLoad(namespace, host, { host, rps: 100, clientWorkload: `${host}-visitors` });
}

async function promote(stage: Stage, pair: Pair): Promise<readonly Call[]> {
  const audit = await openAudit(stage.stack, namespace);
  await release(stage, [pair], shortBake);
  await whenAll(stage, [pair], 'promoted', 120_000);
  return audit.calls();
}

function storyTable(calls: readonly Call[]): Table {
  const kinds = callsByKind(calls);
  const sum = (reads: boolean): number => calls.filter(({ verb }) => isRead(verb) === reads).length;
  return {
    columns: ['promoted story', 'resource', 'in all', 'per step'],
    rows: [
      ...kinds.map(([verb, resource, count]) => [verb, resource, count, count / steps]),
      ['all writes', '', sum(false), sum(false) / steps],
      ['all reads', '', sum(true), sum(true) / steps],
    ],
  };
}

async function idleCalls(
  stage: Stage,
  pair: Pair,
): Promise<{ readonly calls: readonly Call[]; readonly slots: number }> {
  await release(stage, [pair], longBake);
  await whenAll(stage, [pair], 'baking', 60_000);
  await wait(calmMs);
  const audit = await openAudit(stage.stack, namespace);
  const { before, after, slots } = await overSlots(slotMs, idleSlotsWanted, () => audit.calls());
  return { calls: after.slice(before.length), slots };
}
