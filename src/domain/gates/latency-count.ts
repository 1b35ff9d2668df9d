// One slot of one reporter's latencies, counted into what stands.
import type { GateContext } from '../gate.ts';
import { addBlock, noBounds } from '../statistics/bounds.ts';
import { noDispersion } from '../statistics/dispersion.ts';
import { addBlocks, type Block, noBlock } from '../statistics/excess.ts';
import { beyondOf, edgesOf, nearestEdges } from '../statistics/latency-edge.ts';
import { leastPrediction } from '../statistics/latency-harm.ts';
import { commonBounds, type Histogram, onBounds, sumOf } from '../statistics/latency-histogram.ts';
import type { Timings } from '../statistics/latency-order.ts';
import { warmUpMs } from '../statistics/levels.ts';
import { enterStep, evidenceOf, logSum } from '../statistics/race.ts';
import { type ReporterBuckets, timesOf } from './buckets.ts';
import { answer, beginContest } from './latency-answer.ts';
import { burstyBounds, measure } from './latency-before.ts';
import { doubtIn, phiAt } from './latency-bursts.ts';
import { isAlone, type Question, questionsOf } from './latency-questions.ts';
import {
  type Bursts,
  coarsened,
  emptied,
  nothingTimed,
  type TimedState,
  timingsOf,
  usualOf,
  type Watch,
} from './latency-state.ts';
import { warming } from './warm-up.ts';

/** A slot as far as it matters to one reporter. */
export interface TimedSlot {
  readonly buckets: ReporterBuckets;
  readonly inStep: boolean;
  readonly widthMs: number;
}

/** Half of what stable was is forgotten after so long. */
const halfLifeMs = 600_000;
/** How much slower a new canary may be when its first minute is over, and how long it takes until it may not. */
const leniencyAtFirst = 0.25;
const lenientMs = 60_000;
/** The quantile of stable next to which the bound is that is shown. */
const shownQuantile = [0.9];
/** What the canary's share beyond the shown bound is guessed from, besides what it was: so many requests like stable's. */
const guessWeight = 20;

/** A step begins: what was judged of the one before is forgotten, the evidence of harm is not. More weight may have brought new pods. */
export function enterTimedStep(state: TimedState): TimedState {
  const { usual } = state;
  const { watch, ...rest } = emptied(state, state.bounds);
  const contests = state.contests.map((contest) => ({ ...contest, harm: enterStep(contest.harm), fine: [] }));
  const shown = watch === undefined ? {} : { watch: { ...watch, interval: noBounds, ago: agoAt(state, watch) } };
  return { ...rest, usual, contests, ...shown, warmMs: Math.min(state.warmMs, warmUpMs) };
}

/**
 * Counts a slot. What is judged by is known before the slot is looked at: stable's past, the bounds of a pass, burstiness. A
 * slot that is not of the step, or of the canary's first minute, only tells what stable is like; the canary warms up in both.
 */
export function countTimed(before: TimedState, slot: TimedSlot, context: GateContext): TimedState {
  const read = readSlot(before, slot.buckets);
  if (read.kind === 'trouble') return { ...before, present: true, trouble: read.trouble };
  const begun = asked({ ...read.state, present: true, trouble: 'none' }, context);
  const { timings } = read;
  const isWarm = begun.warmMs >= warmUpMs;
  const judged = slot.inStep && isWarm ? judgeSlot(begun, timings, slot.widthMs, context) : begun;
  const isServed = sumOf(timings.canary.counts) > 0 || (slot.inStep && begun.warmMs > 0);
  const warmMs = isServed ? warmed(begun.warmMs, warming(slot.widthMs, context.plan)) : begun.warmMs;
  return learnt({ ...judged, warmMs }, timings.stable, slot.widthMs);
}

/** ln of one reporter's evidence that the canary is slower than it may be: the mean over what was asked. */
export function timedHarm({ contests, bursts }: TimedState): number {
  if (contests.length === 0) return 0;
  const doubt = doubtIn(bursts);
  return logSum(contests.map(({ harm }) => evidenceOf(harm, doubt))) - Math.log(contests.length);
}

type SlotRead =
  | { readonly kind: 'timings'; readonly state: TimedState; readonly timings: Timings }
  | { readonly kind: 'trouble'; readonly trouble: 'apart' | 'mixed' };

/** Both arms and the memory by the bounds that all have. New bounds on both arms begin a new memory. */
function readSlot(state: TimedState, buckets: ReporterBuckets): SlotRead {
  const [canary, stable] = [timesOf(buckets.canary), timesOf(buckets.stable)];
  if (canary.kind === 'mixed' || stable.kind === 'mixed') return { kind: 'trouble', trouble: 'mixed' };
  const histograms = [canary, stable].flatMap((times) => (times.kind === 'times' ? [times.histogram] : []));
  const [first, ...others] = histograms.map(({ bounds }) => bounds);
  if (first === undefined) return timingsOn(state, undefined, undefined);
  const slotBounds = others.reduce(commonBounds, first);
  if (slotBounds.length === 0) return { kind: 'trouble', trouble: 'apart' };
  const known = state.bounds.length === 0 ? slotBounds : commonBounds(state.bounds, slotBounds);
  const kept = known.length === 0 || state.bounds.length === 0 ? anew(state, slotBounds) : coarsened(state, known);
  return timingsOn(kept, histogramOf(canary), histogramOf(stable));
}

function histogramOf(times: ReturnType<typeof timesOf>): Histogram | undefined {
  return times.kind === 'times' ? times.histogram : undefined;
}

