import { describe, expect, test } from 'vitest';
import { evidenceAgainst, rateBounds } from '../../../src/domain/statistics/rate-bounds.ts';
import { seeded } from './draws.ts';

describe('the bounds of one rate', () => {
  test('are those that confseq publishes for 700 of 1,000, sharpest at 100', () => {
    const { low, high } = rateBounds({ n: 1_000, x: 700 }, 0.95, 100);

    expect(low).toBeCloseTo(0.651629, 5);
    expect(high).toBeCloseTo(0.745949, 5);
  });

  test('contain the rate at all times in at least 95 of 100 services that are watched at every request', () => {
    const missed = Array.from({ length: 400 }, (_, seed) => {
      const random = seeded(seed);
      let x = 0;
      for (let n = 1; n <= 2_000; n++) {
        if (random() < 0.02) x++;
        if (evidenceAgainst({ n, x }, 0.02, 100) >= Math.log(20)) return true;
      }
      return false;
    });

    expect(missed.filter(Boolean).length).toBeLessThanOrEqual(20);
  });

  test('leave everything open while nothing was seen', () => {
    expect(rateBounds({ n: 0, x: 0 }, 0.95)).toEqual({ low: 0, high: 1 });
  });

  test('tell a rate of zero from none', () => {
    expect(evidenceAgainst({ n: 10, x: 1 }, 0, 100)).toBe(Number.POSITIVE_INFINITY);
    expect(evidenceAgainst({ n: 10, x: 10 }, 1, 100)).toBe(0);
  });
});
