// From a reason to go back to the write that does: how long visitors are sent to a canary that should not have them.
import { setTimeout as wait } from 'node:timers/promises';
import { routesOf, type SeenRollout } from '../test/support/api.ts';
import { eventually } from '../test/support/eventually.ts';
import type { BehaviourInput } from '../tools/mesh/control.ts';
import { openAudit } from './audit.ts';
import { abort, longBake, type Pair, raisePairs, release, whenAll } from './fleet.ts';
import type { Stage } from './stage.ts';
import { type Section, spread } from './table.ts';

const namespace = 'reaction';
const slotMs = 1_000;
const metricRuns = 5;
const abortRuns = 10;
const rps = 200;
/** Slots of good answers before the canary turns bad. */
const goodSlots = 8;

/** One reaction: until the write was answered, and the requests that failed meanwhile. */
interface Reaction {
  readonly ms: number;
  readonly failed: number;
}

/** Measures reactions to failing requests and to an abort. */
export async function reaction(stage: Stage): Promise<Section> {
  const pairs = await raisePairs(stage, [namespace], 2 * metricRuns + abortRuns);
  const controller = await stage.startController(namespace, { namespace, slot: '1s', settle: '1s' });
  await release(stage, pairs, longBake);
  const baking = await whenAll(stage, pairs, 'baking', 120_000);
  const outage = await turnBad(stage, pairs.slice(0, metricRuns), { kind: '5xx', rate: 1 });
  const some = await turnBad(stage, pairs.slice(metricRuns, 2 * metricRuns), { kind: '5xx', rate: 0.2 });
  const aborts = await abortAll(stage, pairs.slice(2 * metricRuns), baking.slice(2 * metricRuns));
  await whenAll(stage, pairs, 'rolledBack', 60_000);
  await controller.stop();
  return {
    title: 'Reaction: from the reason to the VirtualService with stable at 100',
    how: `Slots of 1 s, settle 1 s, scraped every second, ${rps} requests/s of which 10% reach the canary, ${goodSlots} or more slots of good answers before. The end is the answered PATCH in the API server's audit log.`,
    tables: [
      {
        columns: ['reason', 'runs', 'ms: least', 'middle', 'most', 'slots: middle', 'failed requests: middle'],
        rows: [
          rowOf('every request to the canary fails', outage),
          rowOf('20% of them fail', some),
          ['abort is asked for', aborts.length, ...spread(aborts), '-', '-'],
        ],
      },
    ],
  };
}

function rowOf(reason: string, reactions: readonly Reaction[]): (string | number)[] {
  const ms = spread(reactions.map((each) => each.ms));
  return [reason, reactions.length, ...ms, ms[1] / slotMs, spread(reactions.map(({ failed }) => failed))[1]];
}

/** Lets one canary after the other turn bad, each at another moment of the slot. */
async function turnBad(stage: Stage, pairs: readonly Pair[], bad: BehaviourInput): Promise<readonly Reaction[]> {
  const { mesh } = stage;
  for (const { host } of pairs) await mesh.putLoad(namespace, host, { host, rps, clientWorkload: `${host}-visitors` });
  await wait(goodSlots * slotMs);
  const reactions: Reaction[] = [];
  for (const [index, pair] of pairs.entries()) {
    await wait(slotMs - (Date.now() % slotMs) + (index * slotMs) / pairs.length);
    const audit = await openAudit(stage.stack);
    const at = Date.now();
    await mesh.putBehaviour(namespace, `${pair.host}-v2`, bad);
    const ms = (await backAt(stage, pair, audit)) - at;
    const counts = await mesh.counts(namespace);
    const failed = counts
      .filter(({ load, code }) => load === pair.host && code >= 500)
      .reduce((sum, { requests }) => sum + requests, 0);
    reactions.push({ ms, failed });
    await mesh.deleteLoad(namespace, pair.host);
    stage.say(`  ${pair.host}: ${Math.round(ms)} ms, ${failed} requests failed`);
  }
  return reactions;
}

async function abortAll(
  stage: Stage,
  pairs: readonly Pair[],
  rollouts: readonly SeenRollout[],
): Promise<readonly number[]> {
  const figures: number[] = [];
  for (const [index, pair] of pairs.entries()) {
    const rollout = rollouts[index];
    if (rollout === undefined) throw new Error(`${pair.host} has no rollout to abort.`);
    await wait(slotMs - (Date.now() % slotMs) + (index * slotMs) / pairs.length);
    const audit = await openAudit(stage.stack);
    const at = await abort(stage, rollout);
    figures.push((await backAt(stage, pair, audit)) - at);
  }
  return figures;
}

/** When the write that put stable at 100 was answered: the first one since the window was opened, for nothing else moves. */
async function backAt({ api }: Stage, { host }: Pair, audit: Awaited<ReturnType<typeof openAudit>>): Promise<number> {
  await eventually(
    `${host} to be back at stable`,
    async () => {
      const [, canary] = (await routesOf(api, namespace, host)).spec.http[0]?.route ?? [];
      return canary?.weight === 0;
    },
    { withinMs: 60_000 },
  );
  const calls = await audit.calls();
  const back = calls.find(
    ({ verb, resource, name, code }) =>
      verb === 'patch' && resource === 'virtualservices' && name === host && code === 200,
  );
  if (back === undefined) throw new Error(`The audit log has no write of ${host}, although its weights changed.`);
  return back.doneAt;
}
