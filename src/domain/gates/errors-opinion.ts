// What one reporter's errors come to, in words.
import { addArms } from '../counts.ts';
import type { Reporter } from '../evidence.ts';
import type { GateContext, Opinion } from '../gate.ts';
import { formatShare } from '../plan.ts';
import { type Duel, fineOf, harmOf, isFine } from '../statistics/duel.ts';
import { rate } from '../statistics/excess.ts';
import { formatDuration } from '../time.ts';
import {
  againstStable,
  intervalIn,
  intervalText,
  isWorseLooking,
  marginOf,
  marginText,
  numbersOf,
  oddsText,
  progressText,
  type Told,
} from './duel-words.ts';
import { ceilingHarm, ceilingTrial, eveOf, isComparable, termsOf } from './errors-compare.ts';
import type { ReporterState } from './errors-state.ts';
import { gateShares } from './shares.ts';
import { sickness } from './sick-stable.ts';
import { accusingSpan } from './spans.ts';
import { grouped, opinion, outOf, seenBy } from './words.ts';

/** One reporter among those of a rollout. */
export interface Seen {
  readonly reporter: Reporter;
  readonly state: ReporterState;
  /** The most canary requests that any reporter has counted in this step. */
  readonly seenElsewhere: number;
  /** ln of the whole gate's evidence of harm. */
  readonly harm: number;
}

/** Judges one reporter by everything but harm that is proven: what hinders judging first, then what is missing, then the pass. */
export function errorsOpinion(seen: Seen, context: GateContext): Opinion {
  const duel = hardestOf(seen.state, fineOf);
  const told = toldOf(seen, duel, context);
  const said = hindrance(seen, context) ?? comparedOpinion(seen, told, context);
  return seen.state.canary.requests + seen.state.charged === 0 ? said : { ...said, numbers: numbersOf(told, context) };
}

/** What a reporter says when errors are the main reason of a rollback. */
export function errorsBlame(seen: Seen, context: GateContext): Opinion {
  const { state, reporter, harm } = seen;
  const duel = hardestOf(state, (each) => -harmOf(each));
  const stepTold = toldOf(seen, duel, context);
  const told = { ...stepTold, span: accusingSpan(duel, stepTold.terms, eveOf(state, duel === state.all)) };
  const odds = `The odds against chance are ${oddsText(harm)}.`;
  const limit = context.plan.maxErrorRate;
  if (limit !== undefined && ceilingHarm(state) > harmOf(duel)) {
    const counts = ceilingTrial(state);
    const [failed, when] = counts.n > 0 ? [counts, ''] : [told.span.canary, told.span.when];
    const message = `${outOf(failed)} canary requests failed${when}, ${seenBy[reporter]}; max-error-rate allows ${formatShare(limit)}.${detail(state, duel === state.all)} ${odds}`;
    const numbers = numbersOf(counts.n > 0 ? stepTold : told, context);
    return { ...opinion('fail', 'ErrorRateAboveCeiling', message), numbers };
  }
  const kinds =
    told.span.kind === 'rollout'
      ? ''
      : detail(told.span.kind === 'step' ? state : withEarlyArms(state), duel === state.all);
  const message = `${againstStable(told)}: worse than is tolerated.${kinds}${intervalText(told)} ${odds}`;
  return { ...opinion('fail', 'ErrorRateWorse', message), numbers: numbersOf(told, context) };
}

/** No reporter has said anything of either version. */
export function nobodyReports({ subject, countedMs }: GateContext): Opinion {
  const message =
    `No proxy has reported requests to ${subject.stable} or ${subject.canary} in ${formatDuration(countedMs)}. Send some traffic, ` +
    'and look whether the pods have a sidecar and are scraped.';
  return opinion('noData', 'NoRequests', message);
}

/** The comparison that is worst for the canary: by bad answers alone, or by unanswered requests too. */
function hardestOf({ answered, all }: ReporterState, score: (duel: Duel) => number): Duel {
  return all !== undefined && score(all) < score(answered) ? all : answered;
}

/** With the slots before the step's start, which may have convicted. */
function withEarlyArms(state: ReporterState): ReporterState {
  return { ...state, canary: addArms(state.canary, state.early.canary) };
}

function toldOf({ reporter, state, harm }: Seen, duel: Duel, context: GateContext): Told {
  return { duel, terms: termsOf(state, context), reporter, harm, share: gateShares.errors };
}

