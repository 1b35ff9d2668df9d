// Latencies to draw from: shapes, and slots of them as a proxy's histogram would show.
import fc from 'fast-check';
import type { Histogram } from '../../../src/domain/statistics/latency-histogram.ts';
import { poisson } from './draws.ts';

/** Envoy's own, in milliseconds. */
export const istioBounds: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];

/** The share of requests that take longer than a time. */
export type Survival = (time: number) => number;

/** Log-normal times with this median. */
export function logNormal(median: number, spread: number): Survival {
  return (time) => 1 - normalShare(Math.log(time / median) / spread);
}

/** Requests of `slow`, mixed into others. */
export function blended(usual: Survival, slow: Survival, share: number): Survival {
  return (time) => (1 - share) * usual(time) + share * slow(time);
}

/** The slowest `share` of log-normal times takes `factor` times as long. */
export function slowTail(median: number, spread: number, share: number, factor: number): Survival {
  const usual = logNormal(median, spread);
  let [low, high] = [median, median * 1_000];
  for (let halving = 0; halving < 60; halving++) {
    const middle = Math.sqrt(low * high);
    if (usual(middle) > share) low = middle;
    else high = middle;
  }
  return (time) => Math.max(0, usual(time) - share) * (time < low ? 1 : 0) + Math.min(share, usual(time / factor));
}

/** The share of each bucket. */
export function shapeBy(survival: Survival, bounds: readonly number[] = istioBounds): readonly number[] {
  const beyond = [1, ...bounds.map((bound) => survival(bound)), 0];
  return beyond.slice(1).map((after, k) => Math.max(0, (beyond[k] ?? 1) - after));
}

/** A slot of about `requests` requests. */
export function drawn(
  random: () => number,
  requests: number,
  shares: readonly number[],
  bounds: readonly number[] = istioBounds,
): Histogram {
  return { bounds, counts: shares.map((share) => poisson(random, requests * share)) };
}

/** Any histogram, some of them empty. */
export const aHistogram: fc.Arbitrary<Histogram> = fc
  .uniqueArray(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 48 })
  .chain((bounds) => {
    const count = fc.integer({ min: 0, max: 10_000 });
    const counts = fc.array(count, { minLength: bounds.length + 1, maxLength: bounds.length + 1 });
    return counts.map((each) => ({ bounds: bounds.toSorted((a, b) => a - b), counts: each }));
  });

/** The standard normal distribution (Abramowitz and Stegun 7.1.26, to 1.5e-7). */
function normalShare(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const share = 1 - (series * Math.exp(-x * x)) / 2;
  return z >= 0 ? share : 1 - share;
}
