// What one reporter's errors come to, in words.
import type { Reporter } from '../evidence.ts';
import type { GateContext, Opinion } from '../gate.ts';
import { formatShare } from '../plan.ts';
import { formatDuration } from '../time.ts';
import { proofSlots, rate } from './divergence.ts';
import { type Comparison, compareErrors, proofIn } from './errors-compare.ts';
import type { ReporterState } from './errors-state.ts';
import { grouped, opinion, outOf, seenBy } from './words.ts';

/** One reporter among those of a rollout. */
export interface Seen {
  readonly reporter: Reporter;
  readonly state: ReporterState;
  /** The most canary requests that any reporter has counted in this step. */
  readonly seenElsewhere: number;
}

/** Judges one reporter: a proven failure first, then what hinders judging, then whether it looks worse, then the pass. */
export function errorsOpinion(seen: Seen, context: GateContext): Opinion {
  const comparison = compareErrors(seen.state, context);
  const proof = seen.state.proven >= proofSlots ? proofIn(comparison, context) : undefined;
  if (proof !== undefined) return failed(proof, comparison, seen.reporter);
  return hindrance(seen, comparison, context) ?? comparedOpinion(seen, comparison, context);
}

/** No reporter has said anything of either version. */
export function nobodyReports({ subject, countedMs }: GateContext): Opinion {
  const message =
    `No proxy has reported requests to ${subject.stable} or ${subject.canary} in ${formatDuration(countedMs)}. Send some traffic, ` +
    'and look whether the pods have a sidecar and are scraped.';
  return opinion('noData', 'NoRequests', message);
}

function failed(proof: 'worse' | 'aboveCeiling', comparison: Comparison, reporter: Reporter): Opinion {
  const far = `Chance explains this less than once in a thousand times, at ${proofSlots} slots in a row.`;
  if (proof === 'aboveCeiling' && comparison.ceiling !== undefined) {
    const { trial, limit } = comparison.ceiling;
    const message = `${outOf(trial)} canary requests failed, ${seenBy[reporter]}; max-error-rate allows ${formatShare(limit)}.${detail(comparison)} ${far}`;
    return opinion('fail', 'ErrorRateAboveCeiling', message);
  }
  return opinion(
    'fail',
    'ErrorRateWorse',
    `${against(comparison, reporter)}, more than ${allowed(comparison)} allows.${detail(comparison)} ${far}`,
  );
}

function hindrance(seen: Seen, { canary }: Comparison, context: GateContext): Opinion | undefined {
  const { minRequests } = context.plan;
  if (!seen.state.present) {
    const message =
      `Reporter ${seen.reporter} reported requests of this rollout before and reports none at all now, so errors may go unseen. ` +
      'Look whether the proxies still run and are scraped.';
    return opinion('noData', 'ReporterVanished', message);
  }
  if (canary.n === 0) return opinion('noData', 'NoRequests', idle(seen, context));
  if (canary.n >= minRequests) return undefined;
  const message = `The canary has received ${grouped(canary.n)} of ${grouped(minRequests)} requests that a verdict takes (min-requests), ${seenBy[seen.reporter]}; ${outOf(canary)} failed.`;
  return opinion('undecided', 'TooFewRequests', message);
}

function idle({ reporter, state, seenElsewhere }: Seen, { countedMs, weight }: GateContext): string {
  const none = `The canary has received no requests in ${formatDuration(countedMs)} at weight ${weight}%, ${seenBy[reporter]}`;
  if (seenElsewhere > 0) {
    const where =
      reporter === 'destination'
        ? 'Look whether its pods have a sidecar and are scraped.'
        : 'Look whether its clients are in the mesh.';
    return `${none}, although others report ${grouped(seenElsewhere)} to it. ${where}`;
  }
  if (state.stable.requests === 0)
    return `${none}, and neither has stable. There is nothing to judge until traffic comes.`;
  return `${none}, while stable received ${grouped(state.stable.requests)}. Look whether its clients follow the route, and whether its pods are ready.`;
}

