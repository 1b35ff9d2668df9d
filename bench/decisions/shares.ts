// How sure a simulated figure is: intervals for shares, medians and means.
import { logFactorial } from './random.ts';

/** Two ends of a 95% interval. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Wilson's 95% interval for a share. Owes at least one draw. */
export function wilson(hits: number, draws: number): Range {
  const z = 1.959964;
  const p = hits / draws;
  const centre = (p + (z * z) / (2 * draws)) / (1 + (z * z) / draws);
  const half = (z / (1 + (z * z) / draws)) * Math.sqrt((p * (1 - p)) / draws + (z * z) / (4 * draws * draws));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** Clopper and Pearson's one-sided upper bound: the largest share under which so few hits still have probability 5%. */
export function upperBound(hits: number, draws: number, level = 0.95): number {
  if (hits >= draws) return 1;
  let [low, high] = [hits / draws, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (atMost(hits, draws, middle) > 1 - level) low = middle;
    else high = middle;
  }
  return high;
}

function atMost(hits: number, draws: number, share: number): number {
  if (share <= 0) return 1;
  if (share >= 1) return 0;
  let sum = 0;
  for (let k = 0; k <= hits; k++) {
    const ways = logFactorial(draws) - logFactorial(k) - logFactorial(draws - k);
    sum += Math.exp(ways + k * Math.log(share) + (draws - k) * Math.log1p(-share));
  }
  return sum;
}

/** A quantile of values in rising order; undefined of none. */
export function quantileOf(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** A quantile's 95% interval from order statistics (normal approximation of the rank; for display alone). */
export function quantileRange(sorted: readonly number[], share: number): Range | undefined {
  const half = 1.96 * Math.sqrt(sorted.length * share * (1 - share));
  const low = sorted[Math.max(0, Math.floor(share * sorted.length - half))];
  const high = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length + half))];
  return low === undefined || high === undefined ? undefined : { low, high };
}

/** Mean and its standard error; both 0 of no values. */
export function meanOf(values: readonly number[]): { readonly mean: number; readonly error: number } {
  if (values.length === 0) return { mean: 0, error: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1) / values.length) };
}
