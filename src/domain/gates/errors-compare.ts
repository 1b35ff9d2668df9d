// The numbers of the errors gate: what of a slot is a failure of which arm, and what the tests make of it.
import { type Arm, addArms, errorsOf, noRequests, type ReporterCounts } from '../counts.ts';
import type { GateContext, GateSlot } from '../gate.ts';
import { marginAt } from '../plan.ts';
import { doubtOf, phiOf } from '../statistics/dispersion.ts';
import { type Duel, enterDuelStep, fight, harmOf, isKnown, observe, suspect, type Terms } from '../statistics/duel.ts';
import { type Block, possible, type Trial, trialRatio } from '../statistics/excess.ts';
import { learn } from '../statistics/prediction.ts';
import { advance, beginRace, enterStep, evidenceOf, logSum } from '../statistics/race.ts';
import { beyondChance, evidenceAbove } from './divergence.ts';
import { ceilingRacers, type Level, nothingCounted, type ReporterState } from './errors-state.ts';
import { warmedBy, warmUpExcess } from './warm-up.ts';

/** How far above the ceiling the canary may be, and how much is bet on each. */
const ceilingTimes = [1.5, 3, 10];
const ceilingBets = [0.5, 0.3, 0.2];
/** What part of a reporter's evidence is against the ceiling, where there is one. */
const ceilingShare = 0.2;
/** What part is by unanswered requests too, as soon as there was one. */
const unansweredShare = 0.2;
/** Odds of a hundred that stable itself is above the ceiling: then it says nothing of the canary. */
const stableIsAbove = Math.log(100);
/** Standard deviations by which the canary's share of the requests may fall short by chance. */
const chance = 3;
/** How fast the memory of the last minutes fades, compared with the prediction's. */
const recently = 8;

/** What a step begins with: the counts anew, the evidence of harm going on. */
export function enterErrorsStep(state: ReporterState): ReporterState {
  const { canary, stable, unattributed, early, charged, excess } = nothingCounted();
  return {
    ...state,
    canary,
    stable,
    unattributed,
    early,
    charged,
    excess,
    answered: enterDuelStep(state.answered, eveOf(state, false)),
    ...(state.all === undefined ? {} : { all: enterDuelStep(state.all, eveOf(state, true)) }),
    ...(state.ceiling === undefined ? {} : { ceiling: enterStep(state.ceiling) }),
  };
}

/**
 * Counts a slot. One that is not of the step tells what stable is like; and as soon as the canary is served in it, harm too: whether
 * all of the slot was at one weight matters for a pass, which comes from the step alone, and an outage must not wait for that.
 */
export function countSlot(
  before: ReporterState,
  counts: ReporterCounts,
  slot: GateSlot,
  context: GateContext,
): ReporterState {
  const state = separated(before, counts);
  const stable = errorTrial(counts.stable, false);
  const recent = learn(state.recent, stable, recently * slot.widthMs);
  if (!slot.inStep) {
    const isServed = context.weight < 100 && counts.canary.requests > 0;
    const warmedMs = isServed ? warmedBy(state.warmedMs, slot.widthMs, context.plan) : state.warmedMs;
    const watch = (duel: Duel, unanswered: boolean): Duel => {
      const block = { canary: errorTrial(counts.canary, unanswered), stable: errorTrial(counts.stable, unanswered) };
      return isServed
        ? suspect(duel, block, termsOf(state, context), slot.widthMs)
        : observe(duel, block.stable, slot.widthMs);
    };
    const all = state.all === undefined ? {} : { all: watch(state.all, true) };
    const early = {
      canary: addArms(state.early.canary, counts.canary),
      stable: addArms(state.early.stable, counts.stable),
    };
    const told = isServed ? { early } : {};
    return { ...state, answered: watch(state.answered, false), ...all, ...told, recent, warmedMs, present: true };
  }
  return judged({ ...state, recent }, counts, slot.widthMs, context);
}

/** What the slots before the step's start have counted, by what was answered badly or by unanswered requests too. */
export function eveOf({ early }: Pick<ReporterState, 'early'>, unanswered: boolean): Block {
  return { canary: errorTrial(early.canary, unanswered), stable: errorTrial(early.stable, unanswered) };
}

/**
 * What of the failures without an endpoint is the canary's: what exceeds the services' level before the rollout (one more than was
 * seen then, because a level of nothing is known no better), and no more than the requests that the canary lacks of its weight beyond
 * three standard deviations of chance: what stable lost is not its fault.
 */
export function chargedToCanary(
  { unattributed, level }: { readonly unattributed: number; readonly level: Level },
  placed: { readonly canary: number; readonly stable: number },
  weight: number,
): number {
  const all = placed.canary + placed.stable + unattributed;
  const known = level.requests === 0 ? { n: 0, x: 0 } : { n: level.requests, x: level.unattributed + 1 };
  const beyond = beyondChance({ n: all, x: unattributed }, known);
  const share = weight / 100;
  const lacking = all * share - placed.canary - chance * Math.sqrt(all * share * (1 - share));
  return Math.max(0, Math.min(beyond, Math.floor(lacking)));
}

