// How long nobody ticks when a controller is killed.
import { setTimeout as wait } from 'node:timers/promises';
import { eventually } from '../test/support/eventually.ts';
import type { Controller } from '../tools/scene/controller.ts';
import { openAudit } from './audit.ts';
import { abort, longBake, type Pair, raisePairs, release, whenAll } from './fleet.ts';
import type { Stage } from './stage.ts';
import { type Section, spread } from './table.ts';

const namespace = 'resume';
const runs = 5;
const slotMs = 1_000;
/** After a start everything is looked at; this lets it pass. */
const calmMs = 3_000;

/** Kills controllers, with and without another one running. */
export async function resume(stage: Stage): Promise<Section> {
  const [pair] = await raisePairs(stage, [namespace], 1);
  if (pair === undefined) throw new Error('One pair was asked for.');
  await stage.mesh.putLoad(namespace, pair.host, { host: pair.host, rps: 100, clientWorkload: 'visitors' });
  const first = await start(stage);
  await release(stage, [pair], longBake);
  const [rollout] = await whenAll(stage, [pair], 'baking', 60_000);
  const { last, ready, ticked } = await succeeded(stage, pair, first);
  const { left, carriedOn } = await carriedOnBy(stage, pair, last);
  if (rollout !== undefined) await abort(stage, rollout);
  await whenAll(stage, [pair], 'rolledBack', 30_000);
  await left.stop();
  await stage.mesh.deleteLoad(namespace, pair.host);
  return {
    title: 'Resuming after kill -9',
    how: 'One rollout baking, slots of 1 s. A tick is seen by its first call, the read of the VirtualService, in the audit log. A tick every slot is what there is without a kill.',
    tables: [
      {
        columns: ['after the kill', 'runs', 'ms: least', 'middle', 'most'],
        rows: [
          ['successor started at once: it says it is ready', runs, ...spread(ready)],
          ['successor started at once: its first tick', runs, ...spread(ticked)],
          ['another controller was running: its next tick', runs, ...spread(carriedOn)],
        ],
      },
    ],
  };
}

function start(stage: Stage): Promise<Controller> {
  return stage.startController(namespace, { namespace, slot: '1s', settle: '1s' });
}

async function succeeded(
  stage: Stage,
  pair: Pair,
  first: Controller,
): Promise<{ readonly last: Controller; readonly ready: readonly number[]; readonly ticked: readonly number[] }> {
  let last = first;
  const ready: number[] = [];
  const ticked: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    await wait(calmMs + (run * slotMs) / runs);
    await last.kill();
    const audit = await openAudit(stage.stack);
    const at = Date.now();
    last = await start(stage);
    ready.push(Date.now() - at);
    ticked.push((await nextTick(pair, audit)) - at);
  }
  return { last, ready, ticked };
}

async function carriedOnBy(
  stage: Stage,
  pair: Pair,
  first: Controller,
): Promise<{ readonly left: Controller; readonly carriedOn: readonly number[] }> {
  let left = first;
  const carriedOn: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const other = await start(stage);
    await wait(calmMs + (run * slotMs) / runs);
    await left.kill();
    const audit = await openAudit(stage.stack);
    const at = Date.now();
    carriedOn.push((await nextTick(pair, audit)) - at);
    left = other;
  }
  return { left, carriedOn };
}

/** When the rollout's next tick began. Throws when none did in time. */
function nextTick({ host }: Pair, audit: Awaited<ReturnType<typeof openAudit>>): Promise<number> {
  return eventually(
    `a tick of ${host}`,
    async () => {
      const calls = await audit.calls();
      return calls.find(({ verb, resource, name }) => verb === 'get' && resource === 'virtualservices' && name === host)
        ?.receivedAt;
    },
    { withinMs: 60_000 },
  );
}
