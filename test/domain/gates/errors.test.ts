import { describe, expect, test } from 'vitest';
import { beginEvidence, beginStep, judge } from '../../../src/domain/judge.ts';
import {
  aBefore,
  aContext,
  aReading,
  aRow,
  lastOf,
  looksAt,
  origin,
  readingOf,
  rowsOf,
  slotMs,
  steadily,
} from './readings.ts';

describe('The errors gate passes', () => {
  test('a canary that fails no more than stable, on enough requests, and gives the numbers', () => {
    const looks = looksAt(steadily(4, { canary: [150, 1], stable: [1_350, 8] }), aContext());

    expect(lastOf('errors', looks)).toEqual({
      gate: 'errors',
      verdict: 'pass',
      reason: 'NotWorse',
      message:
        '4 of 600 (0.67%) canary requests failed against 32 of 5,400 (0.59%) of stable, as its clients saw it (reporter source), within 2%, which is ' +
        'the error margin (0.5%) over the 25% that come next. The difference is -0.75 to +1.5 points with 95% certainty.',
      query: 'the requests',
      numbers: {
        canary: { requests: 600, failures: 4 },
        stable: { requests: 5_400, failures: 32 },
        interval: { low: -0.0075, high: 0.015, level: 0.95 },
        margin: 0.02,
        worse: { odds: expect.closeTo(0.32, 1), needed: expect.closeTo(100 / 0.6) },
        fine: { odds: expect.closeTo(350, -2), needed: 10 },
        progress: { have: 600, need: 600, leftMs: 0 },
      },
    });
  });

  test('with a smaller margin the more people the next step reaches', () => {
    const seen = { canary: [300, 2], stable: [700, 4] } as const;
    const margins = [10, 25, 50].map((weight) => {
      const verdict = lastOf('errors', looksAt(steadily(2, seen), aContext({}, { weight })));
      return verdict.numbers?.margin;
    });

    expect(margins).toEqual([0.02, 0.01, 0.005]);
  });

  test('a canary at weight 100 against the stable of before, with a wider margin, and says so', () => {
    const before = beginEvidence(origin, aBefore(rowsOf({ stable: [9_000, 45] })));
    const looks = looksAt(
      steadily(4, { canary: [1_000, 6] }),
      aContext({}, { weight: 100 }),
      beginStep(before, origin),
    );

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'pass', reason: 'NotWorse' });
    expect(lastOf('errors', looks).message).toContain('45 of 9,000 (0.5%) of stable before weight 100%');
    expect(lastOf('errors', looks).message).toContain(
      'within 1.5%, which is half as much again as before and the error margin, because the times differ',
    );
  });

  test('a canary at weight 100 against what stable did at the steps before', () => {
    const context = aContext();
    const first = judge(
      beginStep(beginEvidence(origin), origin),
      steadily(3, { canary: [100, 0], stable: [900, 9] }),
      context,
    );
    const last = beginStep(first.evidence, origin + 3 * slotMs);
    const looks = looksAt([aReading(3, { canary: [1_000, 15], stable: [0, 0] })], aContext({}, { weight: 100 }), last);

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'pass' });
    expect(lastOf('errors', looks).message).toContain('27 of 2,700 (1%) of stable before');
  });

  test('by the ceiling alone where stable is not known at all, and says so', () => {
    const looks = looksAt(steadily(2, { canary: [1_000, 3] }), aContext({ maxErrorRate: 0.01 }, { weight: 100 }));

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'pass', reason: 'WithinLimit' });
    expect(lastOf('errors', looks).message).toContain(
      'max-error-rate of 1% is kept. At weight 100% stable has no traffic',
    );
  });
});

describe('What counts as an error', () => {
  test('a gRPC status that blames the server does, although the HTTP code is 200', () => {
    const grpc = { protocol: 'grpc', grpcStatus: '14' };
    const rows = [
      aRow({ count: 1_350 }),
      aRow({ workload: 'cart-v2', count: 100 }),
      aRow({ workload: 'cart-v2', ...grpc, count: 50 }),
    ];
    const looks = looksAt([readingOf(0, rows), readingOf(1, rows)], aContext());

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'fail' });
    expect(lastOf('errors', looks).message).toContain('Failed: 50 with a gRPC server fault.');
  });

  test('requests without a response do, as far as stable has a smaller share of them', () => {
    const hung = { code: '0', flags: 'DC' };
    const rows = (canary: number, stable: number) => [
      aRow({ count: 2_700 - stable }),
      aRow({ ...hung, count: stable }),
      aRow({ workload: 'cart-v2', count: 300 - canary }),
      aRow({ workload: 'cart-v2', ...hung, count: canary }),
    ];
    const slots = (canary: number, stable: number) =>
      Array.from({ length: 12 }, (_, index) => readingOf(index, rows(canary, stable)));
    const alike = looksAt(slots(15, 135), aContext());
    const hanging = looksAt(slots(150, 135), aContext());

    expect(lastOf('errors', alike)).toMatchObject({ verdict: 'pass' });
    expect(lastOf('errors', alike).message).toContain(
      '180 of 3,600 (5%) canary requests failed against 1,620 of 32,400',
    );
    expect(lastOf('errors', hanging)).toMatchObject({ verdict: 'fail' });
    expect(lastOf('errors', hanging).message).toContain('without a response');
  });
});
