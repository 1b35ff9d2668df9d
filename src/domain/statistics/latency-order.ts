// Whether the canary is slower than stable, anywhere in the distribution: a test of stochastic order on histogram buckets.
import { type Histogram, type Passing, sizeOf, sumOf } from './latency-histogram.ts';

/** What both arms counted, by the same bounds. */
export interface Timings {
  readonly canary: Histogram;
  readonly stable: Histogram;
}

/** What the canary may be like: stable slowed as `passed` says, of which `tolerated` is the prediction. */
export interface Null {
  readonly tolerated: Histogram;
  readonly passed: readonly Passing[];
  /** Buckets before this one are not told apart. */
  readonly from: number;
}

/**
 * ln of the likelihood ratio of one slot for the alternative that the canary's requests are distributed like `alternative`,
 * against the null that they are stochastically no slower than stable's once those are slowed as `passed` says.
 *
 * f is the alternative's gain over the mixture of both arms, made nondecreasing (PAVA, Barlow et al. 1972), so that whatever
 * is not slower cannot gain on average: E S <= exp(n_c (E_c f - E_s f~)) <= 1, with f~ the mean of f over where a request of
 * stable ends up when it is slowed. It holds for every true distribution of stable; a wrong prediction only costs power. f < n_s/n_c
 * keeps every factor positive. (Turner, Ly and Gruenwald 2024 use the same mixture for two Bernoulli streams.) The buckets before
 * `from` are taken together, so that only what is beyond them matters.
 */
export function orderRatio(
  { canary, stable }: Timings,
  alternative: Histogram,
  { tolerated, passed, from }: Null,
): number {
  const [n, m] = [sizeOf(canary), sizeOf(stable)];
  if (n === 0 || m === 0) return 0;
  const pooled = alternative.counts.map((share, k) => (n * share + m * (tolerated.counts[k] ?? 0)) / (n + m));
  const gains = gainsOf(alternative.counts, pooled, from);
  return betOf(canary.counts, gains, 1) + betOf(stable.counts, carried(gains, passed), -n / m);
}

/**
 * The same for the canary alone against a distribution that is given, `tolerated`: the mean of f under it is zero, and less
 * under everything that is faster.
 */
export function orderRatioAlone(
  canary: Histogram,
  alternative: Histogram,
  { tolerated, from }: Pick<Null, 'tolerated' | 'from'>,
): number {
  return betOf(canary.counts, gainsOf(alternative.counts, tolerated.counts, from), 1);
}

function gainsOf(alternative: readonly number[], against: readonly number[], from: number): readonly number[] {
  const together = sumOf(alternative.slice(0, from)) / sumOf(against.slice(0, from));
  const gains = against.map((share, k) => (k < from ? together : (alternative[k] ?? 0) / share) - 1);
  return nondecreasing(gains, against);
}

/** For a request of stable in each bucket, the mean of `gains` over where it ends up when slowed. */
export function carried(gains: readonly number[], passed: readonly Passing[]): readonly number[] {
  const first = gains[0] ?? 0;
  const means = gains.map(() => 0);
  const rises = gains.map(() => 0);
  for (const [k, { bucket, share }] of passed.entries()) {
    const rise = (gains[k + 1] ?? 0) - (gains[k] ?? 0);
    means[bucket] = (means[bucket] ?? 0) + share * rise;
    rises[bucket] = (rises[bucket] ?? 0) + rise;
  }
  let risen = first;
  return means.map((mean, k) => {
    const value = risen + mean;
    risen += rises[k] ?? 0;
    return value;
  });
}

/** The nearest nondecreasing numbers in weighted least squares: neighbours that violate the order are pooled. Owes positive weights. */
export function nondecreasing(values: readonly number[], weights: readonly number[]): readonly number[] {
  const [means, sums, ends]: [number[], number[], number[]] = [[], [], []];
  for (let k = 0; k < values.length; k++) {
    let [mean, sum] = [values[k] ?? 0, weights[k] ?? 0];
    for (let last = means.at(-1); last !== undefined && last >= mean; last = means.at(-1)) {
      const before = sums.at(-1) ?? 0;
      mean = (before * last + sum * mean) / (before + sum);
      sum += before;
      means.pop();
      sums.pop();
      ends.pop();
    }
    means.push(mean);
    sums.push(sum);
    ends.push(k);
  }
  let block = 0;
  return values.map((_, k) => {
    if (k > (ends[block] ?? k)) block += 1;
    return means[block] ?? 0;
  });
}

/** The sum of counts times ln(1 + stake * gain), where something was counted. */
function betOf(counts: readonly number[], gains: readonly number[], stake: number): number {
  let log = 0;
  for (const [k, count] of counts.entries()) {
    if (count > 0) log += count * Math.log1p(stake * (gains[k] ?? 0));
  }
  return log;
}
