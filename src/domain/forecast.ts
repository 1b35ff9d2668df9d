// How long a plan takes at a service's present traffic, and what harm it can see on the way: said before it begins.
//
// Any sequential test that is wrong with probability a at most needs ln(1/a) / D requests on average (Wald 1945), D being what one
// request tells: the least divergence w KL(pc||qc) + (1-w) KL(ps||qs) from what is to be refuted. Serin's own tests, which do not
// know in advance how bad a release is, take a factor more.
import { gateShares, reporterShares } from './gates/shares.ts';
import { marginAt, type Plan, undecidedFactor } from './plan.ts';
import { beginDuel, pastLimit, tolerated } from './statistics/duel.ts';
import { logRatio, trialRatio } from './statistics/excess.ts';
import { intervalLevel, passOdds, warmUpMs } from './statistics/levels.ts';
import type { Millis } from './time.ts';

/** What a service is like at present. */
export interface Level {
  /** Requests a second, of both versions together. */
  readonly perSecond: number;
  /** The share of them that fails. */
  readonly errorRate: number;
}

/** One step of a plan at that level. Times are about; `undefined` is never. */
export interface StepForecast {
  readonly weight: number;
  readonly margin: number;
  /** Canary requests until a release that is as good as stable passes. */
  readonly requests: number | undefined;
  /** How long that takes, the bake aside. */
  readonly passMs: Millis | undefined;
  /** How long until harm beyond the wider margin of `on-undecided: advance` is excluded. */
  readonly wideMs: Millis | undefined;
  /** How long until twice the errors are rolled back, if only this step's evidence counts. */
  readonly doubleMs: Millis | undefined;
  /** The same for one percentage point more. */
  readonly pointMs: Millis | undefined;
  /** The same for five. */
  readonly fiveMs: Millis | undefined;
}

/** A plan at a level. */
export interface Forecast {
  readonly level: Level;
  readonly steps: readonly StepForecast[];
  /** How long a release that is as good as stable takes from the first slot to promotion; undefined when a step is not decided. */
  readonly promotedMs: Millis | undefined;
  /** When twice the errors would be rolled back, counted from the first slot; undefined when it would be promoted or held before. */
  readonly doubleSeenMs: Millis | undefined;
  readonly pointSeenMs: Millis | undefined;
  readonly fiveSeenMs: Millis | undefined;
}

/** How many times Wald's bound the pass takes, and the rollback: measured on the gate itself, rounded up. */
const passFactor = 1.2;
const harmFactor = 1.4;
/** Two slots at least: one slot multiplies the odds of harm by sixteen at most. */
const leastHarmMs: Millis = 30_000;
/** One percentage point. */
const point = 0.01;

/** What the plan comes to at this level, by its error gate. */
export function forecastOf(plan: Plan, level: Level): Forecast {
  const steps = plan.steps.map((weight) => stepForecast(plan, weight, level));
  return {
    level,
    steps,
    promotedMs: steps.reduce<Millis | undefined>((sum, step) => plus(sum, lasts(plan, step)), 0),
    doubleSeenMs: seenAfter(plan, steps, ({ doubleMs }) => doubleMs),
    pointSeenMs: seenAfter(plan, steps, ({ pointMs }) => pointMs),
    fiveSeenMs: seenAfter(plan, steps, ({ fiveMs }) => fiveMs),
  };
}

/** How long the step lasts for a release that is as good as stable; undefined when nothing but a person ends it, or a rollback. */
export function lasts(plan: Plan, step: StepForecast): Millis | undefined {
  const { bakeMs, maxBakeMs, onUndecided } = plan;
  if (passesInTime(plan, step)) return Math.max(bakeMs, step.passMs ?? 0);
  if (onUndecided !== 'advance' || step.wideMs === undefined) return undefined;
  const late = Math.max(maxBakeMs, step.wideMs);
  return step.passMs === undefined ? late : Math.min(late, step.passMs);
}

/** Whether a release that is as good as stable passes the step before max-bake is over. */
export function passesInTime({ maxBakeMs }: Plan, { passMs }: StepForecast): boolean {
  return passMs !== undefined && passMs <= maxBakeMs;
}

/** Requests a second with which every step passes within `withinMs`; undefined when none would do. */
export function rateFor(plan: Plan, weight: number, errorRate: number, withinMs: Millis): number | undefined {
  const { requests } = stepForecast(plan, weight, { perSecond: 1, errorRate });
  return requests === undefined ? undefined : (requests * 100) / weight / (withinMs / 1_000);
}

