// The 4xx gate: the canary must not turn away clearly more of its callers than stable does.
import { type Arm, type ByReporter, countsOf, type ReporterCounts, reporters, type Tally } from '../counts.ts';
import type { Reporter, Subject } from '../evidence.ts';
import { type Gate, type GateContext, type GateSlot, isCount, isRecord, type Opinion } from '../gate.ts';
import { formatShare, marginAt } from '../plan.ts';
import { type Dispersion, noDispersion } from '../statistics/dispersion.ts';
import {
  beginDuel,
  type Duel,
  enterDuelStep,
  fight,
  harmOf,
  isFine,
  isKnown,
  observe,
  type Terms,
} from '../statistics/duel.ts';
import { reviveDuel } from '../statistics/duel-saved.ts';
import type { Trial } from '../statistics/excess.ts';
import { intervalLevel } from '../statistics/levels.ts';
import { rateBounds } from '../statistics/rate-bounds.ts';
import { type BurstTally, burstsKept, burstsOf } from './bursts.ts';
import {
  againstStable,
  intervalText,
  isWorseLooking,
  marginText,
  numbersOf,
  oddsText,
  progressText,
  type Told,
} from './duel-words.ts';
import { eachReporter, reviveBurstTally, reviveEach, reviveShares, reviveTally } from './errors-state.ts';
import { askedOf } from './hearing.ts';
import { gateShares, reporterShares, sharedHarm } from './shares.ts';
import { accusingSpan } from './spans.ts';
import { warmedBy, warmUpExcess } from './warm-up.ts';
import { grouped, opinion, outOf, seenBy, worst } from './words.ts';

/** So many times the error margin: callers err more or less often for reasons of their own. */
const wider = 4;
const verb = 'were answered 4xx';

interface ClientState {
  readonly duel: Duel;
  readonly warmedMs: number;
}

interface ClientErrorsState {
  readonly before: ByReporter<Tally>;
  readonly bursts?: BurstTally;
  readonly reporters: ByReporter<ClientState>;
  readonly shares?: Readonly<Record<Reporter, number>>;
}

/** Judges each reporter apart, as the errors gate does; the same tests, by another class of answers and with a wider margin. */
export const clientErrorsGate: Gate<ClientErrorsState> = {
  id: '4xx',
  version: 2,
  since: 1,
  begin: (before) => ({
    before: before?.tallies ?? {},
    ...burstsKept(before),
    reporters: {},
  }),
  revive: reviveClientErrors,
  beginStep: (state) => ({
    ...state,
    reporters: eachReporter(state.reporters, (one) => ({ ...one, duel: enterDuelStep(one.duel) })),
  }),
  count: countClientErrors,
  say: sayClientErrors,
  harm: { share: gateShares.clientErrors, logE: harmIn, blame: blameClientErrors },
};

function countClientErrors(state: ClientErrorsState, slot: GateSlot, context: GateContext): ClientErrorsState {
  const known = { ...foldedBefore(state, context.subject), ...state.reporters };
  const next: Partial<Record<Reporter, ClientState>> = {};
  for (const reporter of reporters) {
    const [before, counts] = [known[reporter], slot.counts[reporter]];
    if (counts !== undefined) next[reporter] = countSlot(before ?? beginClient(), counts, slot, context);
    else if (before !== undefined) next[reporter] = before;
  }
  const seen = reporters.filter((reporter) => known[reporter] !== undefined);
  const first = seen.length > 0 ? seen : reporters.filter((reporter) => next[reporter] !== undefined);
  return { before: {}, reporters: next, shares: state.shares ?? reporterShares(first) };
}

function foldedBefore({ before, bursts }: ClientErrorsState, subject: Subject): ByReporter<ClientState> {
  return eachReporter(before, (tally, reporter) =>
    beginClient(trialOf(countsOf(tally, subject).stable), burstsOf(bursts, reporter, subject).client),
  );
}

function beginClient(before: Trial = { n: 0, x: 0 }, dispersion: Dispersion = noDispersion): ClientState {
  return { duel: beginDuel(before, dispersion), warmedMs: 0 };
}

function countSlot(
  { duel, warmedMs }: ClientState,
  { canary, stable }: ReporterCounts,
  { inStep, widthMs }: GateSlot,
  context: GateContext,
): ClientState {
  if (!inStep) return { duel: observe(duel, trialOf(stable), widthMs), warmedMs };
  const block = { canary: trialOf(canary), stable: trialOf(stable) };
  const isServed = warmedMs > 0 || canary.requests > 0;
  const warmed = isServed ? warmedBy(warmedMs, widthMs, context.plan) : 0;
  return { duel: fight(duel, block, termsOf(warmedMs, context), widthMs), warmedMs: warmed };
}

function trialOf({ requests, client }: Arm): Trial {
  return { n: requests, x: client };
}

