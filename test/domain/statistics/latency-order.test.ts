import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  edgeRatios,
  edgeRatiosAlone,
  edgesOf,
  nearestEdges,
  passQuantiles,
} from '../../../src/domain/statistics/latency-edge.ts';
import { slowRatios } from '../../../src/domain/statistics/latency-harm.ts';
import { type Histogram, passings, shapeOf } from '../../../src/domain/statistics/latency-histogram.ts';
import { carried, nondecreasing, type Timings } from '../../../src/domain/statistics/latency-order.ts';
import { seeded } from './draws.ts';
import { blended, drawn, istioBounds, logNormal, shapeBy, slowTail } from './timings.ts';

const usual = shapeBy(logNormal(80, 0.6));
const past: Histogram = { bounds: istioBounds, counts: usual.map((share) => Math.round(share * 5_000)) };

/** Both arms before the slot; the canary was slower. */
function pastOf(stable: Histogram): Timings {
  return { canary: { bounds: stable.bounds, counts: stable.counts.toReversed() }, stable };
}

/** The mean of every alternative's likelihood ratio over many slots, and the standard error of the largest. */
function means(
  draws: number,
  ratios: (random: () => number) => readonly number[],
): readonly { readonly mean: number; readonly error: number }[] {
  const random = seeded(4);
  const all = Array.from({ length: draws }, () => ratios(random).map((log) => Math.exp(log)));
  return (all[0] ?? []).map((_, j) => {
    const values = all.map((each) => each[j] ?? 0);
    const mean = values.reduce((sum, value) => sum + value, 0) / draws;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws;
    return { mean, error: Math.sqrt(variance / draws) };
  });
}

describe('The nearest nondecreasing numbers', () => {
  test('are the numbers themselves where they rise, and means where they do not', () => {
    expect(nondecreasing([1, 2, 3], [1, 1, 1])).toEqual([1, 2, 3]);
    expect(nondecreasing([3, 1, 5, 4], [1, 3, 2, 2])).toEqual([1.5, 1.5, 4.5, 4.5]);
  });

  test('rise and keep the weighted mean', () => {
    const pair = fc.tuple(fc.double({ min: -1, max: 50, noNaN: true }), fc.double({ min: 0.001, max: 1, noNaN: true }));
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 49 }), (pairs) => {
        const [values, weights] = [pairs.map(([value]) => value), pairs.map(([, weight]) => weight)];
        const risen = nondecreasing(values, weights);
        const mean = (each: readonly number[]): number =>
          each.reduce((sum, value, k) => sum + value * (weights[k] ?? 0), 0);

        expect(risen.every((value, k) => k === 0 || value >= (risen[k - 1] ?? 0) - 1e-12)).toBe(true);
        expect(mean(risen)).toBeCloseTo(mean(values), 6);
      }),
    );
  });
});

describe('The mean over where slowing takes a request', () => {
  test('is the gain of the bucket itself when nothing is slowed', () => {
    const shape = shapeOf(past);
    const gains = istioBounds.map((_, k) => k / 10).concat(2);

    for (const [k, gain] of carried(gains, passings(shape, 1)).entries()) expect(gain).toBeCloseTo(gains[k] ?? 0, 9);
  });

  test('is shared between a bucket and the next by the part that passes the bound', () => {
    expect(
      carried(
        [0, 1, 5],
        [
          { bucket: 0, share: 0.25 },
          { bucket: 1, share: 0.5 },
        ],
      ),
    ).toEqual([0.25, 3, 5]);
  });
});

