import { describe, expect, test } from 'vitest';
import {
  addDispersion,
  addOwnDispersion,
  type Dispersion,
  doubtOf,
  noDispersion,
  phiOf,
} from '../../../src/domain/statistics/dispersion.ts';
import { binomial, poisson, seeded } from './draws.ts';

/** A stable that never fails, beside a canary of 150 requests a slot whose failures come in clusters of `size`. */
function pooled(seed: number, slots: number, size: number, rate: number): Dispersion {
  const random = seeded(seed);
  let dispersion = noDispersion;
  for (let slot = 0; slot < slots; slot++) {
    const x = size === 1 ? binomial(random, 150, rate) : size * poisson(random, (150 * rate) / size);
    const stable = addDispersion(dispersion, { n: 1_350, x: 0 });
    dispersion = addOwnDispersion(stable, { n: 150, x: Math.min(150, x) });
  }
  return dispersion;
}

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

  test('is not taken from an outage, and not for good from one incident', () => {
    const steady = Array.from({ length: 20 }, (_, slot) => ({ n: 1_500, x: 7 + (slot % 2) }));
    const outage = [...steady, { n: 1_500, x: 1_500 }, ...steady].reduce(addDispersion, noDispersion);
    const incident = [...steady, { n: 1_500, x: 300 }, ...steady].reduce(addDispersion, noDispersion);

    expect(phiOf(outage)).toBe(1);
    expect(phiOf(incident)).toBeLessThan(60);
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

describe('The burstiness of a canary beside a stable that never fails', () => {
  const seeds = Array.from({ length: 100 }, (_, seed) => seed);

  test.each([5, 15])('tempers by the size of its clusters, with a margin: %d', (size) => {
    const tempered = seeds.map((seed) => phiOf(pooled(seed, 120, size, 0.02)));

    expect(tempered.filter((phi) => phi >= size).length).toBeGreaterThanOrEqual(90);
    expect(tempered.filter((phi) => phi > 4 * size)).toEqual([]);
  });

  test.each([0.02, 0.2])('does not temper one that fails steadily, in 100 canaries but a few: %d', (rate) => {
    const seen = seeds.map((seed) => phiOf(pooled(seed, 60, 1, rate)));

    expect(seen.filter((phi) => phi > 1).length).toBeLessThanOrEqual(2);
  });

  test('is added to what stable has shown', () => {
    const stable = measured(1, 40, 15, () => 0.005);

    const both = [15, 0, 15, 0].reduce((sum, x) => addOwnDispersion(sum, { n: 150, x }), stable);

    expect(both.expected).toBeGreaterThan(stable.expected);
    expect(both.seen).toBeGreaterThan(stable.seen);
    expect(both.waiting).toEqual(stable.waiting);
  });

  test('is not measured by a slot in which most requests fail, because that is an outage', () => {
    const steady = pooled(1, 20, 1, 0.02);

    const half = addOwnDispersion(steady, { n: 150, x: 75 });
    const outage = addOwnDispersion(steady, { n: 150, x: 76 });

    expect(outage).toEqual(steady);
    expect(half).not.toEqual(steady);
    expect(phiOf(addOwnDispersion(addOwnDispersion(steady, { n: 150, x: 150 }), { n: 150, x: 2 }))).toBe(1);
    expect(phiOf(addOwnDispersion(half, { n: 150, x: 2 }))).toBeGreaterThan(10);
  });
});

test('one pair tells no more than sixty times what is expected of stable, and twenty times of the canary', () => {
  const turned = [
    { n: 150, x: 0 },
    { n: 150, x: 75 },
  ];
  const [stable, canary] = [addDispersion, addOwnDispersion].map((add) => turned.reduce(add, noDispersion));

  expect((stable?.seen ?? 0) / (stable?.expected ?? 1)).toBeCloseTo(60, 3);
  expect((canary?.seen ?? 0) / (canary?.expected ?? 1)).toBeCloseTo(20, 3);
});

describe('What is reckoned with', () => {
  test('are clusters of two or three until failures have told', () => {
    expect(doubtOf(noDispersion)).toBe(2.5);
    expect(doubtOf({ ...noDispersion, seen: 1.9, expected: 1.9, spread: 1 })).toBe(2.5);
    expect(doubtOf({ ...noDispersion, seen: 2.1, expected: 2.1, spread: 1 })).toBe(1);
  });

  test('are the greater clusters, the less surely their size is known', () => {
    const [few, many] = [4, 400].map((spread) => ({ ...noDispersion, seen: 1_200, expected: 80, spread: 16 * spread }));
    if (few === undefined || many === undefined) throw new Error('There are two measures.');

    expect(phiOf(few)).toBeCloseTo(15 * (1.2 + 8 / 80), 6);
    expect(phiOf(many)).toBeCloseTo(15 * (1.2 + 80 / 80), 6);
    expect(phiOf({ ...many, spread: 1e6 })).toBe(1);
  });
});
