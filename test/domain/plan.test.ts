import { describe, expect, it } from 'vitest';
import { defaultPlan, formatShare, marginAt, marginFor, weightOf } from '../../src/domain/plan.ts';
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

describe('the margin of a step', () => {
  it.each([
    [0, 0.02],
    [1, 0.01],
    [2, 0.005],
    [3, 0.005],
  ])('%d of the default plan is %d, so that the harm to everybody stays the same', (step, margin) => {
    expect(marginFor(defaultPlan, step)).toBeCloseTo(margin, 12);
  });

  it('is no more than everything, and holds between the steps too', () => {
    expect(marginAt(aPlan({ steps: [1, 2, 100], errorMargin: 0.5 }), 1)).toBe(1);
    expect(marginAt(aPlan({ steps: [10, 25, 50, 100], errorMargin: 0.005 }), 40)).toBeCloseTo(0.01, 12);
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
