import { describe, expect, test } from 'vitest';
import { bucketShares, histogramQuantile, normalBelow } from '../../bench/decisions/latency.ts';
import { leastRequests, leastToPass } from '../../bench/decisions/limits.ts';
import { upperBound, wilson } from '../../bench/decisions/shares.ts';

const plain = { kind: 'plain', factor: 1, tail: 1 } as const;

describe('The least number of requests', () => {
  test.each([
    [0.1, 0.001, 545_328],
    [0.1, 0.005, 27_077],
    [0.1, 0.01, 8_245],
    [0.1, 0.05, 723],
    [0.5, 0.01, 3_487],
  ])('at weight %d for a lift of %d is the known one', (weight, lift, known) => {
    const least = leastRequests({ weight, canary: 0.005 + lift, stable: 0.005 }, 0.01);

    expect(least / known).toBeCloseTo(1, 2);
  });

  test.each([
    [0.1, 0.02, 250],
    [0.5, 0.005, 2_634],
  ])('to pass at weight %d a margin of %d is the known one', (weight, margin, canary) => {
    expect((leastToPass(weight, 0.005, margin, 0.05) * weight) / canary).toBeCloseTo(1, 1);
  });
});

describe('Sampling errors', () => {
  test('of no hit in a thousand end at the rule of three', () => {
    expect(upperBound(0, 1_000)).toBeCloseTo(1 - 0.05 ** (1 / 1_000), 8);
    expect(upperBound(12, 2_000)).toBeCloseTo(0.009_7, 3);
  });

  test('of shares are those of Wilson', () => {
    const { low, high } = wilson(10, 100);

    expect(low).toBeCloseTo(0.055_2, 3);
    expect(high).toBeCloseTo(0.174_4, 3);
  });
});

describe('Latency', () => {
  test('of the plain kind has the quantiles of its distribution', () => {
    expect(normalBelow(1.959_964)).toBeCloseTo(0.975, 6);
    expect(normalBelow(-3.090_232)).toBeCloseTo(0.001, 6);
    const shares = bucketShares(plain);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(shares.slice(0, 9).reduce((sum, share) => sum + share, 0)).toBeCloseTo(
      normalBelow(Math.log(500 / 80) / 0.6),
      12,
    );
  });

  test('slower in the tail alone leaves the rest as it was', () => {
    const [usual, tail] = [bucketShares(plain), bucketShares({ ...plain, tail: 2 })];

    expect(tail.slice(0, 7)).toEqual(usual.slice(0, 7));
    expect(tail.slice(9).reduce((sum, share) => sum + share, 0)).toBeGreaterThan(
      2 * usual.slice(9).reduce((sum, share) => sum + share, 0),
    );
  });

  test('quantiles are interpolated as Prometheus does', () => {
    const counts = Array.from({ length: 20 }, (_, index) => (index === 6 ? 50 : index === 7 ? 50 : 0));

    expect(histogramQuantile(counts, 0.5)).toBe(100);
    expect(histogramQuantile(counts, 0.75)).toBe(175);
    expect(histogramQuantile([], 0.5)).toBeUndefined();
  });
});
