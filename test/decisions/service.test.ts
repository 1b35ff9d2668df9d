import { describe, expect, test } from 'vitest';
import { scenarioOf } from '../../bench/decisions/batch.ts';
import { play } from '../../bench/decisions/rule.ts';
import { serin } from '../../bench/decisions/serin.ts';
import { worldOf } from '../../bench/decisions/service.ts';

/** Errors and requests of both sides over many slots. */
function totals(id: string, weight: number) {
  const world = worldOf(scenarioOf(id), 3, 1);
  const slots = Array.from({ length: 400 }, (_, index) => world.slot(index, weight, true));
  const sum = (of: (slot: (typeof slots)[number]) => number): number => slots.reduce((all, slot) => all + of(slot), 0);
  return {
    canary: sum(({ canary }) => canary.requests),
    stable: sum(({ stable }) => stable.requests),
    baseline: sum(({ baseline }) => baseline?.requests ?? 0),
    canaryErrors: sum(({ canary }) => canary.errors),
    stableErrors: sum(({ stable }) => stable.errors),
    excess: sum(({ excess }) => excess),
  };
}

describe('A simulated service', () => {
  test('splits its traffic by weight and fails as often as it is told', () => {
    const { canary, stable, baseline, canaryErrors, stableErrors, excess } = totals('errors+5-100rps', 10);

    expect(canary / (canary + stable)).toBeCloseTo(0.1, 2);
    expect(baseline / canary).toBeCloseTo(1, 1);
    expect(canaryErrors / canary).toBeCloseTo(0.055, 2);
    expect(stableErrors / stable).toBeCloseTo(0.005, 3);
    expect(excess / canary).toBeCloseTo(0.05, 6);
  });

  test('has errors in bursts of the same mean', () => {
    const { stable, stableErrors } = totals('equal-errorbursts-100rps', 10);

    expect(stableErrors / stable).toBeCloseTo(0.005, 3);
  });

  test('shows all rules the same requests as long as they hold the same weight', () => {
    const [one, other] = [worldOf(scenarioOf('equal-10rps'), 1, 5), worldOf(scenarioOf('equal-10rps'), 1, 5)];

    expect(one.slot(7, 25)).toEqual({ ...other.slot(7, 25, true), baseline: undefined });
    expect(one.slot(7, 50).canary.requests + one.slot(7, 50).stable.requests).toBe(
      other.slot(7, 10).canary.requests + other.slot(7, 10).stable.requests,
    );
  });

  test('counts every request in one latency bucket', () => {
    const { canary } = worldOf(scenarioOf('tail-2x-100rps'), 1, 1).slot(3, 50);

    expect(canary.buckets.reduce((sum, count) => sum + count, 0)).toBe(canary.requests);
  });
});

describe('Serin in the benchmark', () => {
  test('rolls a dead canary back within two minutes', () => {
    const { end, minutes } = play(serin, worldOf(scenarioOf('dead-10rps'), 1, 1));

    expect(end).toBe('rolledBack');
    expect(minutes).toBeLessThanOrEqual(2);
  });
});