/** ln of one reporter's evidence that the canary is worse, by whatever notion of failure. */
export function reporterHarm({ answered, all, ceiling }: ReporterState): number {
  const compared =
    all === undefined
      ? harmOf(answered)
      : logSum([Math.log(1 - unansweredShare) + harmOf(answered), Math.log(unansweredShare) + harmOf(all)]);
  if (ceiling === undefined) return compared;
  return logSum([Math.log(1 - ceilingShare) + compared, Math.log(ceilingShare) + ceilingHarm({ answered, ceiling })]);
}

/** ln of the evidence that the canary is above its ceiling. */
export function ceilingHarm({ answered, ceiling }: Pick<ReporterState, 'answered' | 'ceiling'>): number {
  return ceiling === undefined ? 0 : evidenceOf(ceiling, doubtOf(answered.dispersion));
}

/** The canary's requests and failures that count against its ceiling. */
export function ceilingTrial({ canary, charged, excess }: ReporterState): Trial {
  return { n: canary.requests + charged, x: errorsOf(canary) + charged + excess };
}

/** At what terms the canary is held against stable just now. */
export function termsOf({ warmedMs }: Pick<ReporterState, 'warmedMs'>, { plan, weight }: GateContext): Terms {
  const margin = marginAt(plan, weight);
  return { margin, scale: plan.errorMargin, warmUp: warmUpExcess(warmedMs), alone: weight >= 100 };
}

/** Whether there is anything to compare with: at weight 100 only a stable that was known before. */
export function isComparable({ answered }: ReporterState, { weight }: GateContext): boolean {
  return weight < 100 || isKnown(answered);
}

function judged(state: ReporterState, counts: ReporterCounts, widthMs: number, context: GateContext): ReporterState {
  const canary = addArms(state.canary, counts.canary);
  const stable = addArms(state.stable, counts.stable);
  const unattributed = state.unattributed + counts.unattributed;
  const charged = Math.max(
    state.charged,
    chargedToCanary(
      { unattributed, level: state.level },
      { canary: canary.requests, stable: stable.requests },
      context.weight,
    ),
  );
  const excess = Math.max(state.excess, unansweredBeyondChance(canary, stable));
  const more = { charged: charged - state.charged, excess: Math.min(excess - state.excess, counts.canary.unanswered) };
  const arm = addArms(counts.canary, { ...noRequests, requests: more.charged, server: more.charged });
  const next = { ...state, canary, stable, unattributed, charged, excess: state.excess + more.excess, present: true };
  const tested = compared(next, arm, counts.stable, widthMs, context);
  const isServed = state.warmedMs > 0 || arm.requests > 0;
  const warmedMs = isServed ? warmedBy(state.warmedMs, widthMs, context.plan) : 0;
  return { ...tested, ...heldToCeiling(state, errorTrial(arm, false, more.excess), widthMs, context), warmedMs };
}

function compared(
  state: ReporterState,
  canary: Arm,
  stable: Arm,
  widthMs: number,
  context: GateContext,
): ReporterState {
  const terms = termsOf(state, context);
  const block = (unanswered: boolean): Block => ({
    canary: errorTrial(canary, unanswered),
    stable: errorTrial(stable, unanswered),
  });
  const all = state.all === undefined ? {} : { all: fight(state.all, block(true), terms, widthMs) };
  return { ...state, answered: fight(state.answered, block(false), terms, widthMs), ...all };
}

function heldToCeiling(
  state: ReporterState,
  canary: Trial,
  widthMs: number,
  context: GateContext,
): Pick<ReporterState, 'ceiling'> {
  const ceiling = context.plan.maxErrorRate;
  if (ceiling === undefined) return {};
  const limit = Math.min(0.99, Math.max(ceiling, 1e-9) + termsOf(state, context).warmUp);
  const race = state.ceiling ?? beginRace(ceilingRacers);
  const phi = phiOf(state.answered.dispersion);
  const increments = ceilingTimes.map((times) => {
    const above = possible(aboveLimit(limit, times));
    return above > limit ? trialRatio(canary, above, limit) / phi : 0;
  });
  const still = canary.n === 0 || evidenceAbove(state.recent, limit) >= stableIsAbove;
  return { ceiling: still ? race : advance(race, increments, ceilingBets, widthMs) };
}

/** So many times the limit, and never less than the limit itself. */
function aboveLimit(limit: number, times: number): number {
  return limit + Math.min((times - 1) * limit, (1 - limit) * (1 - 1 / times));
}

/** Two notions of failure are followed from the first unanswered request on; until then they are one. */
function separated(state: ReporterState, { canary, stable }: ReporterCounts): ReporterState {
  if (state.all !== undefined || canary.unanswered + stable.unanswered === 0) return state;
  return { ...state, all: state.answered };
}

/** For a ceiling there is no other arm, so only what exceeds stable's share of unanswered requests beyond chance counts. */
function unansweredBeyondChance(canary: Arm, stable: Arm): number {
  return beyondChance({ n: canary.requests, x: canary.unanswered }, { n: stable.requests, x: stable.unanswered });
}

function errorTrial(arm: Arm, unanswered: boolean, excess = 0): Trial {
  return { n: arm.requests, x: Math.min(arm.requests, errorsOf(arm) + excess + (unanswered ? arm.unanswered : 0)) };
}
