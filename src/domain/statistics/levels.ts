// The constants of the sequential tests, in one place, because they belong together.

/** Odds at which a step passes: a canary that does the margin's harm passes with probability 1/10 at most. */
export const passOdds = 10;
/** What one slot may multiply the odds of harm by, so that a single bad slot never rolls back. */
export const capGrowth = 16;
/** Odds beyond which that cap is lifted: an outage is rolled back at its first slot. */
export const catastrophe = 1e6;
/** How much of the mixture over start times begins at once, at the steps, and every few minutes. They sum to 1. */
export const startShares = { first: 0.75, steps: 0.15, restarts: 0.1 } as const;
/** How often evidence may begin anew, for harm that sets in late. */
export const restartMs = 300_000;
/** How long the canary's first traffic is judged with a wider tolerance. */
export const warmUpMs = 60_000;
/** That tolerance at the beginning, as a share; it falls to `toleratedExcess` in a straight line. */
export const warmUpTolerance = 0.03;
/** What a canary may fail more often than stable without any evidence of harm, as a share: a fiftieth of a percentage point. */
export const toleratedExcess = 0.0002;
/** The probability with which a stated interval contains the truth at all times. */
export const intervalLevel = 0.95;
