import { describe, expect, test } from 'vitest';
import { questionsOf } from '../../../src/domain/gates/latency-questions.ts';
import { defaultPlan, type LatencyLimit, type Plan } from '../../../src/domain/plan.ts';

const stepped: Plan = { ...defaultPlan, steps: [1, 2, 25, 50, 100] };

/** The margins at which a pass is asked for, with no limit or the given one. */
function marginsAt(weights: readonly number[], maxLatency: readonly LatencyLimit[] = []): readonly number[] {
  return weights.flatMap((weight) =>
    questionsOf({ ...stepped, maxLatency }, weight).flatMap((question) =>
      question.kind === 'order' ? [Number(question.margin.toFixed(2))] : [],
    ),
  );
}

function below(factor: number): LatencyLimit {
  return { kind: 'relative', quantile: 0.95, factor, text: `p95<${factor}x` };
}

describe('The margin of the comparison with stable', () => {
  test('narrows to 1.4x the more the next step reaches, from 3x at most, and is a fifth wider at weight 100', () => {
    expect(marginsAt([1, 2, 25, 50, 100])).toEqual([3, 1.96, 1.61, 1.4, 1.68]);
  });

  test('is never narrower than a limit that its author chose', () => {
    expect(marginsAt([1, 50], [below(5)])).toEqual([5, 5]);
    expect(marginsAt([2, 50], [below(1.2)])).toEqual([1.44, 1.2]);
  });
});

describe('What is asked', () => {
  test('is the comparison, unless a limit is one, and every absolute limit with half as much again to exclude', () => {
    const absolute: LatencyLimit = { kind: 'absolute', quantile: 0.99, millis: 500, text: 'p99<500ms' };

    const without = questionsOf({ ...stepped, maxLatency: [absolute] }, 1);
    const within = questionsOf({ ...stepped, maxLatency: [absolute, below(1.2)] }, 1);

    expect(without.map(({ text }) => text)).toEqual(['', 'p99<500ms']);
    expect(within.map(({ text }) => text)).toEqual(['p99<500ms', 'p95<1.2x']);
    expect(without[1]).toMatchObject({ allowed: expect.closeTo(0.01, 9), line: expect.closeTo(0.015, 9) });
  });

  test('at weight 100 tolerates three times as much', () => {
    const [now, then] = [50, 100].map((weight) => questionsOf(stepped, weight)[0]);

    expect(now).toMatchObject({ tolerance: 1.05 });
    expect(then).toMatchObject({ tolerance: expect.closeTo(3.15, 9) });
  });
});
