import { describe, expect, test } from 'vitest';
import type { Reporter } from '../../../src/domain/evidence.ts';
import type { GateContext, GateSlot } from '../../../src/domain/gate.ts';
import { latencyGate } from '../../../src/domain/gates/latency.ts';
import { timedBurstsIn } from '../../../src/domain/gates/latency-before.ts';
import { phiIn } from '../../../src/domain/gates/latency-bursts.ts';
import type { LatencyState } from '../../../src/domain/gates/latency-state.ts';
import type { LatencyLimit, Plan } from '../../../src/domain/plan.ts';
import { seeded } from '../statistics/draws.ts';
import { drawn, istioBounds, logNormal, type Survival, shapeBy } from '../statistics/timings.ts';
import { aTimedSlot, rowsOfTimes } from './latency-slots.ts';
import { aContext } from './readings.ts';

const usual = logNormal(80, 0.6);
const all: readonly Reporter[] = ['source', 'waypoint', 'destination'];

function contextOf(plan: Partial<Plan> = {}, weight = 10, countedMs = 600_000): GateContext {
  return { ...aContext(plan, { weight }), countedMs, slight: {} };
}

function buckets(random: () => number, requests: number, survival: Survival, bounds = istioBounds) {
  const rows = rowsOfTimes('any', drawn(random, requests, shapeBy(survival, bounds), bounds));
  return Object.fromEntries(rows.map(({ bound, count }) => [String(bound), count]));
}

/** Slots of one drawing, the canary having a tenth of the requests. */
function slotsOf(
  count: number,
  perSlot: number,
  canary: Survival,
  reporters: readonly Reporter[],
  bounds = istioBounds,
) {
  const random = seeded(7);
  return Array.from({ length: count }, (): GateSlot => {
    const each = reporters.map((reporter) => [
      reporter,
      { canary: buckets(random, perSlot / 10, canary, bounds), stable: buckets(random, perSlot, usual, bounds) },
    ]);
    return { widthMs: 15_000, inStep: true, counts: {}, buckets: Object.fromEntries(each) };
  });
}

function counted(slots: readonly GateSlot[], context: GateContext, from = begun()): LatencyState {
  return slots.reduce((state, slot) => latencyGate.count(state, slot, context), from);
}

function begun(): LatencyState {
  const past = { 'shop/cart-v1': buckets(seeded(3), 5_000, usual) };
  return latencyGate.beginStep(latencyGate.begin({ tallies: {}, bursts: {}, buckets: { source: past } }));
}

describe('The memory of the latency gate', () => {
  const limits: readonly LatencyLimit[] = [500, 700, 900, 1_000].map((millis) => ({
    kind: 'absolute',
    quantile: 0.99,
    millis,
    text: `p99<${millis}ms`,
  }));

  test('survives being saved, with the same verdict and the same evidence', () => {
    const context = contextOf({ maxLatency: limits.slice(0, 2) });
    const state = counted(slotsOf(20, 500, logNormal(90, 0.6), ['source', 'destination']), context);
    const revived = latencyGate.revive(JSON.parse(JSON.stringify(state)));

    expect(revived).toEqual(state);
    expect(
      latencyGate.revive({ ...state, reporters: { source: { ...state.reporters.source, usual: [1] } } }),
    ).toBeUndefined();
    expect(latencyGate.revive({ reporters: {} })).toBeUndefined();
  });

  test('stays below 12 KiB with 48 bounds, three reporters and four limits', () => {
    const bounds = Array.from({ length: 47 }, (_, k) => Number((10 * 1.15 ** k).toFixed(2)));
    const state = counted(
      slotsOf(150, 3_000, usual, all, bounds),
      contextOf({ maxLatency: limits }),
      latencyGate.begin(),
    );

    expect(Object.keys(state.reporters)).toHaveLength(3);
    expect(JSON.stringify(state).length).toBeLessThan(12 * 1_024);
  });

  test('counts the same whether it is saved in between or not', () => {
    const context = contextOf();
    const slots = slotsOf(16, 300, logNormal(110, 0.6), ['source']);
    const saved = slots.reduce<LatencyState>((state, slot) => {
      const revived = latencyGate.revive(JSON.parse(JSON.stringify(latencyGate.count(state, slot, context))));
      if (revived === undefined) throw new Error('What was saved could not be read.');
      return revived;
    }, begun());

    expect(saved).toEqual(counted(slots, context));
  });

  test('keeps the evidence of harm over a step, and begins the pass anew', () => {
    const context = contextOf();
    const state = counted(slotsOf(12, 300, logNormal(95, 0.6), ['source']), context);
    const next = latencyGate.beginStep(state);

    expect(latencyGate.harm?.logE(next)).toBeCloseTo(latencyGate.harm?.logE(state) ?? 0, 0);
    expect(next.reporters.source?.contests.flatMap(({ fine }) => fine)).toEqual([]);
    expect(next.reporters.source?.canary.every((count) => count === 0)).toBe(true);
  });

  test('takes a slot outside the step for what it tells of stable only', () => {
    const outside = slotsOf(12, 300, logNormal(400, 0.6), ['source']).map((slot) => ({ ...slot, inStep: false }));
    const state = counted(outside, contextOf());

    expect(latencyGate.harm?.logE(state)).toBeCloseTo(0, 3);
    expect(state.reporters.source?.usual).not.toEqual(begun().reporters.source?.usual);
  });
});

