import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  commonBounds,
  heavier,
  onBounds,
  passings,
  shapeOf,
  sizeOf,
  slowed,
  sumOf,
  tailsOf,
} from '../../../src/domain/statistics/latency-histogram.ts';
import { aHistogram, istioBounds, logNormal, shapeBy } from './timings.ts';

describe('A histogram slowed by a factor', () => {
  test.each([
    ['log-normal, spread 0.6', logNormal(80, 0.6)],
    ['log-normal, spread 0.3', logNormal(80, 0.3)],
    ['log-normal, spread 1', logNormal(8, 1)],
    ['exponential', (time: number) => Math.exp(-time / 40)],
  ])('is close to what the slowed service would show (%s)', (_, survival) => {
    const shape = shapeOf({ bounds: istioBounds, counts: shapeBy(survival).map((share) => share * 1e6) });
    const guessed = tailsOf(slowed(shape, passings(shape, 1.25)));
    const real = istioBounds.map((bound) => survival(bound / 1.25));

    for (const [k, tail] of guessed.entries()) expect(Math.abs(tail - (real[k] ?? 0))).toBeLessThan(0.02);
  });

  test('is as it was when the factor is 1, keeps its sum, and is never faster', () => {
    fc.assert(
      fc.property(aHistogram, fc.double({ min: 1, max: 20, noNaN: true }), (histogram, factor) => {
        const shape = shapeOf(histogram);
        const tails = tailsOf(shape);
        const after = slowed(shape, passings(shape, factor));
        const same = slowed(shape, passings(shape, 1));

        expect(sumOf(after.counts)).toBeCloseTo(1, 9);
        for (const [k, tail] of tailsOf(after).entries()) expect(tail).toBeGreaterThanOrEqual((tails[k] ?? 0) - 1e-9);
        for (const [k, share] of same.counts.entries()) expect(share).toBeCloseTo(shape.counts[k] ?? 0, 9);
      }),
    );
  });
});

describe('Histograms', () => {
  test('lose no request when bounds are given up', () => {
    fc.assert(
      fc.property(aHistogram, fc.array(fc.integer({ min: 0, max: 47 })), (histogram, kept) => {
        const bounds = histogram.bounds.filter((_, k) => kept.includes(k));
        const fewer = onBounds(histogram, bounds);

        expect(fewer.counts).toHaveLength(bounds.length + 1);
        expect(sizeOf(fewer)).toBe(sizeOf(histogram));
        expect(commonBounds(histogram.bounds, bounds)).toEqual(bounds);
      }),
    );
  });

  test('with a heavier tail have so much more beyond the edge, and still sum to 1', () => {
    const shape = shapeOf({ bounds: [10, 20, 30], counts: [60, 30, 8, 2] });
    const heavy = heavier(shape, 1, 0.05);

    expect(sumOf(heavy.counts)).toBeCloseTo(1, 12);
    expect((tailsOf(heavy)[1] ?? 0) - (tailsOf(shape)[1] ?? 0)).toBeCloseTo(0.05, 12);
  });
});
