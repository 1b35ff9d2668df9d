import { describe, expect, it } from 'vitest';
import { defaultPlan, formatShare, weightOf } from '../../src/domain/plan.ts';
import { aPlan } from '../support/builders.ts';

describe('the weight of a step', () => {
  it.each([
    [0, 5],
    [1, 20],
    [2, 100],
    [3, 100],
    [-1, 5],
  ])('%d of 5, 20, 100 is %d', (step, weight) => {
    expect(weightOf(aPlan({ steps: [5, 20, 100] }), step)).toBe(weight);
  });
});

describe('the default plan', () => {
  it('rises to 100', () => {
    expect([...defaultPlan.steps]).toEqual([10, 25, 50, 100]);
  });

  it('grants every step at least its bake', () => {
    expect(defaultPlan.maxBakeMs).toBeGreaterThan(defaultPlan.bakeMs);
  });
});

it.each([
  [0.005, '0.5%'],
  [0.01, '1%'],
  [0, '0%'],
  [1, '100%'],
  [0.123456, '12.35%'],
])('writes the share %d as %s', (share, text) => {
  expect(formatShare(share)).toBe(text);
});
