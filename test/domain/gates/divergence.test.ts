import { describe, expect, test } from 'vitest';
import { beyondChance, evidenceAbove } from '../../../src/domain/gates/divergence.ts';

describe('Evidence above a limit', () => {
  test('is n KL(p||limit), and nothing at or under the limit', () => {
    const seen = evidenceAbove({ n: 1_000, x: 20 }, 0.01);

    expect(seen).toBeCloseTo(1_000 * (0.02 * Math.log(2) + 0.98 * Math.log(0.98 / 0.99)), 9);
    expect(evidenceAbove({ n: 1_000, x: 10 }, 0.01)).toBe(0);
    expect(evidenceAbove({ n: 0, x: 0 }, 0.01)).toBe(0);
    expect(evidenceAbove({ n: 10, x: 1 }, 0)).toBeGreaterThan(6);
  });
});

describe('What chance does not explain', () => {
  test.each([
    [{ n: 1_000, x: 5 }, { n: 0, x: 0 }, 5],
    [{ n: 1_000, x: 5 }, { n: 9_000, x: 0 }, 5],
    [{ n: 1_000, x: 12 }, { n: 1_000_000, x: 9_000 }, 0],
    [{ n: 1_000, x: 40 }, { n: 1_000_000, x: 9_000 }, 21],
    [{ n: 1_000, x: 40 }, { n: 1_000, x: 9 }, 18],
    [{ n: 1_000, x: 40 }, { n: 100, x: 1 }, 0],
  ])('of %o beside a level of %o is %i', (seen, usual, beyond) => {
    expect(beyondChance(seen, usual)).toBe(beyond);
  });
});