function hindrance(seen: Seen, context: GateContext): Opinion | undefined {
  const { state, reporter } = seen;
  if (!state.present) {
    const message =
      `Reporter ${reporter} reported requests of this rollout before and reports none at all now, so errors may go unseen. ` +
      'Look whether the proxies still run and are scraped.';
    return opinion('noData', 'ReporterVanished', message);
  }
  if (state.canary.requests + state.charged === 0) return opinion('noData', 'NoRequests', idle(seen, context));
  const sick = sickness(state, context);
  return sick === undefined
    ? undefined
    : opinion(
        'undecided',
        'StableSick',
        `${sick}, ${seenBy[reporter]}, so nothing that is compared with it passes. Look at stable first.`,
      );
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

function comparedOpinion({ state, reporter }: Seen, told: Told, context: GateContext): Opinion {
  const { minRequests, maxErrorRate } = context.plan;
  const { canary } = told.duel;
  if (!isComparable(state, context)) return aloneOpinion(state, told, context);
  if (canary.n < minRequests) {
    const message = `The canary has received ${grouped(canary.n)} of ${grouped(minRequests)} requests that a pass takes (min-requests), ${seenBy[reporter]}; ${outOf(canary)} failed.${looks(told)}`;
    return opinion('undecided', 'TooFewRequests', message);
  }
  if (!isFine(told.duel)) return notYetFine(told, state, context);
  if (maxErrorRate !== undefined && rate(ceilingTrial(state)) > maxErrorRate)
    return looksAbove(state, reporter, maxErrorRate);
  const under = maxErrorRate === undefined ? '' : `, and max-error-rate of ${formatShare(maxErrorRate)} is kept`;
  const message = `${againstStable(told)}, within ${marginText(told, 'the error margin')}${under}.${intervalText(told)}`;
  return opinion('pass', 'NotWorse', message);
}

/** At weight 100 with a stable that nobody knew before. */
function aloneOpinion(state: ReporterState, { duel, reporter }: Told, { plan }: GateContext): Opinion {
  const { canary, past } = duel;
  if (plan.maxErrorRate === undefined) {
    const message =
      `At weight 100% stable has no traffic, and it had only ${grouped(past.n)} requests before, ${seenBy[reporter]}, so there is nothing to compare ` +
      `with; ${outOf(canary)} canary requests failed. Set max-error-rate for such rollouts, or promote by hand.`;
    return opinion('undecided', 'NoComparison', message);
  }
  if (canary.n < plan.minRequests) {
    const message = `The canary has received ${grouped(canary.n)} of ${grouped(plan.minRequests)} requests that a pass takes (min-requests), ${seenBy[reporter]}; ${outOf(canary)} failed.`;
    return opinion('undecided', 'TooFewRequests', message);
  }
  if (rate(ceilingTrial(state)) > plan.maxErrorRate) return looksAbove(state, reporter, plan.maxErrorRate);
  const kept = `max-error-rate of ${formatShare(plan.maxErrorRate)} is kept`;
  const message = `${outOf(canary)} canary requests failed, ${seenBy[reporter]}, and ${kept}. At weight 100% stable has no traffic, and had too little before to compare with.`;
  return opinion('pass', 'WithinLimit', message);
}

function notYetFine(told: Told, state: ReporterState, context: GateContext): Opinion {
  const margin = marginText(told, 'the error margin');
  const { low, high } = intervalIn(told.duel, told.terms);
  if (low > 0 || isWorseLooking(told)) {
    const limit = marginOf(told.duel, told.terms);
    const may = high >= limit && low <= limit ? ', but so few failures may be chance' : '';
    const message = `${againstStable(told)}, which looks worse${may}.${detail(state, told.duel === state.all)}${intervalText(told)}${looks(told)}`;
    return opinion('undecided', 'TooFewFailures', message);
  }
  const message = `${againstStable(told)}. That does not exclude yet more than ${margin}: ${progressText(told, context)}${intervalText(told)}`;
  return opinion('undecided', 'TooFewRequests', message);
}

function looks({ harm }: Told): string {
  return harm > 0 ? ` The odds that the canary is worse are ${oddsText(harm)} by now.` : '';
}

function looksAbove(state: ReporterState, reporter: Reporter, limit: number): Opinion {
  const message = `${outOf(ceilingTrial(state))} canary requests failed, ${seenBy[reporter]}, which looks like more than max-error-rate of ${formatShare(limit)} allows, but so few failures may be chance.`;
  return opinion('undecided', 'LooksAboveCeiling', message);
}

function detail({ canary, charged }: Pick<ReporterState, 'canary' | 'charged'>, unanswered: boolean): string {
  const parts = [
    [canary.server, 'answered 5xx'],
    [canary.grpc, 'with a gRPC server fault'],
    [charged, 'that found no endpoint, beyond the usual level'],
    [unanswered ? canary.unanswered : 0, 'without a response'],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${grouped(count)} ${what}`);
  return told.length === 0 ? '' : ` Failed: ${told.join(', ')}.`;
}
