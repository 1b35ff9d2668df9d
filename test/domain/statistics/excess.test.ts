import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logRatio, project, trialRatio } from '../../../src/domain/statistics/excess.ts';

/** The probability of `x` failures among `n` requests. */
function chance(n: number, x: number, p: number): number {
  let log = 0;
  for (let k = 1; k <= x; k++) log += Math.log((n - x + k) / k);
  return Math.exp(log) * p ** x * (1 - p) ** (n - x);
}

/** The mean of the likelihood ratio over everything that can happen, without any chance. */
function meanRatio(
  { nc, ns }: { readonly nc: number; readonly ns: number },
  truth: { readonly canary: number; readonly stable: number },
  ratio: (xc: number, xs: number) => number,
): number {
  let mean = 0;
  for (let xc = 0; xc <= nc; xc++) {
    for (let xs = 0; xs <= ns; xs++) {
      mean += chance(nc, xc, truth.canary) * chance(ns, xs, truth.stable) * Math.exp(ratio(xc, xs));
    }
  }
  return mean;
}

const share = fc.double({ min: 0.001, max: 0.6, noNaN: true });
const arms = fc.record({ nc: fc.integer({ min: 1, max: 8 }), ns: fc.integer({ min: 1, max: 16 }) });

describe('the likelihood ratio against its projection on the line', () => {
  test('has a mean of at most 1 for every pair of rates on the side of the null, whatever alternative was guessed', () => {
    fc.assert(
      fc.property(
        arms,
        share,
        share,
        share,
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        fc.double({ min: 0.5, max: 1.5, noNaN: true }),
        (sizes, stable, guessed, lift, offset, factor) => {
          const line = { factor, offset };
          const alternative = { canary: Math.min(0.98, factor * guessed + offset + lift), stable: guessed };
          fc.pre(alternative.canary > factor * guessed + offset);
          const border = { canary: Math.min(1, factor * stable + offset), stable };
          const better = { canary: border.canary * 0.7, stable };

          const means = [border, better].map((truth) =>
            meanRatio(sizes, truth, (xc, xs) =>
              logRatio({ canary: { n: sizes.nc, x: xc }, stable: { n: sizes.ns, x: xs } }, alternative, line),
            ),
          );

          for (const mean of means) expect(mean).toBeLessThanOrEqual(1 + 1e-6);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('has a mean of at most 1 for the null of harm too, when the alternative lies below the line', () => {
    fc.assert(
      fc.property(
        arms,
        share,
        share,
        fc.double({ min: 0.005, max: 0.1, noNaN: true }),
        (sizes, stable, guessed, margin) => {
          const line = { factor: 1, offset: margin };
          const truth = { canary: Math.min(1, stable + margin * 1.2), stable };

          const mean = meanRatio(sizes, truth, (xc, xs) =>
            logRatio(
              { canary: { n: sizes.nc, x: xc }, stable: { n: sizes.ns, x: xs } },
              { canary: guessed, stable: guessed },
              line,
            ),
          );

          expect(mean).toBeLessThanOrEqual(1 + 1e-6);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('is the conditional binomial of "this failure was the canary\'s" when nothing is tolerated', () => {
    const block = { canary: { n: 1_000, x: 9 }, stable: { n: 9_000, x: 31 } };
    const alternative = { canary: 1e-4, stable: 5e-5 };

    const log = logRatio(block, alternative, { factor: 1, offset: 0 });

    const theta = (1e-4 * 1_000) / (1e-4 * 1_000 + 5e-5 * 9_000);
    expect(log).toBeCloseTo(9 * Math.log(theta / 0.1) + 31 * Math.log((1 - theta) / 0.9), 2);
  });

  test('says nothing of a block in which one arm had no request', () => {
    const alternative = { canary: 0.1, stable: 0.01 };

    expect(logRatio({ canary: { n: 5, x: 5 }, stable: { n: 0, x: 0 } }, alternative, { factor: 1, offset: 0 })).toBe(0);
  });
});

describe('the projection', () => {
  test('lies on the line and no point of the line is nearer', () => {
    fc.assert(
      fc.property(arms, share, share, fc.double({ min: 0, max: 0.2, noNaN: true }), (sizes, canary, stable, offset) => {
        const line = { factor: 1, offset };
        const distance = (qs: number): number =>
          sizes.nc * divergence(canary, qs + offset) + sizes.ns * divergence(stable, qs);

        const nearest = project(sizes.nc, sizes.ns, { canary, stable }, line);

        expect(nearest.canary).toBeCloseTo(nearest.stable + offset, 12);
        for (const step of [-1e-3, -1e-5, 1e-5, 1e-3]) {
          const other = nearest.stable + step;
          if (other > 0 && other + offset < 1)
            expect(distance(nearest.stable)).toBeLessThanOrEqual(distance(other) + 1e-12);
        }
      }),
    );
  });
});

describe('the likelihood ratio of one arm', () => {
  test('has a mean of at most 1 for every rate up to the limit', () => {
    for (const truth of [0.001, 0.01, 0.02, 0.05]) {
      let mean = 0;
      for (let x = 0; x <= 20; x++) mean += chance(20, x, truth) * Math.exp(trialRatio({ n: 20, x }, 0.3, 0.05));
      expect(mean).toBeLessThanOrEqual(1 + 1e-9);
    }
  });
});

function divergence(p: number, q: number): number {
  return p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
}
