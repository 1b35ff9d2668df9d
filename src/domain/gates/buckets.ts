// Latency as proxies count it: how many requests took at most so long, for a fixed set of bounds.
import type { ByReporter } from '../counts.ts';
import type { LatencyRow, Reporter, Subject } from '../evidence.ts';
import { type Histogram, sumOf } from '../statistics/latency-histogram.ts';

/** Requests at or under each bound in milliseconds, cumulative. Keys are numbers as text, `Infinity` for all requests. */
export type Buckets = Readonly<Record<string, number>>;

/** What one reporter counted, by `namespace/workload`. */
export type BucketTally = Readonly<Record<string, Buckets>>;

/** What one reporter counted for one rollout. */
export interface ReporterBuckets {
  readonly canary: Buckets;
  readonly stable: Buckets;
}

/** Where a quantile lies: above `low`, at most at `high`; `estimate` assumes an even spread between the two. */
export interface QuantileSpan {
  readonly low: number;
  readonly high: number;
  readonly estimate: number;
}

/** Bounds kept per workload; proxies count twenty by default. */
export const mostBounds = 48;

/** Sums rows by reporter and workload. */
export function tallyLatency(rows: readonly LatencyRow[]): ByReporter<BucketTally> {
  const tallies: Partial<Record<Reporter, Record<string, Record<string, number>>>> = {};
  for (const { reporter, workload, namespace, bound, count } of rows) {
    const tally = tallies[reporter] ?? {};
    const buckets = tally[`${namespace}/${workload}`] ?? {};
    buckets[String(bound)] = (buckets[String(bound)] ?? 0) + count;
    tally[`${namespace}/${workload}`] = buckets;
    tallies[reporter] = tally;
  }
  return tallies;
}

/** A rollout's share of a tally. */
export function bucketsOf(tally: BucketTally, { namespace, stable, canary }: Subject): ReporterBuckets {
  return { canary: tally[`${namespace}/${canary}`] ?? {}, stable: tally[`${namespace}/${stable}`] ?? {} };
}

/** Both together. Of too many bounds the largest are kept, because limits concern slow requests. */
export function addBuckets(a: Buckets, b: Buckets): Buckets {
  const bounds = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort((x, y) => Number(x) - Number(y));
  return Object.fromEntries(bounds.slice(-mostBounds).map((bound) => [bound, (a[bound] ?? 0) + (b[bound] ?? 0)]));
}

/** A tally of no more bounds than are kept. */
export function boundedBuckets(tally: BucketTally): BucketTally {
  return Object.fromEntries(Object.entries(tally).map(([workload, buckets]) => [workload, addBuckets(buckets, {})]));
}

/** What a slot's buckets say: nothing, times, or sums over proxies with different bounds. */
export type Times =
  | { readonly kind: 'none' }
  | { readonly kind: 'mixed' }
  | { readonly kind: 'times'; readonly histogram: Histogram };

/**
 * Cumulative buckets as a histogram. Counts that fall while the bounds rise cannot come from one set of bounds: proxies with
 * different ones were added up, or a counter began anew within the slot.
 */
export function timesOf(buckets: Buckets): Times {
  const all = buckets['Infinity'];
  if (all === undefined) return { kind: 'none' };
  const bounds = Object.keys(buckets)
    .map(Number)
    .filter((bound) => Number.isFinite(bound))
    .sort((a, b) => a - b)
    .slice(1 - mostBounds);
  let under = 0;
  const counts: number[] = [];
  for (const bound of [...bounds, Number.POSITIVE_INFINITY]) {
    const upTo = buckets[String(bound)] ?? 0;
    if (upTo < under) return { kind: 'mixed' };
    counts.push(upTo - under);
    under = upTo;
  }
  return { kind: 'times', histogram: { bounds, counts } };
}

/** Between which two bounds a quantile lies. Owes at least one request. The estimate takes requests to be spread evenly within the bucket. */
export function quantileSpan({ bounds, counts }: Histogram, quantile: number): QuantileSpan {
  const rank = quantile * sumOf(counts);
  let under = 0;
  let index = 0;
  for (; index < bounds.length && under + (counts[index] ?? 0) < rank; index++) under += counts[index] ?? 0;
  const [low, high] = [bounds[index - 1] ?? 0, bounds[index] ?? Number.POSITIVE_INFINITY];
  if (!Number.isFinite(high)) return { low, high, estimate: low };
  const within = counts[index] ?? 0;
  return { low, high, estimate: low + (high - low) * (within === 0 ? 1 : (rank - under) / within) };
}
