import { expect, test } from 'vitest';
import { warming, warmUpOf } from '../../../src/domain/gates/warm-up.ts';

test.each([
  [600_000, 60_000],
  [120_000, 60_000],
  [119_000, 59_500],
  [30_000, 15_000],
])('a canary with a bake of %d ms is new for %d ms: a minute, and half a bake at most', (bakeMs, warmUp) => {
  expect(warmUpOf({ bakeMs })).toBe(warmUp);
});

test('slots that fill the warm-up of a plan are worth a whole one, however long that is', () => {
  expect(warming(15_000, { bakeMs: 120_000 })).toBe(15_000);
  expect(warming(15_000, { bakeMs: 60_000 })).toBe(30_000);
  expect(warming(15_000, { bakeMs: 30_000 })).toBe(60_000);
});
