import { describe, expect, it } from 'vitest';
import type { SlotReading } from '../../src/domain/evidence.ts';
import { defaultPlan } from '../../src/domain/plan.ts';
import { eventsOf, lostSlots, type Past, replay } from '../../src/domain/replay.ts';
import { beforeBoth, halvesOf, splitInTime } from '../../src/domain/replay-split.ts';
import { aBefore, aDownReading, aReading, aRow, origin, rowsOf, slotMs, steadily, subject } from './gates/readings.ts';

const before = aBefore(rowsOf({ stable: [9_000, 45] }));

/** A past with much traffic, judged with the default plan unless said otherwise. */
function aPast(readings: readonly SlotReading[], parts: Partial<Past> = {}): Past {
  return { subject, plan: defaultPlan, before, readings, ...parts };
}

describe('a replay', () => {
  it('promotes a canary that fails as often as stable, step after step, each after its bake', () => {
    const done = replay(aPast(steadily(200, { canary: [3_000, 15], stable: [3_000, 15] })));

    const events = eventsOf(done ?? expect.fail('Nothing was replayed.'));
    expect(events.map(({ kind }) => kind)).toEqual(['begun', 'advanced', 'advanced', 'advanced', 'promoted']);
    expect(events.map(({ weight }) => weight)).toEqual([10, 10, 25, 50, 100]);
    const times = events.slice(1).map(({ time }) => time);
    expect(times.every((time, index) => time - (times[index - 1] ?? origin) >= defaultPlan.bakeMs)).toBe(true);
  });

  it('rolls back a canary that fails far more often, within a few slots, and ends there', () => {
    const bad = steadily(40, { canary: [300, 60], stable: [2_700, 13] });

    const done = replay(aPast(bad)) ?? expect.fail('Nothing was replayed.');

    expect(done.end).toMatchObject({ kind: 'rolledBack', step: 0, weight: 10, reason: 'ErrorRateWorse' });
    expect(done.looks.length).toBeLessThan(10);
    expect(done.end.time).toBe(origin + done.looks.length * slotMs);
  });

  it('ends held when max-bake is over without a verdict, and says so once', () => {
    const thin = steadily(80, { canary: [1, 0], stable: [9, 0] });

    const plan = { ...defaultPlan, onUndecided: 'hold' as const };
    const done = replay(aPast(thin, { plan })) ?? expect.fail('Nothing was replayed.');

    expect(done.end.kind).toBe('held');
    const held = eventsOf(done).filter(({ kind }) => kind === 'held');
    expect(held[0]?.time).toBe(origin + defaultPlan.maxBakeMs);
  });

  it('leaves a step of a thin past by the wider margin when max-bake is over, and says so, unless the plan says hold', () => {
    const thin = aPast(steadily(150, { canary: [15, 0], stable: [15, 0] }));

    const events = eventsOf(replay(thin) ?? expect.fail('Nothing was replayed.'));
    const waiting = replay({ ...thin, plan: { ...defaultPlan, onUndecided: 'hold' } });

    const late = events.findIndex(({ message }) => message.includes('harm beyond five times the margin is excluded'));
    const before = events[late - 1]?.time ?? expect.fail('No step was left by the wider margin.');
    expect(events[late]).toMatchObject({ kind: 'advanced', weight: 50, time: before + defaultPlan.maxBakeMs });
    expect(events.map(({ kind }) => kind)).not.toContain('held');
    expect(eventsOf(waiting ?? expect.fail('Nothing was replayed.'))).toContainEqual(
      expect.objectContaining({ kind: 'held', weight: 50, time: before + defaultPlan.maxBakeMs }),
    );
  });

  it('is promoted by its gates, or by on-undecided where the last step runs out of time', () => {
    const byGates = replay(aPast(steadily(200, { canary: [3_000, 15], stable: [3_000, 15] })));
    const plan = { ...defaultPlan, steps: [100] as const, minRequests: 1_000_000 };
    const byTime = replay(aPast(steadily(80, { canary: [300, 1], stable: [0, 0] }), { plan }));

    expect(byGates?.end).toMatchObject({ kind: 'promoted', reason: 'GatesPassed' });
    expect(byTime?.end).toMatchObject({ kind: 'promoted', reason: 'AdvancedUndecided' });
  });

  it('is still under way when the past ends before max-bake', () => {
    const done = replay(aPast(steadily(4, { canary: [10, 0], stable: [90, 0] })));

    expect(done?.end).toMatchObject({ kind: 'underWay', step: 0, time: origin + 4 * slotMs });
  });

  it('judges neither the share of the traffic nor pods, and no custom gates', () => {
    const done = replay(aPast(steadily(4, { canary: [90, 0], stable: [10, 0] })));

    const gates = new Set(done?.looks.flatMap(({ verdicts }) => verdicts.map(({ gate }) => gate)));
    expect(gates.has('errors')).toBe(true);
    expect([...gates].filter((gate) => ['traffic', 'health'].includes(gate))).toEqual([]);
  });

  it('runs out no bake while slots cannot be read, and counts them as lost', () => {
    const down = Array.from({ length: 80 }, (_, index) => aDownReading(index));

    const done = replay(aPast(down)) ?? expect.fail('Nothing was replayed.');

    expect(done.end.kind).toBe('underWay');
    expect(lostSlots(done)).toBe(80);
  });

  it('judges although the plan says analysis off', () => {
    const plan = { ...defaultPlan, analysis: 'off' as const };

    const done = replay(aPast(steadily(40, { canary: [300, 60], stable: [2_700, 13] }), { plan }));

    expect(done?.end.kind).toBe('rolledBack');
  });

  it('tells how many requests each slot had, once, whoever counted them', () => {
    const both = aReading(
      0,
      { canary: [10, 1], stable: [90, 0] },
      { reporter: 'destination', canary: [9, 0], stable: [80, 0] },
    );

    expect(replay(aPast([both]))?.looks[0]?.requests).toEqual({ canary: 10, stable: 90 });
  });

  it('is nothing without a slot', () => {
    expect(replay(aPast([]))).toBeUndefined();
  });
});

