// What one reporter's latencies come to, in words.
import type { Reporter } from '../evidence.ts';
import type { GateContext, Opinion } from '../gate.ts';
import { formatDuration } from '../time.ts';
import { isCumulative, type QuantileSpan, requestsIn } from './buckets.ts';
import { proofSlots } from './divergence.ts';
import { provesSlow, type Standing, standings, type Timed, timedOf } from './latency-limit.ts';
import type { TimedState } from './latency-state.ts';
import { grouped, opinion, seenBy, worst } from './words.ts';

/** Judges one reporter: what hinders judging first, then every limit; the worst decides. */
export function latencyOpinion(reporter: Reporter, state: TimedState, context: GateContext): Opinion {
  const timed = timedOf(state, context);
  const failed = state.proven >= proofSlots && provesSlow(timed, context);
  const hindered = failed ? undefined : hindrance(reporter, state, context);
  if (hindered !== undefined) return hindered;
  const [first, ...others] = standings(timed, context).map((standing) =>
    limitOpinion(standing, timed, reporter, failed),
  );
  return first === undefined ? nobodyTimes(context) : worst([first, ...others]);
}

/** No reporter has timed anything of either version. */
export function nobodyTimes({ subject, countedMs }: GateContext): Opinion {
  const message =
    `No latencies of ${subject.stable} or ${subject.canary} have been reported in ${formatDuration(countedMs)}. Send some traffic, ` +
    'and look whether the latency histograms are scraped.';
  return opinion('noData', 'NoRequests', message);
}

function hindrance(
  reporter: Reporter,
  state: TimedState,
  { plan, countedMs, weight }: GateContext,
): Opinion | undefined {
  const n = requestsIn(state.canary);
  if (!state.present) {
    const message = `Reporter ${reporter} reported latencies of this rollout before and reports none at all now. Look whether the proxies still run and are scraped.`;
    return opinion('noData', 'ReporterVanished', message);
  }
  if (n === 0) {
    const message = `No canary request has been timed in ${formatDuration(countedMs)} at weight ${weight}%, ${seenBy[reporter]}.`;
    return opinion('noData', 'NoRequests', message);
  }
  if (n < plan.minRequests) {
    const message = `${grouped(n)} of ${grouped(plan.minRequests)} canary requests that a verdict takes (min-requests) have been timed, ${seenBy[reporter]}.`;
    return opinion('undecided', 'TooFewRequests', message);
  }
  if (isCumulative(state.canary)) return undefined;
  const message =
    `The proxies count latencies in different buckets, ${seenBy[reporter]}, which cannot be added up. Give all of them the same ` +
    'histogram buckets.';
  return opinion('undecided', 'NoComparison', message);
}

function limitOpinion(standing: Standing, timed: Timed, reporter: Reporter, failed: boolean): Opinion {
  const told = `${standing.limit.text}: ${spanText(standing, timed)}, ${seenBy[reporter]}`;
  if (failed && standing.proven) {
    const message = `${told}. Chance explains this less than once in a thousand times, at ${proofSlots} slots in a row.`;
    return opinion('fail', 'LatencyAboveLimit', message);
  }
  switch (standing.kind) {
    case 'kept':
      return opinion('pass', 'WithinLimit', `${told}.`);
    case 'above':
      return opinion(
        'undecided',
        'MarginNotMet',
        `${told}. That looks too slow; it may still be chance, or lie within one bucket.`,
      );
    case 'between':
      return opinion('undecided', 'MarginNotMet', `${told}. ${betweenText(standing)}`);
    case 'noStable':
      return opinion(
        'undecided',
        'NoComparison',
        `${told}. Stable has had only ${grouped(requestsIn(timed.stable))} requests to compare with.`,
      );
  }
}

function spanText({ limit, canary, relative }: Standing, timed: Timed): string {
  const percentile = `p${Number((limit.quantile * 100).toFixed(4))}`;
  const of = `${percentile} of ${grouped(requestsIn(timed.canary))} canary requests is ${between(canary)}`;
  if (relative === undefined) return of;
  const when = timed.byPast ? ` before weight 100%, where ${Number(relative.factor.toFixed(2))}x is allowed` : '';
  return `${of}, about ${times(canary, relative.stable)} that of stable (${between(relative.stable)}${when})`;
}

function times(canary: QuantileSpan, stable: QuantileSpan): string {
  return stable.estimate === 0 ? 'many times' : `${(canary.estimate / stable.estimate).toFixed(2)}x`;
}

function between({ low, high }: QuantileSpan): string {
  return Number.isFinite(high) ? `over ${low}ms and at most ${high}ms` : `over ${low}ms`;
}

function betweenText({ limit, canary }: Standing): string {
  const { low, high } = canary;
  const bounds = Number.isFinite(high) ? `the bounds ${low}ms and ${high}ms` : `the largest bound, ${low}ms,`;
  const hint = "set the proxies' histogram buckets";
  if (limit.kind === 'relative') return `Beyond ${bounds} nothing is counted, so this cannot be compared; ${hint}.`;
  return `Nothing is counted between ${bounds}, so ${limit.millis}ms cannot be told; use a limit that is a bound, or ${hint}.`;
}
