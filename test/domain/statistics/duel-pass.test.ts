import { describe, expect, test } from 'vitest';
import { intervalOf } from '../../../src/domain/statistics/bounds.ts';
import {
  beginDuel,
  type Duel,
  enterDuelStep,
  fight,
  fineOf,
  harmOf,
  isFine,
  pastLimit,
} from '../../../src/domain/statistics/duel.ts';
import { binomial, seeded } from './draws.ts';
import { hundred, play, slotMs, swing, terms } from './duel-play.ts';

describe('the evidence that the canary is not worse than the margin', () => {
  test('passes at most 10 of 100 releases that are worse by exactly the margin', () => {
    const worse = { perSlot: 150, weight: 0.25, stable: () => 0.005, canary: () => 0.005 + terms.margin };
    const [runs, promised] = [400, 1 / 10];
    let passed = 0;
    for (let seed = 0; seed < runs; seed++) if (isFine(play(worse, 100, seed, isFine))) passed++;

    expect(passed).toBeLessThanOrEqual(runs * promised + 2 * Math.sqrt(runs * promised * (1 - promised)));
  });

  test('takes odds of 10 to 1, and no more', () => {
    const equal = { perSlot: 20, weight: 0.1, stable: () => 0.005, canary: () => 0.005 };
    let before = 0;

    const duel = play(equal, 400, 1, (stand) => {
      if (isFine(stand)) return true;
      before = fineOf(stand);
      return false;
    });

    expect(isFine(duel)).toBe(true);
    expect(fineOf(duel)).toBeGreaterThanOrEqual(Math.log(10));
    expect(before).toBeLessThan(Math.log(10));
    expect(fineOf(duel)).toBeLessThan(Math.log(15));
  });

  test('passes an equal release soon', () => {
    const equal = { perSlot: 150, weight: 0.1, stable: () => 0.005, canary: () => 0.005 };
    const needed = Array.from({ length: 40 }, (_, seed) => {
      let at = 0;
      play(equal, 200, seed, (duel, slot) => {
        at = slot + 1;
        return isFine(duel);
      });
      return at;
    });

    expect(needed.reduce((sum, one) => sum + one, 0) / needed.length).toBeLessThan(17);
  });

  test('begins anew at every step, while the evidence of harm goes on', () => {
    const service = { perSlot: 150, weight: 0.25, stable: () => 0.005, canary: () => 0.02 };
    const before = play(service, 6, 1, () => false);

    const after = enterDuelStep(before);

    expect(after.fine).toEqual([0, 0]);
    expect(after.canary).toEqual({ n: 0, x: 0 });
    expect(after.harm.logs[0]).toBeGreaterThanOrEqual(before.harm.logs[0] ?? 0);
    expect(after.past).toEqual(before.past);
  });
});

describe('the interval for the difference', () => {
  test.each([0, 0.01])('contains a difference of %d at all times in at least 95 of 100 services', (lift) => {
    const service = { perSlot: 600, weight: 0.2, stable: swing, canary: (slot: number) => swing(slot) + lift };
    let missed = 0;
    for (let seed = 0; seed < 200; seed++) {
      let out = false;
      play(service, 120, seed, ({ bounds }) => {
        const { low, high } = intervalOf(bounds, terms.scale);
        out = out || low > lift || high < lift;
        return out;
      });
      if (out) missed++;
    }

    expect(missed).toBeLessThanOrEqual(10);
  });

  test('narrows to a percentage point on either side within half an hour of 10 requests a second', () => {
    const equal = { perSlot: 150, weight: 0.1, stable: () => 0.005, canary: () => 0.005 };

    const { low, high } = intervalOf(play(equal, 120, 4, () => false).bounds, terms.scale);

    expect(low).toBeGreaterThanOrEqual(-0.01);
    expect(high).toBeLessThanOrEqual(0.015);
  });
});

describe('a canary that has all of the traffic', () => {
  const alone = { ...terms, margin: 0.005, alone: true };
  const before = { n: 10_000, x: 50 };
  const slots = (rate: number): Duel => {
    const random = seeded(9);
    let duel = enterDuelStep(beginDuel(before));
    for (let slot = 0; slot < 20; slot++) {
      const canary = { n: 300, x: binomial(random, 300, rate) };
      duel = fight(duel, { canary, stable: { n: 0, x: 0 } }, alone, slotMs);
    }
    return duel;
  };

  test("is held against half as much again as stable's past, and the margin", () => {
    expect(pastLimit(beginDuel(before), 0.005)).toBeCloseTo(1.5 * 0.00659 + 0.005, 4);
  });

  test('passes when it fails as often as stable did', () => {
    expect(isFine(slots(0.005))).toBe(true);
    expect(harmOf(slots(0.005))).toBeLessThan(0);
  });

  test('neither passes nor is condemned when it fails up to ten points more often: stable may have done so too', () => {
    for (const rate of [0.05, pastLimit(beginDuel(before), alone.margin) + 0.09]) {
      expect(isFine(slots(rate))).toBe(false);
      expect(harmOf(slots(rate))).toBeLessThan(0);
    }
  });

  test('is condemned when it fails thirty points more often', () => {
    expect(harmOf(slots(0.305))).toBeGreaterThan(hundred);
    expect(isFine(slots(0.305))).toBe(false);
  });
});
