import { describe, expect, test } from 'vitest';
import { evidenceOfMismatch } from '../../../src/domain/statistics/share.ts';
import { seeded } from './draws.ts';

describe('the evidence that traffic is not split as the weights say', () => {
  test('reaches a thousand to one in none of 200 services that are, looking at every request', () => {
    const alarms = Array.from({ length: 200 }, (_, seed) => {
      const random = seeded(seed);
      let x = 0;
      for (let n = 1; n <= 2_000; n++) {
        if (random() < 0.1) x++;
        if (evidenceOfMismatch({ n, x }, 0.1, 0.1) >= Math.log(1_000)) return true;
      }
      return false;
    });

    expect(alarms.filter(Boolean)).toEqual([]);
  });

  test('reaches it soon where the canary receives a quarter instead of a tenth', () => {
    expect(evidenceOfMismatch({ n: 400, x: 100 }, 0.08, 0.12)).toBeGreaterThan(Math.log(1_000));
    expect(evidenceOfMismatch({ n: 20, x: 5 }, 0.08, 0.12)).toBeLessThan(Math.log(1_000));
  });

  test('is nothing within the span, and of nothing', () => {
    expect(evidenceOfMismatch({ n: 1_000, x: 119 }, 0.08, 0.12)).toBe(0);
    expect(evidenceOfMismatch({ n: 0, x: 0 }, 0.08, 0.12)).toBe(0);
  });
});
