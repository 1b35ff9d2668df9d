// Slots of latencies as a metrics source would give them.
import type { LatencyRow, Reporter } from '../../../src/domain/evidence.ts';
import type { Histogram } from '../../../src/domain/statistics/latency-histogram.ts';
import { seeded } from '../statistics/draws.ts';
import { drawn, type Survival, shapeBy } from '../statistics/timings.ts';
import { aBefore, readingOf, rowsOf } from './readings.ts';

/** What is drawn in every slot. */
export interface Traffic {
  readonly canary: Survival;
  readonly stable: Survival;
  /** Requests per slot. */
  readonly canaryRequests: number;
  readonly stableRequests: number;
  readonly slots: number;
  readonly reporters?: readonly Reporter[];
  readonly seed?: number;
}

/** Rows of one workload's histogram, cumulative. */
export function rowsOfTimes(
  workload: string,
  { bounds, counts }: Histogram,
  reporter: Reporter = 'source',
): readonly LatencyRow[] {
  let under = 0;
  return [...bounds, Number.POSITIVE_INFINITY].map((bound, k) => {
    under += counts[k] ?? 0;
    return { reporter, workload, namespace: 'shop', bound, count: under };
  });
}

/** A slot with the latencies of both versions; the requests beside them matter to other gates only. */
export function aTimedSlot(index: number, latency: readonly LatencyRow[]) {
  return readingOf(index, rowsOf({ canary: [1, 0], stable: [1, 0] }), latency);
}

/** Slots of drawn latencies, from `first` on. */
export function timedSlots(traffic: Traffic, first = 0) {
  const { slots, canaryRequests, stableRequests, reporters = ['source'], seed = 1 } = traffic;
  const random = seeded(seed + 1_000 * first);
  const [canary, stable] = [shapeBy(traffic.canary), shapeBy(traffic.stable)];
  return Array.from({ length: slots }, (_, index) => {
    const [mine, usual] = [drawn(random, canaryRequests, canary), drawn(random, stableRequests, stable)];
    const rows = reporters.flatMap((reporter) => [
      ...rowsOfTimes('cart-v2', mine, reporter),
      ...rowsOfTimes('cart-v1', usual, reporter),
    ]);
    return aTimedSlot(first + index, rows);
  });
}

/** Stable before the rollout. */
export function timedBefore(stable: Survival, requests: number, reporters: readonly Reporter[] = ['source']) {
  const past = drawn(seeded(99), requests, shapeBy(stable));
  const rows = reporters.flatMap((reporter) => rowsOf({ reporter, stable: [1, 0] }));
  return aBefore(
    rows,
    reporters.flatMap((reporter) => rowsOfTimes('cart-v1', past, reporter)),
  );
}
