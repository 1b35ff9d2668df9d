// Canary against stable, by one notion of failure: the test that the canary is worse, the test that it is not, and the interval
// for the difference. All three are e-processes: valid whenever one looks, at any traffic, under any drift that both share.
import { addBlock, type Bounds, noBounds } from './bounds.ts';
import { addDispersion, addOwnDispersion, type Dispersion, doubtOf, noDispersion, phiOf } from './dispersion.ts';
import {
  addBlocks,
  addTrials,
  type Block,
  type Line,
  logRatio,
  noBlock,
  possible,
  type Rates,
  type Trial,
  trialRatio,
} from './excess.ts';
import { passOdds, toleratedExcess } from './levels.ts';
import { expectedFrom, expectedRate, learn, type Prediction } from './prediction.ts';
import { advance, beginRace, enterStep, evidenceOf, logSum, type Race, rounded } from './race.ts';
import { upperRate } from './rate-bounds.ts';

/** What a duel has come to. */
export interface Duel {
  /** That the canary is worse, over the whole rollout. */
  readonly harm: Race;
  /** That it is not worse than the margin, within the step: ln of both alternatives' likelihood ratios. */
  readonly fine: readonly number[];
  /** Where the difference lies, within the step. */
  readonly bounds: Bounds;
  /** Within the step. */
  readonly canary: Trial;
  readonly stable: Trial;
  /** In the steps before, and in slots that spoke for harm alone since the step before each of them was over. */
  readonly ago: Block;
  /** Stable since the evidence began, the time before the rollout included. */
  readonly past: Trial;
  /** Stable before the rollout. */
  readonly before: Trial;
  /** What stable and canary are expected to be like next. */
  readonly prediction: Prediction;
  readonly habit: Prediction;
  readonly dispersion: Dispersion;
  /** Slots that wait until both arms have had a request. */
  readonly pending: Block;
}

/** What a duel is held by at one moment. None of it may depend on failures of the slot that is counted. */
export interface Terms {
  /** The margin that a pass takes at this step. */
  readonly margin: number;
  /** The plan's margin, in units of which harm is looked for. */
  readonly scale: number;
  /** What is tolerated besides, because the canary is new. */
  readonly warmUp: number;
  /** Whether stable has no traffic, so that its past stands in. */
  readonly alone: boolean;
}

/** How much worse the canary may be beyond what is tolerated, in units of the margin, and how much is bet on each. */
const lifts = [1, 2, 4, 10, 30, 190];
const bets = [0.3, 0.3, 0.2, 0.1, 0.05, 0.05];
/** No alternative is closer to the null than this, whatever the margin. */
const leastScale = 0.0005;
/** The alternatives of the pass: as good as stable, and worse by a little. */
const fineLifts = [0, 0.3];
const fineBets = [0.7, 0.3];
/** Requests of the past that make a stable known. */
const knownRequests = 100;
/** At weight 100 stable's past may be exceeded by half, and by the margin. */
const pastFactor = 1.5;
/** What a failure has to exceed that besides: a lesser jump may be an incident, which stable would share if it had traffic. */
const pastJump = 0.1;
/** Requests by which a newcomer is taken to be like stable. */
const newcomer = 100;
/** How many alternatives a duel races. */
export const racers = lifts.length;
const nobody: Trial = { n: 0, x: 0 };

/** A duel of which nothing was counted but stable before the rollout, and how burstily it failed. */
export function beginDuel(before: Trial, dispersion: Dispersion = noDispersion): Duel {
  return {
    harm: beginRace(racers),
    fine: [0, 0],
    bounds: noBounds,
    canary: nobody,
    stable: nobody,
    ago: noBlock,
    past: before,
    before,
    prediction: expectedFrom(before),
    habit: nobody,
    dispersion,
    pending: noBlock,
  };
}

/** A step begins: the pass starts anew, the harm does not. `eve` is what `suspect` was given since the step before was over. */
export function enterDuelStep(duel: Duel, eve: Block = noBlock): Duel {
  const { canary, stable, fine, bounds, pending } = beginDuel(nobody);
  const ago = addBlocks(duel.ago, addBlocks(eve, duel));
  return { ...duel, harm: enterStep(duel.harm), canary, stable, fine, bounds, pending, ago };
}

/** A slot that tells what stable is like, and nothing else. */
export function observe(duel: Duel, stable: Trial, widthMs: number): Duel {
  return {
    ...duel,
    past: addTrials(duel.past, stable),
    prediction: learn(duel.prediction, stable, widthMs),
    dispersion: addDispersion(duel.dispersion, stable),
  };
}

/** A slot that is not of the step, but in which the canary was served: it speaks for harm, and for nothing else. */
export function suspect(duel: Duel, slot: Block, terms: Terms, widthMs: number): Duel {
  const { canary, stable, fine, bounds, pending } = duel;
  const fought = fight({ ...duel, pending: noBlock }, slot, terms, widthMs);
  return { ...fought, canary, stable, fine, bounds, pending };
}