function termsOf(warmedMs: number, { plan, weight }: GateContext): Terms {
  const margin = Math.min(1, wider * marginAt(plan, weight));
  const scale = Math.min(1, wider * plan.errorMargin);
  return { margin, scale, warmUp: warmUpExcess(warmedMs), alone: weight >= 100 };
}

function harmIn({ reporters: known, shares }: ClientErrorsState): number {
  return sharedHarm(known, shares, ({ duel }) => harmOf(duel));
}

function sayClientErrors(state: ClientErrorsState, context: GateContext): Opinion {
  const [first, ...others] = askedOf(toldOf(state, context), context).map((told) => opinionOf(told, context));
  return first === undefined ? silence(context) : worst([first, ...others]);
}

function blameClientErrors(state: ClientErrorsState, context: GateContext): Opinion {
  const all = allTold(state, context).map((told) => ({ ...told, span: accusingSpan(told.duel, told.terms) }));
  const [first, ...others] = all.filter(({ span }) => span.canary.n > 0);
  if (first === undefined) return silence(context);
  const told = others.reduce((most, next) => (harmOf(next.duel) > harmOf(most.duel) ? next : most), first);
  const message = `${againstStable(told, verb)}: more than is tolerated.${intervalText(told)} The odds against chance are ${oddsText(told.harm)}.`;
  return { ...opinion('fail', 'ClientErrorsWorse', message), numbers: numbersOf(told, context) };
}

/** Every reporter that has seen canary requests in this step. */
function toldOf(state: ClientErrorsState, context: GateContext): readonly Told[] {
  return allTold(state, context).filter(({ duel }) => duel.canary.n > 0);
}

function allTold(state: ClientErrorsState, context: GateContext): readonly Told[] {
  const harm = harmIn(state);
  return reporters.flatMap((reporter) => {
    const own = state.reporters[reporter];
    if (own === undefined) return [];
    return [{ duel: own.duel, terms: termsOf(own.warmedMs, context), reporter, harm, share: gateShares.clientErrors }];
  });
}

function opinionOf(told: Told, context: GateContext): Opinion {
  const { duel, terms } = told;
  const numbers = numbersOf(told, context);
  const against = againstStable(told, verb);
  if (terms.alone && !isKnown(duel)) return { ...aloneOpinion(told, context), numbers };
  const margin = marginText(told, 'four times the error margin');
  if (duel.canary.n < context.plan.minRequests || !isFine(duel)) {
    const message = `${against}. That does not exclude yet more than ${margin}: ${progressText(told, context)}${intervalText(told)}`;
    return { ...opinion('undecided', isWorseLooking(told) ? 'TooFewFailures' : 'TooFewRequests', message), numbers };
  }
  return { ...opinion('pass', 'NotWorse', `${against}, within ${margin}.${intervalText(told)}`), numbers };
}

/** Without any stable only a canary passes that could not be worse than the margin whatever stable was like. */
function aloneOpinion({ duel, terms, reporter }: Told, { plan }: GateContext): Opinion {
  const { canary, past } = duel;
  const counts = `${outOf(canary)} canary requests ${verb}, ${seenBy[reporter]}`;
  const { high } = rateBounds(canary, intervalLevel);
  if (canary.n >= plan.minRequests && high <= terms.scale) {
    const most = `with ${formatShare(intervalLevel)} certainty at most ${formatShare(high)} are`;
    const message = `${counts}: whatever stable was like, ${most}, within four times the error margin (${formatShare(terms.scale)}).`;
    return opinion('pass', 'WithinLimit', message);
  }
  const message =
    `${counts}. At weight 100% stable has no traffic, and it had only ${grouped(past.n)} requests before, so there is nothing to compare with. ` +
    'Promote by hand if so many are usual.';
  return opinion('undecided', 'NoComparison', message);
}

function silence({ subject, weight }: GateContext): Opinion {
  const message = `No request to ${subject.canary} has been counted at weight ${grouped(weight)}%, so nothing is known of its 4xx answers.`;
  return opinion('noData', 'NoRequests', message);
}

function reviveClientErrors(saved: unknown): ClientErrorsState | undefined {
  if (!isRecord(saved) || !isRecord(saved['before']) || !isRecord(saved['reporters'])) return undefined;
  const before = reviveEach(saved['before'], reviveTally);
  const known = reviveEach(saved['reporters'], reviveClient);
  const shares = saved['shares'] === undefined ? {} : reviveShares(saved['shares']);
  const bursts = reviveBurstTally(saved['bursts']);
  if (before === undefined || known === undefined || shares === undefined || bursts === undefined) return undefined;
  return { before, ...bursts, reporters: known, ...shares };
}

function reviveClient(saved: unknown): ClientState | undefined {
  if (!isRecord(saved)) return undefined;
  const { warmedMs } = saved;
  const duel = reviveDuel(saved['duel']);
  return duel === undefined || !isCount(warmedMs) ? undefined : { duel, warmedMs };
}
