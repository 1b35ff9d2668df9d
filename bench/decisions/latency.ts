// How long requests take: log-normal around 80 ms, with or without a heavy tail, as proxies count it.
import type { Scenario } from './scenarios.ts';

/** Envoy's default bounds in milliseconds as far as a request here can reach, and beyond. */
export const bounds = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
] as const;

const medianMs = 80;
const sigma = 0.6;
/** The heavy tail: 1% of requests, Pareto from 200 ms with exponent 1.5. */
const heavy = { share: 0.01, fromMs: 200, exponent: 1.5 };
/** The slowest 5% are what "the tail" means. */
const tailFrom = 0.95;

/** The normal distribution function (Abramowitz and Stegun 26.2.17 has 1e-7; this is West 2005, 1e-15 near the middle). */
export function normalBelow(z: number): number {
  const x = Math.abs(z);
  if (x > 37) return z > 0 ? 1 : 0;
  const e = Math.exp((-x * x) / 2);
  const upper = x < 7.071 ? (e * numerator(x)) / denominator(x) : e / (2.506628274631 * continued(x));
  return z > 0 ? 1 - upper : upper;
}

function numerator(x: number): number {
  const terms = [
    0.0352624965998911, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
    220.206867912376,
  ];
  return terms.reduce((sum, term) => sum * x + term);
}

function denominator(x: number): number {
  const terms = [
    0.0883883476483184, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
    793.826512519948, 440.413735824752,
  ];
  return terms.reduce((sum, term) => sum * x + term);
}

function continued(x: number): number {
  return x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65))));
}

function below(ms: number, kind: Scenario['latency']): number {
  if (ms <= 0) return 0;
  const body = normalBelow(Math.log(ms / medianMs) / sigma);
  if (kind === 'plain') return body;
  const tail = ms <= heavy.fromMs ? 0 : 1 - (ms / heavy.fromMs) ** -heavy.exponent;
  return (1 - heavy.share) * body + heavy.share * tail;
}

function quantile(share: number, kind: Scenario['latency']): number {
  let [low, high] = [0, 1e7];
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (below(middle, kind) < share) low = middle;
    else high = middle;
  }
  return high;
}

const edges = { plain: quantile(tailFrom, 'plain'), heavy: quantile(tailFrom, 'heavy') };

/** A way requests are slower than usual: all of them by `factor`, the slowest 5% by `tail` besides. */
export interface Pace {
  readonly kind: Scenario['latency'];
  readonly factor: number;
  readonly tail: number;
}

/** The probability of each bucket: up to each bound, and beyond the last. Sums to 1. */
export function bucketShares({ kind, factor, tail }: Pace): readonly number[] {
  let before = 0;
  const shares = bounds.map((bound) => {
    const upTo = belowTail(bound / factor, kind, tail);
    const share = upTo - before;
    before = upTo;
    return share;
  });
  return [...shares, 1 - before];
}

function belowTail(ms: number, kind: Scenario['latency'], tail: number): number {
  const edge = edges[kind];
  if (tail === 1 || ms < edge) return below(ms, kind);
  return Math.max(tailFrom, below(ms / tail, kind));
}

/**
 * Prometheus' histogram_quantile over counts per bucket: linear within the bucket; the last finite bound when it lies beyond.
 * Undefined without any count, where Prometheus says NaN.
 */
export function histogramQuantile(counts: readonly number[], share: number): number | undefined {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return undefined;
  const rank = share * all;
  let under = 0;
  for (const [index, count] of counts.entries()) {
    if (under + count >= rank && count > 0) {
      const high = bounds[index];
      if (high === undefined) return bounds[bounds.length - 1];
      const low = bounds[index - 1] ?? 0;
      return low + ((high - low) * (rank - under)) / count;
    }
    under += count;
  }
  return bounds[bounds.length - 1];
}
