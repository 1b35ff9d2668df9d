import { describe, expect, test } from 'vitest';
import { doubtIn, phiAt, phiIn } from '../../../src/domain/gates/latency-bursts.ts';
import type { Bursts } from '../../../src/domain/gates/latency-state.ts';
import { noDispersion } from '../../../src/domain/statistics/dispersion.ts';

/** Slow requests that come so many at a time, as is known for sure. */
function bursts(bound: number, size: number): Bursts {
  return { bound, dispersion: { ...noDispersion, seen: size * 80, expected: 80, spread: 0 } };
}

const measured = [bursts(250, 1), bursts(500, 10)];

describe('Bursts of slow requests', () => {
  test('temper a test of all bounds by more than the most that was measured', () => {
    expect(phiIn(measured)).toBeCloseTo(1.3 * 1.2 * 10, 9);
    expect(phiIn([bursts(250, 1)])).toBe(1);
    expect(phiIn([])).toBe(1);
  });

  test('temper a test of one bound by what was measured nearest below it', () => {
    expect([100, 250, 499].map((bound) => phiAt(measured, bound))).toEqual([1, 1, 1]);
    expect([500, 1_000].map((bound) => phiAt(measured, bound))).toEqual([12, 12]);
    expect(phiAt([], 250)).toBe(1);
  });

  test('are reckoned to be of four at least before a single slot may roll back', () => {
    expect(doubtIn([])).toBe(4);
    expect(doubtIn([bursts(250, 1)])).toBe(4);
    expect(doubtIn(measured)).toBe(12);
  });
});
