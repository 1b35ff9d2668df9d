import { describe, expect, test } from 'vitest';
import {
  binomial,
  chanceOf,
  gammaOfMeanOne,
  logFactorial,
  multinomial,
  poisson,
} from '../../bench/decisions/random.ts';

const draws = 40_000;

/** Pearson's statistic of drawn counts against probabilities, cells of fewer than ten expected left out, with its degrees of freedom. */
function misfit(
  sample: readonly number[],
  mass: (k: number) => number,
): { readonly chi2: number; readonly cells: number } {
  const seen = new Map<number, number>();
  for (const k of sample) seen.set(k, (seen.get(k) ?? 0) + 1);
  let [chi2, cells] = [0, 0];
  const most = Math.max(...seen.keys());
  for (let k = 0; k <= most; k++) {
    const expected = sample.length * mass(k);
    if (expected < 10) continue;
    chi2 += ((seen.get(k) ?? 0) - expected) ** 2 / expected;
    cells++;
  }
  return { chi2, cells };
}

function binomialMass(n: number, p: number): (k: number) => number {
  return (k) =>
    k > n
      ? 0
      : Math.exp(logFactorial(n) - logFactorial(k) - logFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

describe('Draws', () => {
  test.each([
    [30, 0.005],
    [150, 0.06],
    [150, 0.5],
    [1_500, 0.1],
    [15_000, 0.995],
    [20, 0.9],
  ])('of %i trials with probability %d are binomial', (n, p) => {
    const chance = chanceOf(7, n);
    const sample = Array.from({ length: draws }, () => binomial(chance, n, p));

    const { chi2, cells } = misfit(sample, binomialMass(n, p));

    expect(chi2).toBeLessThan(cells + 4.5 * Math.sqrt(2 * cells));
  });

  test.each([0.15, 1.5, 9.5, 15, 150, 1_500])('of mean %d are Poisson', (mean) => {
    const chance = chanceOf(11, mean * 100);
    const sample = Array.from({ length: draws }, () => poisson(chance, mean));

    const { chi2, cells } = misfit(sample, (k) => Math.exp(k * Math.log(mean) - mean - logFactorial(k)));

    expect(chi2).toBeLessThan(cells + 4.5 * Math.sqrt(2 * cells));
  });

  test('over classes sum to their number and keep their shares', () => {
    const chance = chanceOf(13);
    const shares = [0.02, 0.5, 0.28, 0, 0.2];
    const totals = shares.map(() => 0);
    for (let draw = 0; draw < 2_000; draw++) {
      const counts = multinomial(chance, 150, shares);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(150);
      for (const [index, count] of counts.entries()) totals[index] = (totals[index] ?? 0) + count;
    }

    for (const [index, share] of shares.entries()) expect((totals[index] ?? 0) / 300_000).toBeCloseTo(share, 2);
    expect(totals[3]).toBe(0);
  });

  test('of a gamma rate have mean 1 and variance 1 over its shape', () => {
    const chance = chanceOf(17);
    const sample = Array.from({ length: draws }, () => gammaOfMeanOne(chance, 2));
    const mean = sample.reduce((sum, value) => sum + value, 0) / draws;
    const variance = sample.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws;

    expect(mean).toBeCloseTo(1, 1);
    expect(variance).toBeCloseTo(0.5, 1);
  });

  test('are the same for the same words and others for others', () => {
    const [one, again, other] = [chanceOf(1, 2), chanceOf(1, 2), chanceOf(1, 3)].map((chance) => chance.uniform());

    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });
});
