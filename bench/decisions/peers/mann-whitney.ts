// The Mann-Whitney U test with a confidence interval for the shift, as R's wilcox.test(exact = FALSE, conf.int = TRUE) has it,
// which Kayenta calls. Where R searches roots of a step function to 1e-4, the exact jump is taken.
import { normalBelow } from '../latency.ts';

/** The shift of `x` against `y`. */
export interface Shift {
  /** Two-sided, with continuity and tie correction. */
  readonly pValue: number;
  readonly low: number;
  readonly high: number;
  /** Hodges and Lehmann's estimate. */
  readonly estimate: number;
}

/** Compares two samples, none of them empty. `level` is that of the two-sided interval. */
export function mannWhitney(x: readonly number[], y: readonly number[], level: number): Shift {
  const differences = Float64Array.from(x.flatMap((a) => y.map((b) => a - b))).sort();
  const z = normalQuantile(1 - (1 - level) / 2);
  const root = (target: number, isCorrected: boolean): number => crossing({ x, y, differences }, target, isCorrected);
  const p = normalBelow(standard({ x, y, differences }, 0, true));
  return {
    pValue: Math.min(1, 2 * Math.min(p, 1 - p)),
    low: root(z, true),
    high: root(-z, true),
    estimate: root(0, false),
  };
}

interface Samples {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly differences: Float64Array;
}

/** Where the standardised statistic of `x - d` against `y`, which falls with d, crosses the target. */
function crossing(samples: Samples, target: number, isCorrected: boolean): number {
  const { differences } = samples;
  const [least, most] = [differences[0] ?? 0, differences[differences.length - 1] ?? 0];
  if (standard(samples, least, isCorrected) <= target) return least;
  if (standard(samples, most, isCorrected) >= target) return most;
  const sigma = spread(samples, []);
  const pairs = differences.length;
  let [low, high] = [0, pairs];
  while (low < high) {
    const middle = (low + high) >> 1;
    const dz = pairs - middle - pairs / 2;
    const value = (dz - (isCorrected ? Math.sign(dz) * 0.5 : 0)) / sigma;
    if (value > target) low = middle + 1;
    else high = middle;
  }
  const under = differences[low - 1] ?? least;
  return target === 0 && pairs % 2 === 0 && low === pairs / 2 ? (under + (differences[low] ?? most)) / 2 : under;
}

/** (U - nm/2 - correction) / sigma for `x - d` against `y`. */
function standard(samples: Samples, d: number, isCorrected: boolean): number {
  const { differences } = samples;
  const from = firstAtLeast(differences, d);
  const to = firstAbove(differences, d);
  const dz = differences.length - to + (to - from) / 2 - differences.length / 2;
  const correction = isCorrected ? Math.sign(dz) * 0.5 : 0;
  const shifted = to > from ? samples.x.map((value) => value - d) : [];
  return (dz - correction) / spread(samples, shifted);
}

/** The standard deviation of U, ties considered: between the samples too when `shifted` is the first, moved onto the second. */
function spread({ x, y }: Samples, shifted: readonly number[]): number {
  const [n, m] = [x.length, y.length];
  const ties = shifted.length > 0 ? tieSum([...shifted, ...y]) : tieSum(x) + tieSum(y);
  const all = n + m;
  return Math.sqrt(((n * m) / 12) * (all + 1 - ties / (all * (all - 1))));
}

function tieSum(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum + count ** 3 - count, 0);
}

function firstAtLeast(sorted: Float64Array, value: number): number {
  return search(sorted, (each) => each < value);
}

function firstAbove(sorted: Float64Array, value: number): number {
  return search(sorted, (each) => each <= value);
}

function search(sorted: Float64Array, isUnder: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isUnder(sorted[middle] ?? 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The inverse of the normal distribution function, by bisection. */
function normalQuantile(share: number): number {
  let [low, high] = [-10, 10];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (normalBelow(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
