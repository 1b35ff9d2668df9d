// What the latency gate remembers, and how it is read back.
import type { ByReporter } from '../counts.ts';
import type { Subject } from '../evidence.ts';
import { isCount, isRecord } from '../gate.ts';
import { addBuckets, type Buckets, type BucketTally, bucketsOf, mostBounds } from './buckets.ts';
import { eachReporter, reviveCount, reviveEach, reviveRecord } from './errors-state.ts';

/** What one reporter has counted. */
export interface TimedState {
  /** Within the present step. */
  readonly canary: Buckets;
  readonly stable: Buckets;
  /** Stable since the evidence began, the time before the rollout included. */
  readonly past: Buckets;
  /** Whether it gave any rows in the last counted slot. */
  readonly present: boolean;
  /** How many counted slots in a row have proven a failure; no more than a verdict needs. */
  readonly proven: number;
}

/** By reporter; what was counted before the rollout stands apart until the first slot tells which workload is which. */
export interface LatencyState {
  readonly before: ByReporter<BucketTally>;
  readonly reporters: ByReporter<TimedState>;
}

/** A reporter that has counted nothing yet. */
export const nothingTimed: TimedState = { canary: {}, stable: {}, past: {}, present: false, proven: 0 };

/** What was counted before the rollout, as far as it concerns the subject. */
export function foldTimedBefore({ before, reporters }: LatencyState, subject: Subject): LatencyState {
  const folded = eachReporter(before, (tally) => ({
    ...nothingTimed,
    past: bucketsOf(tally, subject).stable,
    present: true,
  }));
  return { before: {}, reporters: { ...folded, ...reporters } };
}

/** Adds a slot's buckets to what stands. */
export function addTimed(
  state: TimedState,
  slot: { readonly canary: Buckets; readonly stable: Buckets },
  inStep: boolean,
): TimedState {
  const past = addBuckets(state.past, slot.stable);
  if (!inStep) return { ...state, past, present: true };
  return {
    ...state,
    canary: addBuckets(state.canary, slot.canary),
    stable: addBuckets(state.stable, slot.stable),
    past,
    present: true,
  };
}

/** The saved state; undefined when it is none. Keys it does not know are dropped. */
export function reviveLatency(saved: unknown): LatencyState | undefined {
  if (!isRecord(saved) || !isRecord(saved['before']) || !isRecord(saved['reporters'])) return undefined;
  const before = reviveEach(saved['before'], (tally) => reviveRecord(tally, reviveBuckets));
  const reporters = reviveEach(saved['reporters'], reviveTimed);
  return before === undefined || reporters === undefined ? undefined : { before, reporters };
}

function reviveTimed(saved: unknown): TimedState | undefined {
  if (!isRecord(saved)) return undefined;
  const { present, proven } = saved;
  const [canary, stable, past] = [
    reviveBuckets(saved['canary']),
    reviveBuckets(saved['stable']),
    reviveBuckets(saved['past']),
  ];
  if (canary === undefined || stable === undefined || past === undefined) return undefined;
  return typeof present === 'boolean' && isCount(proven) ? { canary, stable, past, present, proven } : undefined;
}

function reviveBuckets(saved: unknown): Buckets | undefined {
  const buckets = reviveRecord(saved, reviveCount);
  if (buckets === undefined) return undefined;
  const bounds = Object.keys(buckets);
  return bounds.length <= mostBounds && bounds.every((bound) => bound !== '' && Number(bound) > 0)
    ? buckets
    : undefined;
}