describe('a workload split in time', () => {
  const own = { ...subject, stable: 'cart', canary: 'cart' };
  const halves = halvesOf(own, 'cart');
  const slotOf = (index: number, requests: number, failed: number): SlotReading => ({
    ...aReading(index),
    requests: [
      aRow({ workload: 'cart', count: requests - failed }),
      aRow({ workload: 'cart', code: '503', count: failed }),
      aRow({ workload: 'unknown', namespace: 'unknown', code: '503', flags: 'UH', count: 1 }),
    ],
  });

  it('lays the slots before the moment under those after it, each under its own half', () => {
    const readings = [slotOf(0, 10, 0), slotOf(1, 11, 0), slotOf(2, 12, 6), slotOf(3, 13, 6)];

    const split = splitInTime(readings, origin + 2 * slotMs, 'cart', halves);

    const sums = split.map((reading) =>
      reading.kind === 'data'
        ? [halves.stable, halves.canary, 'unknown'].map((name) =>
            reading.requests.filter(({ workload }) => workload === name).reduce((sum, { count }) => sum + count, 0),
          )
        : [],
    );
    expect(sums).toEqual([
      [10, 12, 1],
      [11, 13, 1],
    ]);
    expect(split.map(({ slot }) => slot.start)).toEqual([origin + 2 * slotMs, origin + 3 * slotMs]);
  });

  it('has as many slots as the shorter half, and leaves the one that is cut to neither', () => {
    const readings = Array.from({ length: 9 }, (_, index) => slotOf(index, 10, 0));

    expect(splitInTime(readings, origin + 2.5 * slotMs, 'cart', halves)).toHaveLength(2);
    expect(splitInTime(readings, origin + 7 * slotMs, 'cart', halves)).toHaveLength(2);
  });

  it('cannot be read where either half cannot', () => {
    const readings = [aDownReading(0), slotOf(1, 10, 0), slotOf(2, 10, 0), aDownReading(3)];

    const split = splitInTime(readings, origin + 2 * slotMs, 'cart', halves);

    expect(split.map(({ kind }) => kind)).toEqual(['sourceDown', 'sourceDown']);
    expect(split[0]?.slot.start).toBe(origin + 2 * slotMs);
  });

  it('finds a release that made it worse', () => {
    const readings = Array.from({ length: 40 }, (_, index) => slotOf(index, 300, index < 20 ? 1 : 60));
    const stretch = splitInTime(readings, origin + 20 * slotMs, 'cart', halves);

    const done = replay({
      subject: halves,
      plan: defaultPlan,
      before: beforeBoth(slotOf(0, 3_000, 10), 'cart', halves),
      readings: stretch,
    });

    expect(done?.end).toMatchObject({ kind: 'rolledBack', reason: 'ErrorRateWorse' });
  });
});
