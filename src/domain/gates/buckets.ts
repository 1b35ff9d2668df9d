// Latency as proxies count it: how many requests took at most so long, for a fixed set of bounds.
import type { ByReporter } from '../counts.ts';
import type { LatencyRow, Reporter, Subject } from '../evidence.ts';

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

/** How many requests there were. */
export function requestsIn(buckets: Buckets): number {
  return buckets['Infinity'] ?? 0;
}

/** The bounds from the smallest to the largest, each with its count. */
function sortedBounds(buckets: Buckets): readonly (readonly [bound: number, count: number])[] {
  return Object.entries(buckets)
    .map(([bound, count]) => [Number(bound), count] as const)
    .sort(([a], [b]) => a - b);
}

/** Whether the counts rise with the bounds, as they must unless proxies with different bounds were summed. */
export function isCumulative(buckets: Buckets): boolean {
  const counts = sortedBounds(buckets).map(([, count]) => count);
  return counts.every((count, index) => index === 0 || count >= (counts[index - 1] ?? 0));
}

/** The largest bound that is at most `limit`; undefined when all are above. */
export function boundAtMost(buckets: Buckets, limit: number): number | undefined {
  return sortedBounds(buckets).findLast(([bound]) => bound <= limit)?.[0];
}

/** The smallest bound that is at least `limit`; Infinity when all are below. */
export function boundAtLeast(buckets: Buckets, limit: number): number {
  return sortedBounds(buckets).find(([bound]) => bound >= limit)?.[0] ?? Number.POSITIVE_INFINITY;
}

/** How many requests took longer than a bound, which must be one of the buckets' own. */
export function slowerThan(buckets: Buckets, bound: number): number {
  return requestsIn(buckets) - (buckets[String(bound)] ?? 0);
}

/** Between which two bounds a quantile lies. Owes at least one request. The estimate takes requests to be spread evenly within the bucket. */
export function quantileSpan(buckets: Buckets, quantile: number): QuantileSpan {
  const rank = quantile * requestsIn(buckets);
  const bounds = sortedBounds(buckets);
  const index = bounds.findIndex(([, count]) => count >= rank);
  const [high, upTo] = bounds[index] ?? [Number.POSITIVE_INFINITY, requestsIn(buckets)];
  const [low, under] = bounds[index - 1] ?? [0, 0];
  if (!Number.isFinite(high)) return { low, high, estimate: low };
  return { low, high, estimate: low + (high - low) * (upTo === under ? 1 : (rank - under) / (upTo - under)) };
}