/** Counts a slot of the step. */
export function fight(duel: Duel, slot: Block, terms: Terms, widthMs: number): Duel {
  const counted = { ...duel, ...addBlocks(duel, slot) };
  const pending = addBlocks(duel.pending, slot);
  if (terms.alone && !isKnown(duel)) return observe(counted, slot.stable, widthMs);
  const ready = pending.canary.n > 0 && (terms.alone || pending.stable.n > 0);
  if (!ready) return { ...observe(counted, slot.stable, widthMs), pending };
  const phi = phiOf(duel.dispersion);
  const next = terms.alone
    ? judgeAlone(counted, pending.canary, terms, phi, widthMs)
    : judgePair(counted, pending, terms, phi, widthMs);
  const seen = observe(next, slot.stable, widthMs);
  const dispersion = addOwnDispersion(seen.dispersion, slot.canary);
  return { ...seen, dispersion, habit: learn(duel.habit, slot.canary, 0), pending: noBlock };
}

/** Whether stable had enough requests in the past to stand in for itself when it has no traffic any more. */
export function isKnown({ past }: Duel): boolean {
  return past.n >= knownRequests;
}

/** ln of the evidence that the canary is worse. */
export function harmOf({ harm, dispersion }: Duel): number {
  return evidenceOf(harm, doubtOf(dispersion));
}

/** ln of the evidence that the canary is not worse than the margin. */
export function fineOf({ fine }: Duel): number {
  return logSum(fine.map((log, index) => log + Math.log(fineBets[index] ?? 0)));
}

/** Whether that suffices for a pass. */
export function isFine(duel: Duel): boolean {
  return fineOf(duel) >= Math.log(passOdds);
}

/** The share of failures up to which a canary at weight 100 counts as like stable in the past. */
export function pastLimit({ past }: Duel, margin: number): number {
  return Math.min(0.999, pastFactor * upperRate(past) + margin);
}

/** Where the interval's grid and the alternatives take their unit from. */
export function unitOf(scale: number): number {
  return Math.max(scale, leastScale);
}

/** What is tolerated without any evidence of harm. */
export function tolerated(scale: number): number {
  return Math.min(toleratedExcess, unitOf(scale) / 10);
}

/**
 * About how many more canary requests a pass takes if things stay as they are, by what they add to its evidence on average;
 * Infinity when it would never come.
 */
export function requestsToFine(duel: Duel, { margin, alone }: Terms): number {
  const { canary, stable, past, dispersion } = duel;
  const missing = Math.log(passOdds) - fineOf(duel);
  if (missing <= 0 || canary.n === 0) return missing <= 0 ? 0 : Number.POSITIVE_INFINITY;
  const usual = expectedRate(alone ? past : duel.prediction);
  const likely = (usual * 50 + canary.x) / (50 + canary.n);
  const seen: Block = { canary: { n: canary.n, x: canary.n * likely }, stable: { n: stable.n, x: stable.n * usual } };
  const gains = fineLifts.map((lift) => {
    const guess = possible(usual + lift * margin);
    const limit = pastLimit(duel, margin);
    if (alone) return trialRatio(seen.canary, Math.min(limit, guess), limit);
    return logRatio(seen, { canary: guess, stable: usual }, { factor: 1, offset: margin });
  });
  const gain = Math.max(...gains) / phiOf(dispersion) / canary.n;
  return gain <= 0 ? Number.POSITIVE_INFINITY : Math.ceil(missing / gain);
}

function judgePair(duel: Duel, block: Block, terms: Terms, phi: number, widthMs: number): Duel {
  const { margin, scale, warmUp } = terms;
  const stable = expectedRate(duel.prediction);
  const offset = tolerated(scale) + warmUp;
  const worse: Line = { factor: 1, offset };
  const harms = lifts.map((lift) => {
    const canary = possible(stable + offset + lift * unitOf(scale));
    return canary > stable + offset ? logRatio(block, { canary, stable }, worse) : 0;
  });
  const atMargin: Line = { factor: 1, offset: margin };
  const fines = fineLifts.map((lift) =>
    logRatio(block, { canary: possible(stable + lift * margin), stable }, atMargin),
  );
  const guess: Rates = { canary: expectedRate(shrunk(duel.habit, duel.prediction)), stable };
  return {
    ...duel,
    harm: raced(duel.harm, harms, phi, widthMs),
    fine: added(duel.fine, fines, phi),
    bounds: addBlock(duel.bounds, block, guess, unitOf(scale), phi),
  };
}

function judgeAlone(duel: Duel, canary: Trial, { margin, scale, warmUp }: Terms, phi: number, widthMs: number): Duel {
  const limit = pastLimit(duel, margin + warmUp);
  const stable = expectedRate(duel.past);
  const jump = Math.min(0.999, limit + pastJump);
  const harms = lifts.map((lift) => {
    const worse = possible(jump + lift * unitOf(scale));
    return worse > jump ? trialRatio(canary, worse, jump) : 0;
  });
  const fines = fineLifts.map((lift) => trialRatio(canary, possible(Math.min(limit, stable + lift * margin)), limit));
  return {
    ...duel,
    harm: raced(duel.harm, harms, phi, widthMs),
    fine: added(duel.fine, fines, phi),
  };
}

function raced(harm: Race, ratios: readonly number[], phi: number, widthMs: number): Race {
  const tempered = ratios.map((log) => log / phi);
  return advance(harm, tempered, bets, widthMs);
}

/** The canary's own record, with stable's as what a newcomer is expected to be like. */
function shrunk(habit: Prediction, stable: Prediction): Prediction {
  const usual = expectedRate(stable);
  return { n: habit.n + newcomer, x: habit.x + newcomer * usual };
}

function added(logs: readonly number[], increments: readonly number[], phi: number): readonly number[] {
  return logs.map((log, index) => rounded(log + (increments[index] ?? 0) / phi));
}
