import { describe, expect, test } from 'vitest';
import { argo } from '../../bench/decisions/peers/argo.ts';
import { flagger } from '../../bench/decisions/peers/flagger.ts';
import { classify, kayenta } from '../../bench/decisions/peers/kayenta.ts';
import { mannWhitney } from '../../bench/decisions/peers/mann-whitney.ts';
import { play, type Rule } from '../../bench/decisions/rule.ts';
import { scenarios } from '../../bench/decisions/scenarios.ts';
import type { ArmDraw, SlotDraw, World } from '../../bench/decisions/service.ts';

const [scenario] = scenarios;

/** A world in which each slot's canary has so many requests and errors. */
function worldOf(canary: (index: number) => readonly [number, number]): World {
  if (scenario === undefined) throw new Error('There is no scenario.');
  const arm = (requests: number, errors: number): ArmDraw => ({
    requests,
    errors,
    buckets: [0, 0, 0, 0, 0, 0, requests],
  });
  const slot = (index: number): SlotDraw => {
    const drawn = arm(...canary(index));
    return { canary: drawn, stable: arm(900, 0), baseline: arm(100, 0), excess: 0, harmful: false };
  };
  return { scenario, slot };
}

const documented = flagger({ id: 'f', title: 'F', weights: [5, 10, 15, 20, 25, 30, 35, 40, 45, 50], threshold: 10 });
const example = argo({ id: 'a', title: 'A', weights: [10, 25, 50], minutesPerStep: 10, interval: 5, least: 95 });

function end(rule: Rule, canary: (index: number) => readonly [number, number]): string {
  const { end: word, minutes } = play(rule, worldOf(canary));
  return `${word} at ${minutes}`;
}

describe("Flagger's rule", () => {
  test('promotes after its ten weights, a minute each', () => {
    expect(end(documented, () => [100, 0])).toBe('promoted at 10');
  });

  test('rolls back at the tick after the tenth failed one', () => {
    expect(end(documented, () => [100, 50])).toBe('rolledBack at 11');
  });

  test('takes a minute without requests for a failed one', () => {
    expect(end(documented, () => [0, 0])).toBe('rolledBack at 11');
  });

  test('never forgets a failed minute', () => {
    expect(end(documented, (index) => (Math.floor(index / 4) % 3 === 0 ? [100, 2] : [100, 0]))).toBe('promoted at 15');
    expect(end(documented, (index) => (Math.floor(index / 4) % 3 < 2 ? [100, 2] : [100, 0]))).toBe('rolledBack at 15');
  });

  test('puts up with one failure in a hundred', () => {
    expect(end(documented, () => [100, 1])).toBe('promoted at 10');
  });
});

describe("Argo's rule", () => {
  test('promotes after its pauses', () => {
    expect(end(example, () => [100, 4])).toBe('promoted at 30');
  });

  test('aborts at the fourth failed measurement', () => {
    expect(end(example, () => [100, 6])).toBe('rolledBack at 20');
  });

  test('aborts at the fifth measurement in a row without requests', () => {
    expect(end(example, () => [0, 0])).toBe('rolledBack at 25');
  });
});

describe("Kayenta's judge", () => {
  const judge = kayenta({ id: 'k', title: 'K', weights: [10, 25, 50], minutesPerStep: 15 });

  test('promotes what is the same', () => {
    expect(end(judge, () => [100, 0])).toBe('promoted at 45');
  });

  test('rolls back what is clearly worse after its first judgement', () => {
    expect(end(judge, (index) => [100, 5 + (index % 3)])).toBe('rolledBack at 15');
  });

  test('goes on without data', () => {
    expect(end(judge, () => [0, 0])).toBe('promoted at 45');
  });

  test("gives the values of Kayenta's own test of its Mann-Whitney call", () => {
    const { estimate, pValue, low, high } = mannWhitney([1, 2, 3], [2, 3, 4], 0.95);

    expect(estimate).toBeCloseTo(-1, 6);
    expect(pValue).toBeCloseTo(0.368_688_269_361_781_4, 6);
    expect(low).toBeCloseTo(-3, 6);
    expect(high).toBeCloseTo(1, 6);
  });

  test.each([
    ['sparse errors against none', [0, 1, 2, 1, 0, 0], [0, 0, 0, 0, 0, 0], 'pass'],
    ['the same points in another order', [3, 1, 2], [1, 2, 3], 'pass'],
    ['no data', [], [1, 2], 'noData'],
    ['one value alone', [5, 5, 5], [5, 5], 'pass'],
  ] as const)('says of %s what users were told', (_, experiment, control, word) => {
    expect(classify(control, experiment, { direction: 'either', fraction: 0.25, level: 0.98 })).toBe(word);
  });

  test('looks in the direction it is asked for', () => {
    const low = Array.from({ length: 30 }, (_, index) => 10 + ((index * 7) % 30) / 10);
    const high = low.map((value) => value + 10);
    const word = (
      control: readonly number[],
      experiment: readonly number[],
      direction: 'increase' | 'decrease' | 'either',
    ) => classify(control, experiment, { direction, fraction: 0.25, level: 0.98 });

    expect(word(low, high, 'either')).toBe('high');
    expect(word(low, high, 'increase')).toBe('high');
    expect(word(low, high, 'decrease')).toBe('pass');
    expect(word(high, low, 'either')).toBe('low');
    expect(word(high, low, 'decrease')).toBe('low');
    expect(word(high, low, 'increase')).toBe('pass');
  });
});
