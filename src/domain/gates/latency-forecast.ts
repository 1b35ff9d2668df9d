// How far a pass is, and how many more requests of the canary it takes if that is like stable.
import type { GateContext } from '../gate.ts';
import { withinRatios } from '../statistics/latency-ceiling.ts';
import { beyondOf, edgeRatios, edgeRatiosAlone } from '../statistics/latency-edge.ts';
import { type Histogram, shapeOf, sumOf } from '../statistics/latency-histogram.ts';
import { passOdds } from '../statistics/levels.ts';
import { passEdges, shownFor } from './latency-answer.ts';
import { phiAt } from './latency-bursts.ts';
import { isAlone, type Question } from './latency-questions.ts';
import { type Contest, type TimedState, timingsOf, usualOf } from './latency-state.ts';

/** The bound at which a pass is farthest. */
export interface Forecast {
  readonly bound: number;
  /** ln of the evidence for it. */
  readonly log: number;
  readonly have: number;
  /** Infinity when no number suffices at what has been seen. */
  readonly more: number;
}

/** Where a question's pass stands; undefined when it has no bound that could tell. */
export function forecastOf(
  question: Question,
  { fine }: Contest,
  state: TimedState,
  context: GateContext,
): Forecast | undefined {
  const growth = growthOf(question, fine, state, context);
  const have = sumOf(state.canary);
  const all = growth.map(({ bound, perRequest }) => {
    const own = fine.find((each) => each.bound === bound);
    const log = own === undefined ? 0 : shownFor(question, own);
    const missing = Math.max(0, Math.log(passOdds) - log);
    const more =
      missing === 0
        ? 0
        : perRequest <= 0
          ? Number.POSITIVE_INFINITY
          : (missing * phiAt(state.bursts, bound)) / perRequest;
    return { bound, log, have, more: Math.max(more, context.plan.minRequests - have) };
  });
  return all.reduce<Forecast | undefined>(
    (far, next) =>
      far === undefined || next.more > far.more || (next.more === far.more && next.log < far.log) ? next : far,
    undefined,
  );
}

/** So many requests like stable's are believed of an arm besides those it has had. */
const believed = 100;

/** ln of the evidence that one more canary request brings on average, if both go on as they did in this step. */
function growthOf(
  question: Question,
  fine: Contest['fine'],
  state: TimedState,
  context: GateContext,
): readonly { readonly bound: number; readonly perRequest: number }[] {
  if (question.kind === 'ceiling') return fine.map(({ bound }) => ceilingGrowth(question, state, bound));
  const usual = usualOf(state);
  const alone = isAlone(context);
  const shape = shapeOf(usual);
  const { canary, stable } = timingsOf(state);
  const likely = goingOn(canary, shape);
  const pair = { canary: likely, stable: scaled(goingOn(stable, shape), stablePerCanary(state, context)) };
  return passEdges(fine, question, { usual, alone }).map(({ edge }) => ({
    bound: edge.bound,
    perRequest: Math.max(...(alone ? edgeRatiosAlone(likely, edge) : edgeRatios(pair, edge))),
  }));
}

/** The shape of an arm that goes on as it did, or like stable as long as it has shown little. */
function goingOn({ bounds, counts }: Histogram, usual: Histogram): Histogram {
  const all = sumOf(counts) + believed;
  return { bounds, counts: counts.map((count, k) => (count + believed * (usual.counts[k] ?? 0)) / all) };
}

function ceilingGrowth(
  { line }: Question & { readonly kind: 'ceiling' },
  state: TimedState,
  bound: number,
): { readonly bound: number; readonly perRequest: number } {
  const index = state.bounds.indexOf(bound);
  const x = beyondOf(goingOn(timingsOf(state).canary, shapeOf(usualOf(state))), index);
  return { bound, perRequest: Math.max(...withinRatios({ n: 1, x }, line)) };
}

function stablePerCanary(state: TimedState, { weight }: GateContext): number {
  const [canary, stable] = [sumOf(state.canary), sumOf(state.stable)];
  return canary > 0 && stable > 0 ? stable / canary : (100 - weight) / Math.max(1, weight);
}

function scaled({ bounds, counts }: Histogram, times: number): Histogram {
  return { bounds, counts: counts.map((count) => times * count) };
}