describe('Bursts before the rollout', () => {
  const bursty = (slots: number) =>
    Array.from({ length: slots }, (_, index) => {
      const counts = shapeBy(usual).map((share) => Math.round(share * 1_000));
      const slow = istioBounds.indexOf(1_000);
      const times = counts.map((count, k) => count + (k === slow && index % 5 === 0 ? 60 : 0));
      return aTimedSlot(index, rowsOfTimes('cart-v1', { bounds: istioBounds, counts: times }));
    });
  const past = { source: { 'shop/cart-v1': buckets(seeded(3), 5_000, usual) } };

  test('are measured, and temper what the first slots say', () => {
    const timedBursts = timedBurstsIn(past, bursty(20));
    const calm = timedBurstsIn(past, slotsBefore(20));

    expect(timedBursts.source?.['shop/cart-v1']?.map(({ bound }) => bound)).toEqual([250, 500]);
    expect(phiIn(timedBursts.source?.['shop/cart-v1'] ?? [])).toBeGreaterThan(20);
    expect(phiIn(calm.source?.['shop/cart-v1'] ?? [])).toBe(1);
  });

  test('are kept with the state until the first slot tells which workload is stable', () => {
    const timedBursts = timedBurstsIn(past, bursty(20));
    const before = { tallies: {}, bursts: {}, buckets: past, timedBursts };
    const state = latencyGate.begin(before);
    const revived = latencyGate.revive(JSON.parse(JSON.stringify(state)));
    const next = counted(slotsOf(1, 300, usual, ['source']), contextOf(), state);

    expect(revived).toEqual(state);
    expect(phiIn(next.reporters.source?.bursts ?? [])).toBeGreaterThan(20);
  });

  function slotsBefore(count: number) {
    const random = seeded(11);
    return Array.from({ length: count }, (_, index) =>
      aTimedSlot(index, rowsOfTimes('cart-v1', drawn(random, 1_000, shapeBy(usual)))),
    );
  }
});

describe('The evidence of harm over a rollout', () => {
  const seeds = process.env['SERIN_LONG'] === '1' ? 1_000 : 60;

  /** The greatest evidence that an equal or slower release shows in the looks of two steps. */
  function greatest(seed: number, canary: Survival, perSlot: number, shift: (slot: number) => Survival = () => usual) {
    const random = seeded(seed);
    const harm = latencyGate.harm;
    let state = begun();
    let most = 0;
    for (const [step, weight] of [10, 50].entries()) {
      if (step > 0) state = latencyGate.beginStep(state);
      for (let slot = 0; slot < 30; slot++) {
        const [mine, theirs] = [(perSlot * weight) / 100, (perSlot * (100 - weight)) / 100];
        const now = shift(slot);
        const pair = {
          canary: buckets(random, mine, canary === usual ? now : canary),
          stable: buckets(random, theirs, now),
        };
        const counts = { widthMs: 15_000, inStep: true, counts: {}, buckets: { source: pair } };
        state = latencyGate.count(state, counts, contextOf({}, weight));
        most = Math.max(most, harm?.logE(state) ?? 0);
      }
    }
    return most;
  }

  test.each([
    ['at thin traffic', 15, undefined],
    ['at much traffic', 1_500, undefined],
    ['while both drift', 600, (slot: number) => logNormal(80 * (1 + 0.3 * Math.sin(slot / 5)), 0.6)],
    ['in an incident of both', 600, (slot: number) => logNormal(slot > 10 && slot < 20 ? 240 : 80, 0.7)],
  ])('never reaches the odds that roll back for equal releases %s', (_, perSlot, shift) => {
    const found = Array.from({ length: seeds }, (__, seed) => greatest(seed + 1, usual, perSlot, shift));

    expect(found.filter((most) => most >= Math.log(250)).length).toBeLessThanOrEqual(0.01 * seeds);
  });

  test.each([
    ['slower by half', logNormal(120, 0.6)],
    ['slower in the body only', (time: number) => (time < 60 ? Math.max(usual(time), 0.9) : usual(time))],
  ])('reaches them for releases that are %s', (_, canary) => {
    const found = Array.from({ length: 10 }, (__, seed) => greatest(seed + 1, canary, 600));

    expect(Math.min(...found)).toBeGreaterThan(Math.log(250));
  });
});
