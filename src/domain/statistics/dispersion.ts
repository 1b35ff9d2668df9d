// How much burstier failures come than independent ones would: measured on stable, because it is the one that is trusted.

import type { Trial } from './excess.ts';

/** Sums over pairs of slots; bounded, because old ones fade. */
export interface Dispersion {
  /** The slot that waits for its partner. */
  readonly waiting: Trial;
  /** The same of the canary. */
  readonly own: Trial;
  /** What the pairs differ by, squared; what they would if failures were independent; and the spread of that. */
  readonly seen: number;
  readonly expected: number;
  readonly spread: number;
}

/** Nothing measured. */
export const noDispersion: Dispersion = {
  waiting: { n: 0, x: 0 },
  own: { n: 0, x: 0 },
  seen: 0,
  expected: 0,
  spread: 0,
};

/** A pair keeps this part of its weight when the next one comes: half after about 80 pairs. */
const fading = 0.9914;
/** Standard errors that burstiness has to stand out by; less is taken for chance. */
const deviations = 3.5;
/** So many times the estimate is taken at least, because it may be too low by chance. */
const safety = 1.2;
/** As much expected difference, about eight failures, tells whether they come in clusters. */
const known = 2;
/** What is reckoned with until then. */
const unknown = 2.5;
/**
 * So many times what is expected is the most that one pair may tell. Clusters of up to a tenth of that are told without a bias; a pair
 * across the moment at which an incident began, or the canary turned bad, looks like a burst and must not blind the gates for
 * the rest of the rollout.
 */
const largest = { stable: 60, canary: 20 } as const;
/** Beyond this nothing could be judged at all. */
const most = 1_000;

/**
 * Counts one slot of stable: `n` requests of which `x` failed. Slots are compared in pairs that follow each other, so that a
 * slow drift of the rate cancels. Given a pair's total of failures T, the first slot's x is hypergeometric with mean
 * T n1/N and variance T n1 n2 (N-T) / (N^2 (N-1)) if failures are independent; if they come in clusters of size K, the
 * variance is E K^2 / E K times that. The ratio of the sums therefore estimates exactly the factor by which a
 * likelihood ratio has to be tempered. It cannot see one pod that is sick for minutes on end, nor clusters that only
 * the canary has; the spread of the square is the binomial's, 2 s^4 + s^2 (1 - 6pq). A sudden change of the rate of both looks like a burst and costs speed, not truth.
 */
export function addDispersion(dispersion: Dispersion, slot: Trial): Dispersion {
  const { waiting } = dispersion;
  if (isSilent(slot)) return dispersion;
  if (waiting.n === 0) return { ...dispersion, waiting: slot };
  return { ...addPair(dispersion, waiting, slot, largest.stable), waiting: noDispersion.waiting };
}

/**
 * The same for a slot of the canary: where stable hardly ever fails, a canary whose failures come in clusters tells more of
 * them than stable does.
 */
export function addOwnDispersion(dispersion: Dispersion, slot: Trial): Dispersion {
  const { own } = dispersion;
  if (isSilent(slot)) return dispersion;
  if (own.n === 0) return { ...dispersion, own: slot };
  return { ...addPair(dispersion, own, slot, largest.canary), own: noDispersion.own };
}

/** Whether a slot tells nothing of clusters: one without requests, and one in which most of them fail, which is an outage. */
function isSilent({ n, x }: Trial): boolean {
  return n <= 0 || x > n / 2;
}

/** Adds a pair; what it differs by counts up to `bound` times what is expected. */
function addPair(dispersion: Dispersion, first: Trial, { n, x }: Trial, bound: number): Dispersion {
  const [all, failed] = [first.n + n, first.x + x];
  if (failed <= 0 || failed >= all) return dispersion;
  const halves = (first.n * n) / (all * all);
  const expected = (failed * halves * (all - failed)) / Math.max(1, all - 1);
  const seen = Math.min(bound * expected, (first.x - (failed * first.n) / all) ** 2);
  const spread = Math.max(0, 2 * expected ** 2 + expected * (1 - 6 * halves));
  return {
    ...dispersion,
    seen: rounded(fading * dispersion.seen + seen),
    expected: rounded(fading * dispersion.expected + expected),
    spread: rounded(fading * fading * dispersion.spread + spread),
  };
}

/**
 * How large clusters may be for all that is known: an outage has to be one even then. Before stable's failures have told,
 * nobody knows.
 */
export function doubtOf(dispersion: Dispersion): number {
  return dispersion.expected < known ? Math.max(unknown, phiOf(dispersion)) : phiOf(dispersion);
}

/** By how much evidence has to be tempered: 1 when failures look independent, else the estimate with a margin for its error. */
export function phiOf({ seen, expected, spread }: Dispersion): number {
  if (expected <= 0) return 1;
  const estimate = seen / expected;
  const error = Math.sqrt(spread) / expected;
  return estimate > 1 + deviations * error ? Math.min(most, estimate * (safety + Math.min(1, error))) : 1;
}

/** To six digits, because it is saved with the rollout. */
function rounded(sum: number): number {
  return Number(sum.toPrecision(6));
}
