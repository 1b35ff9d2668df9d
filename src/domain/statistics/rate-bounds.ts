// One arm's rate, watched all the time: how far a count speaks against a rate, and which rates it leaves.
import type { Trial } from './excess.ts';

/** How many requests the mixture is sharpest for. */
const sharpestAt = 1_000;
const halvings = 50;

/**
 * ln of the evidence against the rate `p`: the mean of the likelihood over Beta(k p, k (1-p)), divided by that of p. It is an
 * e-process when every request fails with probability p (Robbins 1970; Howard, Ramdas, McAuliffe and Sekhon 2021,
 * beta-binomial mixture; for traffic shares Lindon and Malek 2022). Looking at totals is enough: it needs no state.
 */
export function evidenceAgainst({ n, x }: Trial, p: number, strength: number): number {
  if (p <= 0) return x > 0 ? Number.POSITIVE_INFINITY : 0;
  if (p >= 1) return x < n ? Number.POSITIVE_INFINITY : 0;
  const [a, b] = [strength * p, strength * (1 - p)];
  return logBeta(a + x, b + n - x) - logBeta(a, b) - x * Math.log(p) - (n - x) * Math.log(1 - p);
}

/**
 * The rates that are not refuted at 1/(1 - level): a confidence sequence. `sharpest` is the number of requests for which it
 * is tuned; with alpha = 0.05 the mixture's strength is that number over 2 ln 20 + ln(1 + 2 ln 20), less one.
 */
export function rateBounds(
  trial: Trial,
  level: number,
  sharpest: number = sharpestAt,
): { readonly low: number; readonly high: number } {
  const odds = Math.log(1 / (1 - level));
  const strength = strengthFor(sharpest);
  const seen = trial.n === 0 ? 0.5 : trial.x / trial.n;
  const refuted = (p: number): boolean => evidenceAgainst(trial, p, strength) >= odds;
  return { low: edge(0, seen, refuted), high: edge(1, seen, refuted) };
}

/** How much a mixture takes for granted that is sharpest after so many requests (Howard et al. 2021, section 3.5). */
function strengthFor(sharpest: number): number {
  const twice = 2 * Math.log(20);
  return Math.max(1, sharpest / (twice + Math.log(1 + twice)) - 1);
}

/** Between a rate that may be refuted and one that is not. The refuted side is returned, so that the interval is never too narrow. */
function edge(outside: number, inside: number, refuted: (p: number) => boolean): number {
  let [out, within] = [outside, inside];
  if (!refuted(out)) return out;
  for (let halving = 0; halving < halvings; halving++) {
    const middle = (out + within) / 2;
    if (refuted(middle)) out = middle;
    else within = middle;
  }
  return out;
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

const lanczos = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln of the gamma function for z > 0: Lanczos 1964, g = 7, n = 9. */
function logGamma(z: number): number {
  if (z < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * z)) - logGamma(1 - z);
  const t = z + 6.5;
  const sum = lanczos.reduce((series, term, index) => series + term / (z + index), 0.99999999999980993);
  return 0.5 * Math.log(2 * Math.PI) + (z - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** An upper bound for a rate with about 97.5% confidence: Wilson's score interval (1927). */
export function upperRate({ n, x }: Trial): number {
  return n === 0 ? 1 : wilson(x / n, n, 1.96);
}

/** The end of Wilson's interval for a share that was seen in `n` requests, so many standard errors up, or down where they are negative. */
export function wilson(share: number, n: number, deviations: number): number {
  const z2 = deviations ** 2;
  const spread = Math.sqrt(z2 * ((share * (1 - share)) / n + z2 / (4 * n * n)));
  return (share + z2 / (2 * n) + Math.sign(deviations) * spread) / (1 + z2 / n);
}
