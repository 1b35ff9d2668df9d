import { describe, expect, test } from 'vitest';
import { addDispersion, type Dispersion, noDispersion, phiOf } from '../../../src/domain/statistics/dispersion.ts';
import { binomial, poisson, seeded } from './draws.ts';

/** `slots` slots of 1,500 requests, with failures in clusters of `size`, at a rate that may change over time. */
function measured(seed: number, slots: number, size: number, rateAt: (slot: number) => number): Dispersion {
  const random = seeded(seed);
  let dispersion = noDispersion;
  for (let slot = 0; slot < slots; slot++) {
    const clusters =
      size === 1 ? binomial(random, 1_500, rateAt(slot)) : poisson(random, (1_500 * rateAt(slot)) / size);
    dispersion = addDispersion(dispersion, { n: 1_500, x: Math.min(1_500, clusters * size) });
  }
  return dispersion;
}

describe('the burstiness of stable', () => {
  test('is not seen where failures are independent, in 200 of 200 services but a few', () => {
    const seen = Array.from({ length: 200 }, (_, seed) => phiOf(measured(seed, 60, 1, () => 0.005)));

    expect(seen.filter((phi) => phi > 1).length).toBeLessThanOrEqual(4);
  });

  test('is the size of the clusters, with a margin, where failures come in clusters', () => {
    for (const size of [5, 15]) {
      const estimates = Array.from({ length: 100 }, (_, seed) => {
        const { seen, expected } = measured(seed, 120, size, () => 0.005);
        return seen / expected;
      });
      const mean = estimates.reduce((sum, one) => sum + one, 0) / estimates.length;
      const tempered = Array.from({ length: 100 }, (_, seed) => phiOf(measured(seed, 120, size, () => 0.005)));

      expect(mean).toBeGreaterThan(0.9 * size);
      expect(mean).toBeLessThan(1.1 * size);
      expect(tempered.filter((phi) => phi >= size).length).toBeGreaterThanOrEqual(75);
    }
  });

  test('does not mistake a slow drift for bursts', () => {
    const drifting = (slot: number): number => 0.005 * (1 + 0.9 * Math.sin(slot / 40));
    const seen = Array.from({ length: 100 }, (_, seed) => phiOf(measured(seed, 240, 1, drifting)));

    expect(seen.filter((phi) => phi > 1).length).toBeLessThanOrEqual(5);
  });

  test('is nothing while nothing failed', () => {
    expect(phiOf(measured(1, 50, 1, () => 0))).toBe(1);
  });
});