/** The least of some round error margins with which every step passes in time at this level; undefined when none does. */
export function marginFor(plan: Plan, level: Level): number | undefined {
  return [0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1]
    .filter((margin) => margin > plan.errorMargin)
    .find((errorMargin) => {
      const wider = { ...plan, errorMargin };
      return forecastOf(wider, level).steps.every((step) => passesInTime(wider, step));
    });
}

/** How much more often than stable a canary may fail under this plan without any evidence of harm, as a share. */
export function toleratedBy({ errorMargin }: Plan): number {
  return tolerated(errorMargin);
}

function stepForecast(plan: Plan, weight: number, level: Level): StepForecast {
  const margin = marginAt(plan, weight);
  const gain = passGain(weight / 100, level.errorRate, margin);
  const evident = gain <= 0 ? undefined : Math.ceil((passFactor * Math.log(passOdds) * (weight / 100)) / gain);
  const wideGain = passGain(weight / 100, level.errorRate, Math.min(0.98, undecidedFactor * margin));
  const wide = (passFactor * Math.log(2 / (1 - intervalLevel))) / wideGain;
  const requests = evident === undefined ? undefined : Math.max(plan.minRequests, evident);
  return {
    weight,
    margin,
    requests,
    passMs: requests === undefined ? undefined : timeFor((requests * 100) / weight, level),
    wideMs: wideGain <= 0 ? undefined : timeFor(wide, level),
    doubleMs: harmMs(plan, weight, level, 2 * level.errorRate),
    pointMs: harmMs(plan, weight, level, level.errorRate + point),
    fiveMs: harmMs(plan, weight, level, level.errorRate + 5 * point),
  };
}

/** What one request, of either version, tells against the margin when both are alike. */
function passGain(share: number, rate: number, margin: number): number {
  if (share >= 1) return trialRatio({ n: 1, x: rate }, rate, likePast(rate, margin));
  return logRatio(expected(share, rate, rate), { canary: rate, stable: rate }, { factor: 1, offset: margin });
}

function harmMs(plan: Plan, weight: number, level: Level, canary: number): Millis | undefined {
  const share = weight / 100;
  const gain = harmGain(plan, share, level.errorRate, Math.min(0.98, canary));
  if (gain <= 0) return undefined;
  const reporters = reporterShares(['source', 'destination']);
  const needed = Math.log(1 / (plan.falseRollback * gateShares.errors * reporters.source));
  const time = timeFor((harmFactor * needed) / gain, level);
  if (time === undefined) return undefined;
  return Math.max(leastHarmMs, time) + (weight === plan.steps[0] ? warmUpMs / 2 : 0);
}

/** What one request tells against "no worse than is tolerated" when the canary is worse. */
function harmGain(plan: Plan, share: number, stable: number, canary: number): number {
  if (share >= 1) {
    const limit = likePast(stable, marginAt(plan, 100));
    return canary <= limit ? 0 : trialRatio({ n: 1, x: canary }, canary, limit);
  }
  const offset = tolerated(plan.errorMargin);
  if (canary <= stable + offset) return 0;
  return logRatio(expected(share, canary, stable), { canary, stable }, { factor: 1, offset });
}

/** One request as it is on average. */
function expected(share: number, canary: number, stable: number) {
  return { canary: { n: share, x: share * canary }, stable: { n: 1 - share, x: (1 - share) * stable } };
}

/** At weight 100: what a stable that was seen for long is granted. */
function likePast(rate: number, margin: number): number {
  return pastLimit(beginDuel({ n: 10_000, x: 10_000 * rate }), margin);
}

function timeFor(requests: number, { perSecond }: Level): Millis | undefined {
  return perSecond <= 0 ? undefined : Math.round((requests / perSecond) * 1_000);
}

/**
 * Evidence of harm is added up over the steps, each of which lasts as long as for a good release; one that never passes is left as
 * `on-undecided` says, and where that is to hold it goes on counting. What is not seen by the end of the last step is promoted.
 */
function seenAfter(
  plan: Plan,
  steps: readonly StepForecast[],
  timeOf: (step: StepForecast) => Millis | undefined,
): Millis | undefined {
  let missing = 1;
  let before = 0;
  for (const step of steps) {
    const alone = timeOf(step);
    const length = lasts(plan, step);
    const left = alone === undefined ? undefined : missing * alone;
    // A step that is held goes on counting.
    const most = length ?? (plan.onUndecided === 'rollback' ? plan.maxBakeMs : Number.POSITIVE_INFINITY);
    if (left !== undefined && left <= most) return Math.round(before + left);
    if (length === undefined) return undefined;
    missing -= alone === undefined ? 0 : length / alone;
    before += length;
  }
  return undefined;
}

function plus(sum: Millis | undefined, more: Millis | undefined): Millis | undefined {
  return sum === undefined || more === undefined ? undefined : sum + more;
}
