import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { warming, warmUpOf } from '../../../src/domain/gates/warm-up.ts';
import { beginEvidence, beginStep } from '../../../src/domain/judge.ts';
import { logNormal } from '../statistics/timings.ts';
import { timedBefore, timedSlots } from './latency-slots.ts';
import { aContext, lastOf, looksAt, origin, slotMs } from './readings.ts';

describe('The warm-up of a canary', () => {
  test.each([
    [10_000, 5_000],
    [30_000, 15_000],
    [90_000, 45_000],
    [120_000, 60_000],
    [121_000, 60_000],
    [3_600_000, 60_000],
  ])('under a bake of %d ms lasts %d ms: a minute, and half of the bake at most', (bakeMs, warmUpMs) => {
    expect(warmUpOf({ bakeMs })).toBe(warmUpMs);
  });

  test('leaves at least half of any bake to be judged, and is over after as much time as it lasts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000_000 }), (bakeMs) => {
        const lasts = warmUpOf({ bakeMs });

        expect(lasts).toBeLessThanOrEqual(bakeMs / 2);
        expect(lasts).toBeLessThanOrEqual(60_000);
        expect([bakeMs / 2, 60_000]).toContain(lasts);
        expect(warming(lasts, { bakeMs })).toBe(60_000);
        expect(warming(bakeMs, { bakeMs })).toBeGreaterThanOrEqual(60_000);
      }),
    );
  });

  test('counts a slot by its length, and the more the shorter it is itself', () => {
    expect(warming(slotMs, { bakeMs: 120_000 })).toBe(15_000);
    expect(warming(slotMs, { bakeMs: 600_000 })).toBe(15_000);
    expect(warming(slotMs, { bakeMs: 60_000 })).toBe(30_000);
    expect(warming(slotMs, { bakeMs: 30_000 })).toBe(60_000);
  });

  test.each([
    ['2m', 120_000, 4, '1m'],
    ['1m', 60_000, 2, '30s'],
    ['30s', 30_000, 1, '15s'],
  ])('times no request for as long: a bake of %s', (_, bakeMs, untimed, told) => {
    const usual = logNormal(80, 0.6);
    const traffic = { canary: usual, stable: usual, canaryRequests: 150, stableRequests: 1_350, slots: 6 };
    const evidence = beginStep(beginEvidence(origin, timedBefore(usual, 20_000)), origin);
    const looks = looksAt(timedSlots(traffic), aContext({ bakeMs }), evidence);
    const requests = looks.map((_each, index) => lastOf('latency', looks.slice(0, index + 1)).numbers?.canary.requests);

    expect(requests.findIndex((count) => (count ?? 0) > 0)).toBe(untimed);
    expect(lastOf('latency', looks.slice(0, 1)).message).toContain(`the first ${told} of its traffic are not`);
  });
});
