// What a slot answers to one question: evidence of harm, and evidence that there is none.
import { aboveBets, aboveRatios, withinBets, withinRatios } from '../statistics/latency-ceiling.ts';
import {
  beyondOf,
  type Edge,
  edgeRatios,
  edgeRatiosAlone,
  edgesOf,
  nearestEdges,
  wayBets,
} from '../statistics/latency-edge.ts';
import { lowerShare } from '../statistics/latency-envelope.ts';
import { slowBets, slowRacers, slowRatios, slowRatiosAlone } from '../statistics/latency-harm.ts';
import { type Histogram, sizeOf } from '../statistics/latency-histogram.ts';
import type { Timings } from '../statistics/latency-order.ts';
import { passOdds } from '../statistics/levels.ts';
import { advance, beginRace, logSum, rounded } from '../statistics/race.ts';
import { phiAt, phiIn } from './latency-bursts.ts';
import type { Question } from './latency-questions.ts';
import type { Bursts, Contest, Fine } from './latency-state.ts';

/** What answers rest on besides the slot; all of it from before. */
export interface Terms {
  readonly usual: Histogram;
  /** What of the canary was judged in this step. */
  readonly habit: Histogram;
  /** By how much evidence is tempered for it. */
  readonly bursts: readonly Bursts[];
  /** Whether only stable's past is there to compare with. */
  readonly alone: boolean;
  /** By what factor more is tolerated, because the canary is new; 1 once it is not. */
  readonly leniency: number;
  readonly widthMs: number;
}

/** A question of which nothing is known. */
export function beginContest({ text, kind }: Question): Contest {
  return { text, harm: beginRace(kind === 'order' ? slowRacers : aboveBets.length), fine: [] };
}

/** The contest after a block of requests. A question that the plan no longer asks stands as it is. */
export function answer(contest: Contest, questions: readonly Question[], block: Timings, terms: Terms): Contest {
  const question = questions.find(({ text }) => text === contest.text);
  if (question === undefined) return contest;
  if (question.kind === 'ceiling') return answerCeiling(contest, question, block.canary, terms);
  const { usual, habit, alone, leniency, widthMs, bursts } = terms;
  const past = { canary: habit, stable: usual };
  const null_ = { factor: question.tolerance * leniency, from: question.from };
  const ratios = alone ? slowRatiosAlone(block.canary, past, null_) : slowRatios(block, past, null_);
  const fine = passEdges(contest.fine, question, terms).map(({ edge, logs }) => ({
    bound: edge.bound,
    logs: summed(
      logs,
      tempered(alone ? edgeRatiosAlone(block.canary, edge) : edgeRatios(block, edge), phiAt(bursts, edge.bound)),
    ),
  }));
  return { ...contest, harm: advance(contest.harm, tempered(ratios, phiIn(bursts)), slowBets, widthMs), fine };
}

/** Whether everything that a pass takes is shown. */
export function isShown(question: Question, fine: readonly Fine[]): boolean {
  return fine.length > 0 && fine.every((each) => shownFor(question, each) >= Math.log(passOdds));
}

/** ln of the evidence that the margin or the limit is kept at one bound. */
export function shownFor({ kind }: Question, { logs }: Fine): number {
  const bets = kind === 'order' ? wayBets : withinBets;
  return logSum(logs.map((log, j) => log + Math.log(bets[j] ?? 0)));
}

/**
 * The bounds at which a pass is earned, with what was earned: those that were chosen when the step began, as long as all
 * are still counted, else the nearest ones to the quantiles with nothing earned.
 */
export function passEdges(
  fine: readonly Fine[],
  { margin, quantiles }: Question & { readonly kind: 'order' },
  { usual, alone }: Pick<Terms, 'usual' | 'alone'>,
): readonly { readonly edge: Edge; readonly logs: readonly number[] }[] {
  const edges = edgesOf(usual, margin).map((edge) => (alone ? cautious(edge, sizeOf(usual)) : edge));
  const chosen = fine.map(({ bound, logs }) => ({ edge: edges.find((each) => each.bound === bound), logs }));
  const kept = chosen.flatMap(({ edge, logs }) => (edge === undefined ? [] : [{ edge, logs }]));
  if (kept.length > 0 && kept.length === fine.length) return kept;
  return nearestEdges(edges, quantiles).map((edge) => ({ edge, logs: wayBets.map(() => 0) }));
}

/** Stable's past is a sample: what is held against the canary is the least that it may have been. */
function cautious(edge: Edge, n: number): Edge {
  return { ...edge, slowTail: Math.max(edge.tail, lowerShare(edge.slowTail, n)) };
}

function answerCeiling(
  contest: Contest,
  { millis, allowed, line }: Question & { readonly kind: 'ceiling' },
  canary: Histogram,
  { widthMs, bursts }: Terms,
): Contest {
  const [above, below] = boundsAround(canary.bounds, millis);
  const trial = (index: number) => ({ n: sizeOf(canary), x: beyondOf(canary, index) });
  const none = aboveBets.map(() => 0);
  const ratios = above === -1 ? none : tempered(aboveRatios(trial(above), allowed), phiIn(bursts));
  const harm = advance(contest.harm, ratios, aboveBets, widthMs);
  if (below === -1) return { ...contest, harm, fine: [] };
  const bound = canary.bounds[below] ?? 0;
  const logs = contest.fine.find((each) => each.bound === bound)?.logs ?? withinBets.map(() => 0);
  const ratio = tempered(withinRatios(trial(below), line), phiAt(bursts, bound));
  return { ...contest, harm, fine: [{ bound, logs: summed(logs, ratio) }] };
}

function tempered(ratios: readonly number[], phi: number): readonly number[] {
  return ratios.map((log) => log / phi);
}

/** The first bound that is at least a limit, by which more can be shown to be slow, and the last that is at most it; -1 for none. */
export function boundsAround(bounds: readonly number[], millis: number): readonly [above: number, below: number] {
  return [bounds.findIndex((bound) => bound >= millis), bounds.findLastIndex((bound) => bound <= millis)];
}

function summed(logs: readonly number[], more: readonly number[]): readonly number[] {
  return logs.map((log, j) => rounded(log + (more[j] ?? 0)));
}
