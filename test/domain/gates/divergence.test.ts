import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beyondChance, evidenceAbove, evidenceOfExcess } from '../../../src/domain/gates/divergence.ts';

const trials = fc
  .integer({ min: 1, max: 5_000 })
  .chain((n) => fc.record({ n: fc.constant(n), x: fc.integer({ min: 0, max: n }) }));

/** The same minimum by looking everywhere. */
function bySearch(canary: { n: number; x: number }, stable: { n: number; x: number }, margin: number): number {
  const kl = (p: number, q: number): number =>
    (p > 0 ? p * Math.log(p / q) : 0) + (p < 1 ? (1 - p) * Math.log((1 - p) / (1 - q)) : 0);
  const steps = 20_000;
  let least = Number.POSITIVE_INFINITY;
  for (let step = 1; step < steps; step++) {
    const qs = ((1 - margin) * step) / steps;
    least = Math.min(least, canary.n * kl(canary.x / canary.n, qs + margin) + stable.n * kl(stable.x / stable.n, qs));
  }
  return least;
}

describe('Evidence of an excess', () => {
  test.each([
    [{ n: 1_000, x: 60 }, { n: 9_000, x: 90 }, 0.005],
    [{ n: 100, x: 100 }, { n: 900, x: 0 }, 0.005],
    [{ n: 500, x: 12 }, { n: 500, x: 3 }, 0],
    [{ n: 4_000, x: 300 }, { n: 100, x: 1 }, 0.05],
  ])('of %o over %o is the least divergence from the margin line', (canary, stable, margin) => {
    const evidence = evidenceOfExcess(canary, stable, margin);
    const searched = bySearch(canary, stable, margin);

    expect(Math.abs(evidence - searched)).toBeLessThan(0.02 + searched * 0.002);
  });

  test('is nothing unless the canary looks worse than the margin', () => {
    fc.assert(
      fc.property(trials, trials, fc.constantFrom(0, 0.005, 0.05), (canary, stable, margin) => {
        const worse = canary.x / canary.n - stable.x / stable.n > margin;

        expect(evidenceOfExcess(canary, stable, margin) > 0).toBe(worse);
      }),
    );
  });

  test('grows with every further failure of the canary, and shrinks as the margin widens', () => {
    fc.assert(
      fc.property(trials, trials, (canary, stable) => {
        const failedMore = { n: canary.n, x: Math.min(canary.n, canary.x + 1) };
        const evidence = evidenceOfExcess(canary, stable, 0.005);

        expect(evidenceOfExcess(failedMore, stable, 0.005)).toBeGreaterThanOrEqual(evidence - 1e-6);
        expect(evidenceOfExcess(canary, stable, 0.02)).toBeLessThanOrEqual(evidence + 1e-6);
        expect(Number.isFinite(evidence)).toBe(true);
      }),
    );
  });
});

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
