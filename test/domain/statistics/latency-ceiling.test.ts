import { describe, expect, test } from 'vitest';
import { aboveBets, aboveRatios, withinBets, withinRatios } from '../../../src/domain/statistics/latency-ceiling.ts';
import { lowerShare, upperShare, upperTails } from '../../../src/domain/statistics/latency-envelope.ts';
import { slowBets, slowRacers, slowRatiosAlone } from '../../../src/domain/statistics/latency-harm.ts';
import { type Histogram, shapeOf, tailsOf } from '../../../src/domain/statistics/latency-histogram.ts';
import { seeded } from './draws.ts';
import { drawn, istioBounds, logNormal, shapeBy } from './timings.ts';

/** The exact mean of each likelihood ratio when `n` requests are slow with probability `p`. */
function means(
  n: number,
  p: number,
  ratios: (trial: { n: number; x: number }) => readonly number[],
): readonly number[] {
  let probability = (1 - p) ** n;
  let sums: readonly number[] = ratios({ n, x: 0 }).map(() => 0);
  for (let x = 0; x <= n; x++) {
    const now = ratios({ n, x });
    const weight = probability;
    sums = sums.map((sum, j) => sum + weight * Math.exp(now[j] ?? 0));
    probability *= ((n - x) / (x + 1)) * (p / (1 - p));
  }
  return sums;
}

describe('The evidence against a limit', () => {
  test.each([0.001, 0.01, 0.05, 0.3])('has a mean of 1 at the limit of %d, and less below it', (allowed) => {
    for (const mean of means(60, allowed, (trial) => aboveRatios(trial, allowed))) expect(mean).toBeCloseTo(1, 9);
    for (const mean of means(60, allowed / 2, (trial) => aboveRatios(trial, allowed))) expect(mean).toBeLessThan(1);
  });

  test.each([0.0015, 0.015, 0.45])('for a pass has a mean of 1 at the line of %d, and less above it', (line) => {
    for (const mean of means(60, line, (trial) => withinRatios(trial, line))) expect(mean).toBeCloseTo(1, 9);
    for (const mean of means(60, line * 1.2, (trial) => withinRatios(trial, line))) expect(mean).toBeLessThan(1);
  });
});

describe('All bets', () => {
  test.each([
    ['on slowness', slowBets, slowRacers],
    ['on a broken limit', aboveBets, aboveBets.length],
    ['on a kept limit', withinBets, withinBets.length],
  ])('%s sum to 1', (_, bets, count) => {
    expect(bets.reduce((sum, bet) => sum + bet, 0)).toBeCloseTo(1, 12);
    expect(bets).toHaveLength(count);
  });
});

describe('A past that is a sample', () => {
  test('is bounded by about three standard errors', () => {
    expect(upperShare(0.1, 10_000)).toBeCloseTo(0.1 + 3 * 0.003, 3);
    expect(lowerShare(0.1, 10_000)).toBeCloseTo(0.1 - 3 * 0.003, 3);
    expect(upperShare(0, 100)).toBeGreaterThan(0.05);
  });

  test('has no tail above its upper bound', () => {
    const shape = shapeOf({ bounds: istioBounds, counts: shapeBy(logNormal(80, 0.6)).map((share) => share * 1_000) });
    const upper = tailsOf(upperTails(shape, 1_000));

    for (const [k, tail] of tailsOf(shape).entries()) expect(upper[k]).toBeGreaterThanOrEqual(tail - 1e-6);
  });

  test.each([
    ['in one bucket', [0, 0, 1, 0, 0]],
    ['over several', [0, 0.2, 0.5, 0.28, 0.02]],
  ])('does not condemn an equal canary, however many requests there are: %s', (_, shares) => {
    const bounds = [5, 10, 25, 50];
    const of = (requests: number): Histogram => ({ bounds, counts: shares.map((share) => share * requests) });

    for (const requests of [1e6, 1e9, 1e11]) {
      const past = { canary: of(10 * requests), stable: of(10 * requests) };
      for (const factor of [1, 1.05, 3.15])
        for (const log of slowRatiosAlone(of(requests), past, { factor, from: 0 })) expect(log).toBeLessThan(1e-3);
    }
  });

  test('does not condemn an equal canary for its own error: the mean stays at most 1 over many pasts', () => {
    const random = seeded(5);
    const usual = shapeBy(logNormal(80, 0.6));
    const draws = 2_000;
    const sums = slowBets.map(() => 0);
    for (let draw = 0; draw < draws; draw++) {
      const past = { canary: { bounds: istioBounds, counts: usual.map(() => 0) }, stable: drawn(random, 300, usual) };
      const ratios = slowRatiosAlone(drawn(random, 200, usual), past, { factor: 1, from: 0 });
      for (const [j, log] of ratios.entries()) sums[j] = (sums[j] ?? 0) + Math.exp(log) / draws;
    }

    for (const sum of sums) expect(sum).toBeLessThanOrEqual(1);
  });
});