describe('The evidence that the canary is slower has a mean of at most 1', () => {
  const cases: readonly [name: string, canary: readonly number[], stable: readonly number[], tolerance: number][] = [
    ['for an equal release', usual, usual, 1],
    ['for an equal release that is tolerated 1.05x', usual, usual, 1.05],
    ['for a faster one', shapeBy(logNormal(60, 0.6)), usual, 1],
    ['when both became slower since the past', shapeBy(logNormal(200, 0.8)), shapeBy(logNormal(200, 0.8)), 1],
    ['when both became faster', shapeBy(logNormal(20, 0.4)), shapeBy(logNormal(20, 0.4)), 1],
    [
      'when both have another shape',
      shapeBy(blended(logNormal(10, 0.3), logNormal(900, 0.3), 0.2)),
      shapeBy(blended(logNormal(10, 0.3), logNormal(900, 0.3), 0.2)),
      1,
    ],
  ];

  test.each(
    cases.flatMap(([name, canary, stable, tolerance]) =>
      [0.1, 0.5, 0.9].map((weight) => [name, weight, canary, stable, tolerance] as const),
    ),
  )('%s, at weight %d', (_, weight, canary, stable, tolerance) => {
    const found = means(1_500, (random) => {
      const slot = { canary: drawn(random, 60 * weight, canary), stable: drawn(random, 60 * (1 - weight), stable) };
      return slowRatios(slot, pastOf(past), { factor: tolerance, from: 0 });
    });

    for (const { mean, error } of found) expect(mean).toBeLessThanOrEqual(1 + 4 * error + 1e-9);
  });

  test('also exactly: the mean over one request of each arm is at most 1 for every shape', () => {
    const shape = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 6, maxLength: 6 });
    const bounds = [10, 20, 50, 100, 200];
    fc.assert(
      fc.property(
        shape,
        shape,
        fc.double({ min: 1, max: 3, noNaN: true }),
        fc.constantFrom(0, 0.5, 0.95),
        (pastCounts, truth, tolerance, from) => {
          const all = truth.reduce((sum, count) => sum + count, 0);
          fc.pre(all > 0 && pastCounts.reduce((sum, count) => sum + count, 0) > 20);
          const past = { bounds, counts: pastCounts };
          const one = (k: number): Histogram => ({ bounds, counts: truth.map((_, index) => (index === k ? 1 : 0)) });
          const totals = Array.from({ length: 11 }, () => 0);
          for (const [i, canaryShare] of truth.entries()) {
            for (const [j, stableShare] of truth.entries()) {
              const ratios = slowRatios({ canary: one(i), stable: one(j) }, pastOf(past), { factor: tolerance, from });
              for (const [a, log] of ratios.entries())
                totals[a] = (totals[a] ?? 0) + ((canaryShare * stableShare) / all ** 2) * Math.exp(log);
            }
          }

          for (const total of totals) expect(total).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
    );
  });
});

describe('The evidence that the canary is not slower than the margin has a mean of at most 1', () => {
  test.each([1.25, 1.56].flatMap((margin) => [0.1, 0.5, 0.9].map((weight) => [margin, weight] as const)))(
    'for one that is slower by just that, %d, at weight %d',
    (margin, weight) => {
      const edges = nearestEdges(edgesOf(past, margin), passQuantiles);
      const found = edges.flatMap((edge) => {
        const [tail, stable] = [edge.slowTail, shapeOf(past).counts];
        const canary = stable.map((share, k) =>
          k <= edge.index ? (share * (1 - tail)) / (1 - edge.tail) : (share * tail) / edge.tail,
        );
        return means(1_500, (random) =>
          edgeRatios(
            { canary: drawn(random, 60 * weight, canary), stable: drawn(random, 60 * (1 - weight), stable) },
            edge,
          ),
        ).concat(means(1_500, (random) => edgeRatiosAlone(drawn(random, 60, canary), edge)));
      });

      expect(edges.map(({ bound }) => bound)).toEqual([100, 250]);
      for (const { mean, error } of found) expect(mean).toBeLessThanOrEqual(1 + 4 * error);
    },
  );

  test('and grows for one that is like stable', () => {
    const edges = nearestEdges(edgesOf(past, 1.25), passQuantiles);
    const slot = { canary: drawn(seeded(1), 2_000, usual), stable: drawn(seeded(2), 8_000, usual) };

    for (const edge of edges) expect(Math.max(...edgeRatios(slot, edge))).toBeGreaterThan(Math.log(20));
  });
});

describe('A slower canary is found', () => {
  test.each([
    ['by half', logNormal(120, 0.6)],
    ['by a fifth', logNormal(96, 0.6)],
    ['in the slowest 5% by 2x', slowTail(80, 0.6, 0.05, 2)],
    ['in the slowest 1% by 10x', slowTail(80, 0.6, 0.01, 10)],
  ])('when it is slower %s', (_, survival) => {
    const slot = { canary: drawn(seeded(1), 2_000, shapeBy(survival)), stable: drawn(seeded(2), 8_000, usual) };

    expect(Math.max(...slowRatios(slot, pastOf(past), { factor: 1.05, from: 0 }))).toBeGreaterThan(Math.log(1_000));
  });
});
