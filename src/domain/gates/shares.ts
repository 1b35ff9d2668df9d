// How the false-rollback probability of a rollout is divided: between gates, and within a gate between reporters.
import { type ByReporter, reporters } from '../counts.ts';
import type { Reporter } from '../evidence.ts';
import { logSum } from '../statistics/race.ts';

/**
 * What part of the rollout's false-rollback probability each gate may spend. Fixed before anything is counted, and 1 in
 * all: the weighted mean of e-processes is an e-process (Vovk and Wang 2021, section 3), whatever the gates have in common.
 */
export const gateShares = { errors: 0.6, latency: 0.3, clientErrors: 0.1 } as const;

/** What reporters that nobody has seen before the rollout may spend together. */
const lateShare = 0.1;

/**
 * How one gate divides its part between reporters: evenly between those that were seen before the rollout (or in the first
 * slot), and a small rest for any that turn up later. The sum is 1. Owes at least one reporter.
 */
export function reporterShares(seen: readonly Reporter[]): Readonly<Record<Reporter, number>> {
  const late = reporters.length - seen.length;
  const rest = late === 0 ? 0 : lateShare;
  const share = (reporter: Reporter): number => (seen.includes(reporter) ? (1 - rest) / seen.length : rest / late);
  return { source: share('source'), waypoint: share('waypoint'), destination: share('destination') };
}

/**
 * ln of a gate's evidence, of which `harmOf` is a reporter's part: the mean by their shares. Reporters that have said nothing count
 * as 1, and so does all of it while the shares are not fixed yet.
 */
export function sharedHarm<State>(
  known: ByReporter<State>,
  shares: Readonly<Record<Reporter, number>> | undefined,
  harmOf: (state: State) => number,
): number {
  if (shares === undefined) return 0;
  return logSum(
    reporters.map((reporter) => {
      const state = known[reporter];
      return Math.log(shares[reporter]) + (state === undefined ? 0 : harmOf(state));
    }),
  );
}