function timingsOn(state: TimedState, canary: Histogram | undefined, stable: Histogram | undefined): SlotRead {
  const none: Histogram = { bounds: state.bounds, counts: state.usual.map(() => 0) };
  const on = (arm: Histogram | undefined): Histogram => (arm === undefined ? none : onBounds(arm, state.bounds));
  return { kind: 'timings', state, timings: { canary: on(canary), stable: on(stable) } };
}

/** What was counted by other bounds says nothing of these. What was proven stays. */
function anew(state: TimedState, bounds: readonly number[]): TimedState {
  const contests = state.contests.map((contest) => ({ ...contest, fine: [] }));
  return { ...emptied(nothingTimed, bounds), warmMs: state.warmMs, contests };
}

/** The questions are fixed with the first slot; the shown bound as soon as stable is known. */
function asked(state: TimedState, { plan, weight }: GateContext): TimedState {
  const questions = questionsOf(plan, weight);
  const contests = state.contests.length > 0 ? state.contests : questions.map((question) => beginContest(question));
  const watch = state.watch ?? (sumOf(state.usual) < leastPrediction ? undefined : chosenWatch(state, questions));
  return { ...state, contests, ...(watch === undefined ? {} : { watch }) };
}

function judgeSlot(state: TimedState, slot: Timings, widthMs: number, context: GateContext): TimedState {
  const alone = isAlone(context);
  const counted = {
    ...state,
    canary: added(state.canary, slot.canary.counts),
    stable: added(state.stable, slot.stable.counts),
    pending: {
      canary: added(state.pending.canary, slot.canary.counts),
      stable: added(state.pending.stable, slot.stable.counts),
    },
  };
  const ready = sumOf(counted.pending.canary) > 0 && (alone || sumOf(counted.pending.stable) > 0);
  if (!ready || sumOf(state.usual) < leastPrediction) return counted;
  const { bounds, pending } = counted;
  const block = { canary: { bounds, counts: pending.canary }, stable: { bounds, counts: pending.stable } };
  const questions = questionsOf(context.plan, context.weight);
  const leniency = leniencyAt(state.warmMs);
  const habit = timingsOf(state).canary;
  const terms = { usual: usualOf(state), habit, bursts: state.bursts, alone, leniency, widthMs };
  const contests = state.contests.map((contest) => answer(contest, questions, block, terms));
  const none = bounds.map(() => 0).concat(0);
  const watched = alone ? {} : watchBlock(state, block);
  return { ...counted, contests, pending: { canary: none, stable: none }, ...watched };
}

/** The interval for the shown bound, with guesses from before the block. */
function watchBlock(state: TimedState, block: Timings): Pick<TimedState, 'watch'> {
  const { watch } = state;
  if (watch === undefined) return {};
  const index = state.bounds.indexOf(watch.bound);
  const trial = ({ counts }: Histogram) => ({ n: sumOf(counts), x: beyondOf({ bounds: [], counts }, index) });
  const [usual, past] = [trial(usualOf(state)), trial({ bounds: [], counts: state.canary })];
  const stable = (usual.x + 0.5) / (usual.n + 1);
  const guess = { canary: (past.x + guessWeight * stable) / (past.n + guessWeight), stable };
  const pair = { canary: trial(block.canary), stable: trial(block.stable) };
  const interval = addBlock(watch.interval, pair, guess, watch.scale, phiAt(state.bursts, watch.bound));
  return { watch: { ...watch, interval } };
}

/** The bound nearest to stable's p90 at which the margin can be told; undefined where there is none. */
function chosenWatch(state: TimedState, questions: readonly Question[]): Watch | undefined {
  const margin = questions.reduce((least, each) => (each.kind === 'order' ? Math.min(least, each.margin) : least), 3);
  const [edge] = nearestEdges(edgesOf(usualOf(state), margin), shownQuantile);
  if (edge === undefined) return undefined;
  return {
    bound: edge.bound,
    scale: Number((edge.slowTail - edge.tail).toPrecision(3)),
    interval: noBounds,
    ago: noBlock,
  };
}

/** What will have been judged at the shown bound when the step is over. */
function agoAt(state: TimedState, { bound, ago }: Watch): Block {
  const index = state.bounds.indexOf(bound);
  const { canary, stable } = timingsOf(state);
  const trial = (arm: Histogram) => ({ n: sumOf(arm.counts), x: beyondOf(arm, index) });
  return addBlocks(ago, { canary: trial(canary), stable: trial(stable) });
}

function warmed(warmMs: number, widthMs: number): number {
  return Math.min(warmUpMs + lenientMs, warmMs + widthMs);
}

/** After the warm-up more is tolerated at first, and less and less until nothing more is. */
function leniencyAt(warmMs: number): number {
  return 1 + leniencyAtFirst * Math.max(0, 1 - (warmMs - warmUpMs) / lenientMs);
}

/** What the slot taught of stable; without requests of it nothing fades. */
function learnt(state: TimedState, stable: Histogram, widthMs: number): TimedState {
  const n = sumOf(stable.counts);
  if (n === 0) return state;
  const fading = 0.5 ** (widthMs / halfLifeMs);
  const usual = state.usual.map((count, k) => Math.round(100 * (fading * count + (stable.counts[k] ?? 0))) / 100);
  const bursts = state.bursts.length > 0 ? state.bursts : unmeasured(state);
  return { ...state, usual, bursts: measure(bursts, stable) };
}

/** Where burstiness will be measured: chosen as soon as stable is known. */
function unmeasured(state: TimedState): readonly Bursts[] {
  return burstyBounds(usualOf(state)).map((bound) => ({ bound, dispersion: noDispersion }));
}

function added(a: readonly number[], b: readonly number[]): readonly number[] {
  return a.map((count, k) => count + (b[k] ?? 0));
}
