// The traffic gate: the canary's share of the requests must be its weight. The mesh gives no receipt for a weight; this is it.
import { type ByReporter, countsOf, type ReporterCounts, reporters, type Tally } from '../counts.ts';
import type { Reporter, Subject } from '../evidence.ts';
import { type Gate, type GateContext, type GateSlot, isCount, isRecord, type Opinion } from '../gate.ts';
import { formatShare } from '../plan.ts';
import { rate, type Trial } from '../statistics/excess.ts';
import { evidenceOfMismatch } from '../statistics/share.ts';
import { formatDuration } from '../time.ts';
import { chargedToCanary } from './errors-compare.ts';
import { eachReporter, type Level, reviveEach, reviveTally } from './errors-state.ts';
import { askedOf } from './hearing.ts';
import { grouped, opinion, seenBy } from './words.ts';

/** What one reporter has counted within the step, and the level of unattributed failures before the rollout. */
interface Share {
  readonly canary: number;
  readonly stable: number;
  readonly unattributed: number;
  readonly level: Level;
}

interface TrafficState {
  readonly before: ByReporter<Tally>;
  readonly shares: ByReporter<Share>;
}

/** Odds that a wrong split takes, so that one in a thousand rollouts with a right one is held by mistake. */
const certain = Math.log(1_000);
/** What is granted besides: clients differ, and a split per connection is coarser than one per request. */
const tolerance = 0.02;

/** Who tells how requests were split, and what it saw. */
interface View {
  readonly reporter: Reporter;
  readonly split: Trial;
}

const none: Share = { canary: 0, stable: 0, unattributed: 0, level: { requests: 0, unattributed: 0 } };

/** Never fails: a wrong share says nothing of the version, but no step passes on it. */
export const trafficGate: Gate<TrafficState> = {
  id: 'traffic',
  version: 1,
  begin: (before) => ({ before: before?.tallies ?? {}, shares: {} }),
  revive: reviveTraffic,
  beginStep: (state) => ({ ...state, shares: eachReporter(state.shares, ({ level }) => ({ ...none, level })) }),
  count: countTraffic,
  say: sayTraffic,
};

function countTraffic(state: TrafficState, slot: GateSlot, { subject }: GateContext): TrafficState {
  const known = { ...levelsOf(state.before, subject), ...state.shares };
  if (!slot.inStep) return { before: {}, shares: known };
  const next: Partial<Record<Reporter, Share>> = { ...known };
  for (const reporter of reporters) {
    const counts = slot.counts[reporter];
    if (counts !== undefined) next[reporter] = addShare(known[reporter] ?? none, counts);
  }
  return { before: {}, shares: next };
}

function levelsOf(before: ByReporter<Tally>, subject: Subject): ByReporter<Share> {
  return eachReporter(before, (tally) => {
    const { canary, stable, unattributed } = countsOf(tally, subject);
    return { ...none, level: { requests: canary.requests + stable.requests + unattributed, unattributed } };
  });
}

function addShare(share: Share, { canary, stable, unattributed }: ReporterCounts): Share {
  return {
    ...share,
    canary: share.canary + canary.requests,
    stable: share.stable + stable.requests,
    unattributed: share.unattributed + unattributed,
  };
}

function sayTraffic({ shares }: TrafficState, context: GateContext): Opinion {
  const { weight, countedMs } = context;
  const { reporter, split } = clientView(shares, context);
  if (split.n === 0) {
    return opinion(
      'noData',
      'NoRequests',
      `Neither version has received requests in ${formatDuration(countedMs)}, so the weight of ${weight}% cannot be seen. Send some traffic.`,
    );
  }
  const [low, high] = [Math.max(0, weight / 100 - tolerance), Math.min(1, weight / 100 + tolerance)];
  const share = rate(split);
  const told = `The canary received ${grouped(split.x)} of ${grouped(split.n)} requests (${formatShare(share)}), ${seenBy[reporter]}, at weight ${weight}%`;
  if (evidenceOfMismatch(split, low, high) < certain) return opinion('pass', 'WeightsInEffect', `${told}.`);
  const message =
    `${told}, where ${formatShare(low)} to ${formatShare(high)} would be expected. The weights do not reach all of the traffic: look for clients ` +
    'without a sidecar, a second route for the host, or a gateway that the route does not name.';
  return opinion('undecided', 'WeightsNotInEffect', message);
}

/** Weights work where requests are sent, so the client's side tells; the pods' side only where nothing else does. */
function clientView(shares: ByReporter<Share>, context: GateContext): View {
  const { weight } = context;
  const views = reporters.map((reporter) => ({ reporter, split: splitOf(weight, shares[reporter]) }));
  const asked = askedOf(
    views.filter(({ split }) => split.n > 0),
    context,
  );
  const of = (reporter: Reporter): View | undefined => asked.find((view) => view.reporter === reporter);
  const [source, waypoint] = [of('source'), of('waypoint')];
  if (source !== undefined && source.split.n >= (waypoint?.split.n ?? 0)) return source;
  return waypoint ?? { reporter: 'destination', split: splitOf(weight, shares.destination) };
}

/** A canary that cannot be reached has received its requests all the same. */
function splitOf(weight: number, share: Share = none): Trial {
  const canary = share.canary + chargedToCanary(share, share, weight);
  return { n: canary + share.stable, x: canary };
}

function reviveTraffic(saved: unknown): TrafficState | undefined {
  if (!isRecord(saved) || !isRecord(saved['before']) || !isRecord(saved['shares'])) return undefined;
  const before = reviveEach(saved['before'], reviveTally);
  const shares = reviveEach(saved['shares'], reviveShare);
  return before === undefined || shares === undefined ? undefined : { before, shares };
}

function reviveShare(saved: unknown): Share | undefined {
  if (!isRecord(saved) || !isRecord(saved['level'])) return undefined;
  const { canary, stable, unattributed } = saved;
  const { requests, unattributed: before } = saved['level'];
  if (!isCount(canary) || !isCount(stable) || !isCount(unattributed) || !isCount(requests) || !isCount(before))
    return undefined;
  return { canary, stable, unattributed, level: { requests, unattributed: before } };
}
