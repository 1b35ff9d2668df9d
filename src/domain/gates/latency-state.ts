// What the latency gate remembers. Counts of one reporter are all by the same bounds, which are kept once.
import { reporters as allReporters, type ByReporter } from '../counts.ts';
import type { Reporter, Subject } from '../evidence.ts';
import type { Bounds } from '../statistics/bounds.ts';
import type { Dispersion } from '../statistics/dispersion.ts';
import type { Block } from '../statistics/excess.ts';
import { type Histogram, onBounds } from '../statistics/latency-histogram.ts';
import type { Timings } from '../statistics/latency-order.ts';
import type { Race } from '../statistics/race.ts';
import { type BucketTally, bucketsOf, timesOf } from './buckets.ts';
import type { TimedBursts } from './latency-before.ts';

/** A bound at which a pass is earned: ln of what speaks for it, by alternative. */
export interface Fine {
  readonly bound: number;
  readonly logs: readonly number[];
}

/** A question's answer so far. */
export interface Contest {
  /** The question's text. */
  readonly text: string;
  /** Over the whole rollout. */
  readonly harm: Race;
  /** Within the step. */
  readonly fine: readonly Fine[];
}

/** The bound that is shown to people. */
export interface Watch {
  readonly bound: number;
  /** By how much the share beyond it would grow at the margin: the unit of the interval's grid. */
  readonly scale: number;
  /** Where the difference of the shares beyond it lies, within the step. */
  readonly interval: Bounds;
  /** What was judged at it in the steps before. */
  readonly ago: Block;
}

/** Burstiness of the requests beyond a bound. */
export interface Bursts {
  readonly bound: number;
  readonly dispersion: Dispersion;
}

/** Why the newest slot could not be counted: no bound that all have, or sums over proxies with different bounds. */
export type Trouble = 'none' | 'apart' | 'mixed';

/** What one reporter has counted. */
export interface TimedState {
  /** Whether it gave any rows in the last counted slot. */
  readonly present: boolean;
  readonly trouble: Trouble;
  /** In milliseconds. */
  readonly bounds: readonly number[];
  /** Stable as it is expected to be: what it was, the longer ago the less. */
  readonly usual: readonly number[];
  /** Judged within the present step. */
  readonly canary: readonly number[];
  readonly stable: readonly number[];
  /** Slots that wait until both arms have had a request. */
  readonly pending: { readonly canary: readonly number[]; readonly stable: readonly number[] };
  /** How long the canary has had traffic, as far as it matters for the warm-up and for the leniency after it. */
  readonly warmMs: number;
  /** How burstily stable's slow requests come, at the bounds nearest to its p90 and p99.5. */
  readonly bursts: readonly Bursts[];
  readonly watch?: Watch;
  readonly contests: readonly Contest[];
}

/** By reporter; what was counted before the rollout stands apart until the first slot tells which workload is which. */
export interface LatencyState {
  readonly before: ByReporter<BucketTally>;
  /** How burstily that came. */
  readonly bursts?: TimedBursts;
  readonly reporters: ByReporter<TimedState>;
  /** Each reporter's part of what the gate may spend; fixed with the first slot. */
  readonly shares?: Readonly<Record<Reporter, number>>;
}

/** A reporter that has counted nothing yet. */
export const nothingTimed: TimedState = {
  present: false,
  trouble: 'none',
  bounds: [],
  usual: [0],
  canary: [0],
  stable: [0],
  pending: { canary: [0], stable: [0] },
  warmMs: 0,
  bursts: [],
  contests: [],
};

/** What was counted before the rollout, as far as it concerns the subject. */
export function foldTimedBefore(state: LatencyState, subject: Subject): LatencyState {
  const { before, reporters, shares } = state;
  const folded: Partial<Record<Reporter, TimedState>> = {};
  for (const reporter of allReporters) {
    const tally = before[reporter];
    if (tally === undefined) continue;
    const times = timesOf(bucketsOf(tally, subject).stable);
    const known = times.kind === 'times' ? knownAs(times.histogram) : nothingTimed;
    const bursts = state.bursts?.[reporter]?.[`${subject.namespace}/${subject.stable}`] ?? [];
    folded[reporter] = { ...known, bursts, present: true };
  }
  return { before: {}, reporters: { ...folded, ...reporters }, ...(shares === undefined ? {} : { shares }) };
}

/** A reporter of which only stable's past is known. */
function knownAs({ bounds, counts }: Histogram): TimedState {
  return { ...emptied(nothingTimed, bounds), usual: counts };
}

/** The same memory with nothing counted, by these bounds. */
export function emptied(state: TimedState, bounds: readonly number[]): TimedState {
  const none = [...bounds.map(() => 0), 0];
  return { ...state, bounds, usual: none, canary: none, stable: none, pending: { canary: none, stable: none } };
}

/** The same memory by fewer bounds, all of which are its own. */
export function coarsened(state: TimedState, bounds: readonly number[]): TimedState {
  if (bounds.length === state.bounds.length) return state;
  const fewer = (counts: readonly number[]): readonly number[] =>
    onBounds({ bounds: state.bounds, counts }, bounds).counts;
  const { watch, ...rest } = state;
  return {
    ...rest,
    ...(watch !== undefined && bounds.includes(watch.bound) ? { watch } : {}),
    bursts: state.bursts.filter(({ bound }) => bounds.includes(bound)),
    bounds,
    usual: fewer(state.usual),
    canary: fewer(state.canary),
    stable: fewer(state.stable),
    pending: { canary: fewer(state.pending.canary), stable: fewer(state.pending.stable) },
  };
}

/** What was judged of both arms in this step. */
export function timingsOf({ bounds, canary, stable }: TimedState): Timings {
  return { canary: { bounds, counts: canary }, stable: { bounds, counts: stable } };
}

/** Stable as it is expected to be. */
export function usualOf({ bounds, usual }: TimedState): Histogram {
  return { bounds, counts: usual };
}
