// The one likelihood ratio behind the error tests: two arms of requests against the line "canary = factor x stable + offset".

/** `n` requests of which `x` failed. */
export interface Trial {
  readonly n: number;
  readonly x: number;
}

/** What both arms counted in the same stretch of time. */
export interface Block {
  readonly canary: Trial;
  readonly stable: Trial;
}

/** Nothing counted of either arm. */
export const noBlock: Block = { canary: { n: 0, x: 0 }, stable: { n: 0, x: 0 } };

/** The border of the null hypothesis: p_canary = factor * p_stable + offset. */
export interface Line {
  readonly factor: number;
  readonly offset: number;
}

/** The failure rates of both arms. */
export interface Rates {
  readonly canary: number;
  readonly stable: number;
}

/** More than enough: halving alone would take forty. */
const mostTurns = 80;
const tiny = 1e-12;
const precision = 1e-11;
/** No alternative says that nearly every request fails, so that one success does not refute it. */
const highest = 0.985;

/**
 * ln of the likelihood ratio of `alternative` to its projection on the line, for one block. With a = (pc'-qc)/(qc(1-qc)) a canary
 * request contributes the factor 1 + a(y-qc) and a stable one 1 + b(y-qs); the projection makes n_s b = -factor n_c a, so
 * by 1+u <= e^u the mean is at most exp(n_c a (p_c - factor p_s - offset)) (here a >= 0 above the line and <= 0 below). Hence
 * it is at most 1 for every pair of rates on the null's side, whatever they are: a wrong guess costs power, not validity.
 * `alternative` may depend on the past and on the numbers of requests, not on the block's failures. (Turner, Ly and
 * Gruenwald 2024, "Generic e-variables for exact sequential k-sample tests", with a line instead of equality.)
 */
export function logRatio({ canary, stable }: Block, alternative: Rates, line: Line): number {
  if (canary.n <= 0 || stable.n <= 0) return 0;
  const null_ = project(canary.n, stable.n, alternative, line);
  return trialRatio(canary, alternative.canary, null_.canary) + trialRatio(stable, alternative.stable, null_.stable);
}

/**
 * The point of the line that is nearest to `rates`: least n_c KL(p_c||q_c) + n_s KL(p_s||q_s). Its derivative rises in q_s from
 * one sign to the other between the stable rate itself and the one that the canary's rate would belong to. Found by
 * Newton's method, and by halving where that leaves the bracket.
 */
export function project(nc: number, ns: number, rates: Rates, { factor, offset }: Line): Rates {
  const wanted = (rates.canary - offset) / factor;
  let low = Math.max(tiny, -offset / factor, Math.min(rates.stable, wanted));
  let high = Math.min(1 - tiny, (1 - offset) / factor, Math.max(rates.stable, wanted));
  let stable = held((nc * factor * factor * wanted + ns * rates.stable) / (nc * factor * factor + ns));
  for (let turn = 0; turn < mostTurns && high - low > precision * high; turn++) {
    if (!(stable > low && stable < high)) stable = (low + high) / 2;
    const canary = factor * stable + offset;
    const [c, s] = [canary * (1 - canary), stable * (1 - stable)];
    const slope = (nc * factor * (canary - rates.canary)) / c + (ns * (stable - rates.stable)) / s;
    if (slope > 0) high = stable;
    else low = stable;
    const step = slope / (nc * factor * factor * bend(canary, rates.canary, c) + ns * bend(stable, rates.stable, s));
    stable -= step;
    if (Math.abs(step) <= precision * stable) break;
  }
  const nearest = Math.min(high, Math.max(low, stable));
  return { canary: factor * nearest + offset, stable: nearest };
}

/** The derivative of (q-p)/(q(1-q)), of which `spread` is the denominator. */
function bend(q: number, p: number, spread: number): number {
  return (p * (1 - p) + (q - p) ** 2) / (spread * spread);
}

/** ln of the likelihood ratio of two rates for one trial. */
export function trialRatio({ n, x }: Trial, rate: number, against: number): number {
  const [p, q] = [held(rate), held(against)];
  return x * Math.log(p / q) + (n - x) * Math.log((1 - p) / (1 - q));
}

/** A rate that an alternative may have. */
export function possible(rate: number): number {
  return Math.min(highest, Math.max(tiny, rate));
}

/** The share of requests that failed; 0 of none. */
export function rate({ n, x }: Trial): number {
  return n === 0 ? 0 : x / n;
}

/** Both together. */
export function addTrials(a: Trial, b: Trial): Trial {
  return { n: a.n + b.n, x: a.x + b.x };
}

/** Both together, arm by arm. */
export function addBlocks(a: Block, b: Block): Block {
  return { canary: addTrials(a.canary, b.canary), stable: addTrials(a.stable, b.stable) };
}

function held(probability: number): number {
  return Math.min(1 - tiny, Math.max(tiny, probability));
}
