import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capGrowth, catastrophe, startShares } from '../../../src/domain/statistics/levels.ts';
import { advance, beginRace, enterStep, evidenceOf, logSum, type Race } from '../../../src/domain/statistics/race.ts';

const slotMs = 15_000;
const weights = [0.7, 0.3];

/** The mixture written out: every start with its weight, and what has not begun yet counted as 1. */
function writtenOut(
  increments: readonly (readonly number[])[],
  starts: readonly (readonly [at: number, weight: number])[],
): number {
  const begun = starts.flatMap(([at, weight]) =>
    weights.map(
      (bet, j) => weight * bet * Math.exp(increments.slice(at).reduce((sum, slot) => sum + (slot[j] ?? 0), 0)),
    ),
  );
  const rest = 1 - starts.reduce((sum, [, weight]) => sum + weight, 0);
  return Math.log(begun.reduce((sum, one) => sum + one, rest));
}

function run(increments: readonly (readonly number[])[], race: Race = beginRace(2)): Race {
  return increments.reduce<Race>((stand, slot) => advance(stand, slot, weights, slotMs), race);
}

describe('a race', () => {
  test('is the mixture over all its starts, though it keeps one number per alternative', () => {
    const increments = Array.from({ length: 45 }, (_, slot) => [Math.sin(slot) / 3, Math.cos(3 * slot) / 4]);

    const before = run(increments.slice(0, 10));
    const after = run(increments.slice(10), enterStep(before));

    const starts = [
      [0, startShares.first],
      [10, startShares.steps / 2],
      [19, startShares.restarts / 2],
      [39, startShares.restarts / 6],
    ] as const;
    expect(after.whole).toBeCloseTo(writtenOut(increments, starts), 2);
  });

  test('never shows more than the whole evidence, and adds no more than the cap at one slot', () => {
    const slot = fc.tuple(fc.double({ min: -3, max: 3, noNaN: true }), fc.double({ min: -3, max: 3, noNaN: true }));
    fc.assert(
      fc.property(fc.array(slot, { maxLength: 40 }), (increments) => {
        let race = beginRace(2);
        for (const increment of increments) {
          const next = advance(race, increment, weights, slotMs);

          expect(next.capped).toBeLessThanOrEqual(next.whole);
          expect(next.capped - race.capped).toBeLessThanOrEqual(Math.log(capGrowth) + 1e-4);
          race = next;
        }
      }),
    );
  });

  test('lets one bad slot alone count for a little, also when quiet slots follow', () => {
    const quiet = Array.from({ length: 30 }, () => [-0.01, -0.02]);

    const race = run([[9, 8], ...quiet]);

    expect(race.whole).toBeGreaterThan(Math.log(100));
    expect(Math.exp(evidenceOf(race, 1))).toBeLessThanOrEqual(capGrowth);
  });

  test('lifts the cap for an outage, so that its first slot suffices', () => {
    const race = run([[Math.log(catastrophe) + 2, 0]]);

    expect(evidenceOf(race, 1)).toBe(race.whole);
    expect(evidenceOf(race, 1)).toBeGreaterThan(Math.log(catastrophe));
    expect(Math.exp(evidenceOf(race, 2.5))).toBeLessThanOrEqual(capGrowth);
  });

  test('comes back after a long good time by the starts that come later', () => {
    const good = Array.from({ length: 200 }, () => [-1, -1]);
    const bad = Array.from({ length: 12 }, () => [1, 1]);

    const race = run(bad, enterStep(run(good)));

    expect(evidenceOf(race, 1)).toBeGreaterThan(Math.log(100));
  });

  test('is the same after it was saved and read back', () => {
    const race = run([
      [0.3, -0.2],
      [5, 5],
      [-70, 2],
    ]);

    expect(JSON.parse(JSON.stringify(race))).toEqual(race);
    expect(JSON.stringify(race).length).toBeLessThan(200);
  });
});

test('the sum of exponentials is taken without overflow', () => {
  expect(logSum([1_000, 1_000])).toBeCloseTo(1_000 + Math.log(2), 10);
  expect(logSum([Number.NEGATIVE_INFINITY, 0])).toBeCloseTo(0, 10);
});
