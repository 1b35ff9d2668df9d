// Releases as they come: equal ones must never be rolled back, however often they are looked at; worse ones soon.
import { describe, expect, test } from 'vitest';
import { beginEvidence, beginStep, judge } from '../../../src/domain/judge.ts';
import type { Seen } from './readings.ts';
import { aContext, aReading, origin, slotMs } from './readings.ts';

const seeds = process.env['SERIN_LONG'] === '1' ? 400 : 20;
/** Ten minutes per step, longer than a bake that passes takes, so that chance has more looks. */
const slotsPerStep = 40;

/** Uniform numbers in [0, 1) that depend on the seed alone (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One slot of requests, each split and failed by chance. */
function aSlotOf(
  random: () => number,
  requests: number,
  weight: number,
  rates: { canary: number; stable: number },
): Seen {
  const counts = { canary: [0, 0] as [number, number], stable: [0, 0] as [number, number] };
  for (let request = 0; request < requests; request++) {
    const arm = random() * 100 < weight ? 'canary' : 'stable';
    counts[arm][0] += 1;
    if (random() < rates[arm]) counts[arm][1] += 1;
  }
  return counts;
}

/** Runs the steps for as long as nothing fails; gives the looks until the failure of the errors gate, or undefined. */
function looksUntilFailure(
  seed: number,
  perSecond: number,
  rates: { canary: number; stable: number },
  steps: readonly number[],
) {
  const random = uniform(seed);
  let evidence = beginEvidence(origin);
  let looks = 0;
  for (const weight of steps) {
    evidence = beginStep(evidence, origin + looks * slotMs);
    for (let slot = 0; slot < slotsPerStep; slot++) {
      const seen = aSlotOf(random, (perSecond * slotMs) / 1_000, weight, rates);
      const judged = judge(evidence, [aReading(looks, seen)], aContext({}, { weight }));
      evidence = judged.evidence;
      looks += 1;
      if (judged.verdicts.some(({ gate, verdict }) => gate === 'errors' && verdict === 'fail')) return looks;
    }
  }
  return undefined;
}

function seedsOf(run: (seed: number) => number | undefined): readonly (number | undefined)[] {
  return Array.from({ length: seeds }, (_, index) => run(1_000 + index));
}

describe('Releases', () => {
  test.each([20, 200])(
    'that fail as often as stable at %i requests a second are never rolled back, over 160 looks',
    (perSecond) => {
      const failures = seedsOf((seed) =>
        looksUntilFailure(seed, perSecond, { canary: 0.01, stable: 0.01 }, [10, 25, 50, 100]),
      );

      expect(failures.filter((looks) => looks !== undefined)).toEqual([]);
    },
    600_000,
  );

  test('that fail five points more often at 100 requests a second are rolled back within a few slots', () => {
    const looks = seedsOf((seed) => looksUntilFailure(seed, 100, { canary: 0.06, stable: 0.01 }, [10]));

    expect(looks.filter((each) => each === undefined)).toEqual([]);
    expect(Math.max(...looks.map((each) => each ?? Number.POSITIVE_INFINITY))).toBeLessThanOrEqual(8);
    if (process.env['SERIN_LONG'] === '1')
      console.log('slots until the rollback', quantiles(looks.map((each) => each ?? 0)));
  }, 60_000);
});

function quantiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  return [0, 0.5, 0.9, 1].map((q) => `${q * 100}%: ${sorted[Math.round(q * (sorted.length - 1))]}`).join(', ');
}
