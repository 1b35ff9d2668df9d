// What the latency gate asks of a canary: whether it is slower than stable, and whether it keeps the plan's limits.
import type { GateContext } from '../gate.ts';
import type { LatencyLimit, Plan } from '../plan.ts';
import { passQuantiles } from '../statistics/latency-edge.ts';

/** Something that is asked, at the weight of the moment. */
export type Question =
  /** Whether the canary is slower than stable by more than a factor. */
  | {
      readonly kind: 'order';
      /** The limit as it was written; empty for the comparison that needs no setting. */
      readonly text: string;
      /** Slower than stable by this factor is no harm yet. */
      readonly tolerance: number;
      /** A pass has to exclude that it is slower by this factor. */
      readonly margin: number;
      /** Harm is looked for at and beyond this quantile of stable. */
      readonly from: number;
      /** A pass is earned at these quantiles of stable. */
      readonly quantiles: readonly number[];
    }
  /** Whether the canary has more slow requests than an absolute limit allows. */
  | {
      readonly kind: 'ceiling';
      readonly text: string;
      readonly millis: number;
      /** The share of requests that may take longer. */
      readonly allowed: number;
      /** A pass has to exclude that this share takes longer. */
      readonly line: number;
    };

/** Slower than stable by this much is never called harm: pods are never quite alike. */
const tolerance = 1.05;
/** What may be slower for the whole service. */
const finalMargin = 1.4;
/** Beyond this nobody would call a margin one. */
const widestMargin = 3;
/** At weight 100 both are wider by so much, because stable is known from another time, and an incident looks like harm. */
const pastTolerance = 3;
const pastMargin = 1.2;
/** A pass excludes so many times the share of slow requests that a limit allows. */
const lineFactor = 1.5;
/** Limits that are judged; more are not worth the space they take. */
const mostLimits = 4;

/** Whether stable has no traffic, so that its past stands in. */
export function isAlone({ weight }: GateContext): boolean {
  return weight >= 100;
}

/**
 * What is asked under a plan. Limits relative to stable are the comparison, with the tolerance that their author chose; without any,
 * everything is compared. The order is the same at every weight.
 */
export function questionsOf(plan: Plan, weight: number): readonly Question[] {
  const limits = plan.maxLatency.slice(0, mostLimits);
  const asked = limits.map((limit) => questionOf(limit, plan, weight));
  const compared = limits.some(({ kind }) => kind === 'relative');
  return compared ? asked : [orderQuestion('', tolerance, finalMargin, plan, weight, 0, passQuantiles), ...asked];
}

function questionOf(limit: LatencyLimit, plan: Plan, weight: number): Question {
  const { text, quantile } = limit;
  if (limit.kind === 'relative') {
    return orderQuestion(text, limit.factor, limit.factor, plan, weight, quantile, [quantile]);
  }
  const allowed = Math.max(1e-6, 1 - quantile);
  const line = Math.min((1 + allowed) / 2, lineFactor * allowed);
  return { kind: 'ceiling', text, millis: limit.millis, allowed, line };
}

function orderQuestion(
  text: string,
  factor: number,
  margin: number,
  plan: Plan,
  weight: number,
  from: number,
  at: readonly number[],
): Question {
  const atWeight = Math.max(1.01, marginAtWeight(margin, plan, weight));
  const [tolerated, excluded] = weight >= 100 ? [factor * pastTolerance, atWeight * pastMargin] : [factor, atWeight];
  return { kind: 'order', text, tolerance: tolerated, margin: excluded, from, quantiles: at };
}

/**
 * The margin by blast radius: a step that leads to the weight w needs only `margin^(1/sqrt(w))`, since the harm of being slower
 * reaches so many. (1.4x in the end is 1.96x before a quarter and 1.61x before half of all requests.)
 */
function marginAtWeight(margin: number, plan: Plan, weight: number): number {
  const next = plan.steps.find((step) => step > weight) ?? 100;
  return Math.max(margin, Math.min(widestMargin, margin ** (1 / Math.sqrt(next / 100))));
}
