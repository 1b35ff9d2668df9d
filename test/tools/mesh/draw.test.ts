import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draw, normalDraw } from '../../../tools/mesh/draw.ts';

const SAMPLES = 20_000;
const seed = fc.integer({ min: 0, max: 0x7fffffff });

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('draw', () => {
  it('gives the same number for the same seed, request and purpose, in [0, 1)', () => {
    fc.assert(
      fc.property(seed, fc.maxSafeNat(), (chosen, n) => {
        const drawn = draw(chosen, n, 'split');

        expect(draw(chosen, n, 'split')).toBe(drawn);
        expect(drawn).toBeGreaterThanOrEqual(0);
        expect(drawn).toBeLessThan(1);
      }),
    );
  });

  it('fills every twentieth of the interval evenly, whatever the seed', () => {
    fc.assert(
      fc.property(seed, (chosen) => {
        const drawn = numbers(SAMPLES).map((n) => Math.floor(draw(chosen, n, 'split') * 20));

        const chiSquare = numbers(20)
          .map((cell) => drawn.filter((value) => value === cell).length)
          .reduce((sum, found) => sum + (found - SAMPLES / 20) ** 2 / (SAMPLES / 20), 0);

        // 19 degrees of freedom: exceeded by chance once in 10^9.
        expect(chiSquare).toBeLessThan(83);
      }),
      { numRuns: 30 },
    );
  });

  it('draws independently for each purpose of a request', () => {
    fc.assert(
      fc.property(seed, (chosen) => {
        const both = numbers(SAMPLES).filter((n) => draw(chosen, n, 'split') < 0.1 && draw(chosen, n, 'fault') < 0.1);

        // Binomial(20000, 0.01): six standard deviations are 84.
        expect(Math.abs(both.length - 200)).toBeLessThan(85);
      }),
      { numRuns: 30 },
    );
  });

  it('tells requests apart beyond 32 bits', () => {
    expect(draw(1, 5, 'split')).not.toBe(draw(1, 5 + 2 ** 32, 'split'));
  });
});

describe('normalDraw', () => {
  it('has mean 0 and standard deviation 1', () => {
    const drawn = numbers(SAMPLES).map((n) => normalDraw(7, n));

    expect(Math.abs(mean(drawn))).toBeLessThan(0.05);
    expect(Math.abs(Math.sqrt(mean(drawn.map((value) => value ** 2))) - 1)).toBeLessThan(0.05);
  });
});
