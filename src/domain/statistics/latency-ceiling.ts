// Whether the share of slow requests of one arm exceeds a limit, and whether it is shown to keep it.
import { possible, type Trial, trialRatio } from './excess.ts';

/** So many times what is allowed the share may be. */
const excesses = [1.5, 2.5, 5, 20];
/** What is bet on each alternative of `aboveRatios`. */
export const aboveBets: readonly number[] = [0.3, 0.3, 0.25, 0.15];
/** What part of the allowance the share may really be. */
const parts = [0.75, 0.5, 0.2, 0.02];
/** What is bet on each alternative of `withinRatios`. */
export const withinBets: readonly number[] = [0.25, 0.25, 0.25, 0.25];

/**
 * ln of every alternative's likelihood ratio against "at most `allowed` of the requests are slow": exact, because x of n is binomial,
 * and at smaller rates than `allowed` the mean is less than 1.
 */
export function aboveRatios(slow: Trial, allowed: number): readonly number[] {
  return excesses.map((times) => trialRatio(slow, Math.max(allowed, possible(times * allowed)), allowed));
}

/** The same against "at least `line` of the requests are slow". */
export function withinRatios(slow: Trial, line: number): readonly number[] {
  return parts.map((part) => trialRatio(slow, part * line, line));
}