function comparedOpinion({ reporter }: Seen, comparison: Comparison, context: GateContext): Opinion {
  const { minRequests } = context.plan;
  const { canary, stable, ceiling, byPast } = comparison;
  const scarce = stable.n < minRequests;
  if (scarce && !byPast) {
    const message = `Stable has received ${grouped(stable.n)} of ${grouped(minRequests)} requests that a comparison takes (min-requests), ${seenBy[reporter]}; ${outOf(canary)} of the canary failed.`;
    return opinion('undecided', 'TooFewRequests', message);
  }
  if (scarce && ceiling === undefined) return opinion('undecided', 'NoComparison', alone(comparison, reporter));
  if (!scarce && rate(canary) - rate(stable) > comparison.margin) return looksWorse(comparison, reporter, context);
  if (ceiling !== undefined && rate(ceiling.trial) > ceiling.limit) return looksAbove(ceiling, reporter);
  return passed(comparison, reporter, scarce);
}

function alone({ canary, stable }: Comparison, reporter: Reporter): string {
  return (
    `At weight 100% stable has no traffic, and it had only ${grouped(stable.n)} requests before, ${seenBy[reporter]}, so there is nothing to compare ` +
    `with; ${outOf(canary)} canary requests failed. Set max-error-rate for such rollouts, or promote by hand.`
  );
}

function looksWorse(comparison: Comparison, reporter: Reporter, context: GateContext): Opinion {
  const looks = `${against(comparison, reporter)}, which looks like more than ${allowed(comparison)} allows`;
  if (proofIn(comparison, context) !== undefined) {
    return opinion(
      'undecided',
      'MarginNotMet',
      `${looks}.${detail(comparison)} The next slot has to say the same for a rollback.`,
    );
  }
  return opinion('undecided', 'TooFewFailures', `${looks}, but so few failures may be chance.${detail(comparison)}`);
}

function looksAbove({ trial, limit }: NonNullable<Comparison['ceiling']>, reporter: Reporter): Opinion {
  const message = `${outOf(trial)} canary requests failed, ${seenBy[reporter]}, which looks like more than max-error-rate of ${formatShare(limit)} allows, but so few failures may be chance.`;
  return opinion('undecided', 'TooFewFailures', message);
}

function passed(comparison: Comparison, reporter: Reporter, scarce: boolean): Opinion {
  const { ceiling } = comparison;
  const under = ceiling === undefined ? '' : `, and max-error-rate of ${formatShare(ceiling.limit)} is kept`;
  if (scarce) {
    const message = `${outOf(comparison.canary)} canary requests failed, ${seenBy[reporter]}${under}. At weight 100% stable has no traffic, and had too little before to compare with.`;
    return opinion('pass', 'WithinLimit', message);
  }
  return opinion('pass', 'NotWorse', `${against(comparison, reporter)}, within ${allowed(comparison)}${under}.`);
}

function against({ canary, stable, byPast }: Comparison, reporter: Reporter): string {
  const when = byPast ? ' before weight 100%' : '';
  return `${outOf(canary)} canary requests failed against ${outOf(stable)} of stable${when}, ${seenBy[reporter]}`;
}

function allowed({ margin, byPast }: Comparison): string {
  return byPast
    ? `twice the error margin (${formatShare(margin)}, because stable is known only from before)`
    : `the error margin of ${formatShare(margin)}`;
}

function detail({ arm, charged, canary }: Comparison): string {
  const unanswered = canary.x > arm.server + arm.grpc ? arm.unanswered : 0;
  const parts = [
    [arm.server - charged, 'answered 5xx'],
    [arm.grpc, 'with a gRPC server fault'],
    [charged, 'that found no endpoint, beyond the usual level'],
    [unanswered, 'without a response'],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${grouped(count)} ${what}`);
  return told.length === 0 ? '' : ` Failed: ${told.join(', ')}.`;
}
