import { describe, expect, it } from 'vitest';
import { forecastOf, type Level, lasts, marginFor, passesInTime, rateFor } from '../../src/domain/forecast.ts';
import { beginEvidence, beginStep, judge } from '../../src/domain/judge.ts';
import { defaultPlan, type Plan } from '../../src/domain/plan.ts';
import { aBefore, aContext, aReading, origin, rowsOf, slotMs } from './gates/readings.ts';
import { binomial, poisson, seeded } from './statistics/draws.ts';

const level = { perSecond: 10, errorRate: 0.005 };
const holding: Plan = { ...defaultPlan, onUndecided: 'hold' };

describe('a forecast', () => {
  it('says of the pass what a request tells against the margin: published sizes, with the factor', () => {
    const [first, second, third] = forecastOf(defaultPlan, level).steps.map(({ requests }) => requests ?? 0);

    // At a rate of 0.5% a margin of 2 points takes 193 canary requests at 10%, 1 point 544 at 25%, 0.5 points 2,025 at 50% (Wald, odds of 10 to 1).
    expect([first, second, third].map((requests) => Math.round((requests ?? 0) / 1.2))).toEqual([193, 544, 2025]);
  });

  it('takes ten times as long at a tenth of the traffic', () => {
    const [fast, slow] = [level, { ...level, perSecond: 1 }].map(
      (each) => forecastOf(defaultPlan, each).steps[0]?.passMs ?? 0,
    );

    expect((slow ?? 0) / (fast ?? 1)).toBeCloseTo(10, 3);
  });

  it('is never shorter than the bake, nor than min-requests take', () => {
    const much = forecastOf(defaultPlan, { ...level, perSecond: 10_000 });
    const many = forecastOf({ ...defaultPlan, minRequests: 3_000 }, level);

    expect(much.promotedMs).toBe(4 * defaultPlan.bakeMs);
    expect(many.steps[0]?.passMs).toBe(3_000_000);
  });

  it('tells that a step is not decided in time, and what rate and margin would do', () => {
    const thin = { ...level, perSecond: 3 };
    const allPass = (plan: Plan, at: Level): boolean =>
      forecastOf(plan, at).steps.every((step) => passesInTime(plan, step));

    for (const plan of [defaultPlan, holding]) {
      expect(allPass(plan, thin)).toBe(false);
      const margin = marginFor(plan, thin) ?? expect.fail('No margin would do.');
      expect(allPass({ ...plan, errorMargin: margin }, thin)).toBe(true);
      const rates = plan.steps.map((weight) => rateFor(plan, weight, level.errorRate, plan.maxBakeMs) ?? 0);
      expect(allPass(plan, { ...level, perSecond: 1.01 * Math.max(...rates) })).toBe(true);
      expect(allPass(plan, { ...level, perSecond: 0.99 * Math.max(...rates) })).toBe(false);
    }
  });

  it('has a thin service promoted in the time of max-bake per step with advance, and not at all with hold or rollback', () => {
    const thin = { ...level, perSecond: 0.85 };
    const forecast = forecastOf(defaultPlan, thin);

    expect(forecast.steps.map((step) => passesInTime(defaultPlan, step))).toEqual([false, false, false, false]);
    expect(forecast.steps.map((step) => (step.wideMs ?? 0) < (step.passMs ?? 0))).toEqual([true, true, true, true]);
    expect(forecast.promotedMs).toBe(4 * defaultPlan.maxBakeMs);
    expect(forecastOf(holding, thin).promotedMs).toBeUndefined();
    expect(forecastOf({ ...defaultPlan, onUndecided: 'rollback' }, thin).promotedMs).toBeUndefined();
  });

  it('has a step whose wider margin takes longer than max-bake left then, and one that passes before that when it does', () => {
    const [first] = forecastOf(defaultPlan, { ...level, perSecond: 0.2 }).steps;
    const step = first ?? expect.fail('There is no step.');

    expect(step.wideMs).toBeGreaterThan(defaultPlan.maxBakeMs);
    expect(lasts(defaultPlan, step)).toBe(step.wideMs);
    expect(lasts(defaultPlan, { ...step, passMs: defaultPlan.maxBakeMs + 1 })).toBe(defaultPlan.maxBakeMs + 1);
    expect(lasts(defaultPlan, { ...step, wideMs: undefined })).toBeUndefined();
    expect(lasts(holding, step)).toBeUndefined();
  });

  it('sees five points of harm on a thin service before it is promoted, when one point is not seen', () => {
    const thin = { ...level, perSecond: 1 };
    const forecast = forecastOf(defaultPlan, thin);

    for (const { fiveMs, pointMs } of forecast.steps) expect(fiveMs).toBeLessThan(pointMs ?? 0);
    expect(forecast.pointSeenMs).toBeUndefined();
    expect(forecast.fiveSeenMs).toBeLessThan(forecast.promotedMs ?? 0);
    expect(forecast.fiveSeenMs).toBeGreaterThan(defaultPlan.maxBakeMs);
  });

  it('adds up evidence of harm over the steps, and sees nothing that is promoted before', () => {
    const forecast = forecastOf(defaultPlan, level);

    expect(forecast.steps[0]?.pointMs).toBeGreaterThan(lasts(defaultPlan, forecast.steps[0] ?? expect.fail()) ?? 0);
    expect(forecast.pointSeenMs).toBeGreaterThan(lasts(defaultPlan, forecast.steps[0] ?? expect.fail()) ?? 0);
    expect(forecast.pointSeenMs).toBeLessThan(forecast.promotedMs ?? 0);
    expect(forecast.doubleSeenMs).toBeUndefined();
  });

  it('goes on counting while a release is held, and not where it is rolled back instead', () => {
    const thin = { ...level, perSecond: 1 };

    expect(forecastOf(holding, thin).pointSeenMs).toBeGreaterThan(holding.maxBakeMs);
    expect(forecastOf({ ...defaultPlan, onUndecided: 'rollback' }, thin).pointSeenMs).toBeUndefined();
  });

  it('promises nothing without traffic', () => {
    const none = forecastOf(defaultPlan, { ...level, perSecond: 0 });

    expect([none.promotedMs, none.doubleSeenMs, none.fiveSeenMs]).toEqual([undefined, undefined, undefined]);
    expect([none.steps[0]?.passMs, none.steps[0]?.wideMs]).toEqual([undefined, undefined]);
  });

  it('finds no doubling of an error rate that is less than what is tolerated', () => {
    expect(forecastOf(defaultPlan, { perSecond: 1_000, errorRate: 0.0001 }).doubleSeenMs).toBeUndefined();
  });

  it('comes within a third of what the gate takes on average, for a pass and for a rollback', () => {
    const step = forecastOf(defaultPlan, { perSecond: 30, errorRate: 0.01 }).steps[1];

    const pass = meanTimeTo('pass', 0.01) / (step?.passMs ?? 0);
    const fail = meanTimeTo('fail', 0.02) / (step?.doubleMs ?? 0);

    for (const times of [pass, fail]) {
      expect(times).toBeGreaterThan(0.67);
      expect(times).toBeLessThan(1.5);
    }
  });
});

/** How long the gate takes at 30 requests a second and weight 25, when stable fails 1% of them: the mean of 40 runs. */
function meanTimeTo(verdict: 'pass' | 'fail', canaryRate: number): number {
  const random = seeded(20_260_105);
  const times = Array.from({ length: 40 }, () => timeTo(verdict, canaryRate, random));
  return times.reduce((a, b) => a + b, 0) / times.length;
}

function timeTo(verdict: 'pass' | 'fail', canaryRate: number, random: () => number): number {
  let evidence = beginStep(beginEvidence(origin, aBefore(rowsOf({ stable: [9_000, 90] }))), origin);
  for (let slot = 0; slot < 480; slot++) {
    const [canary, stable] = [poisson(random, 112.5), poisson(random, 337.5)];
    const seen = {
      canary: [canary, binomial(random, canary, canaryRate)],
      stable: [stable, binomial(random, stable, 0.01)],
    } as const;
    const judged = judge(evidence, [aReading(slot, seen)], aContext({}, { weight: 25 }));
    evidence = judged.evidence;
    if (judged.verdicts.some((each) => each.gate === 'errors' && each.verdict === verdict)) return (slot + 1) * slotMs;
  }
  throw new Error(`The gate has not come to ${verdict} in two hours.`);
}
