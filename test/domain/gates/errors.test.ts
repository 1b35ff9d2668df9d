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
        '4 of 600 (0.67%) canary requests failed against 32 of 5,400 (0.59%) of stable, as its clients saw it (reporter source), within the error margin of 0.5%.',
      query: 'the requests',
    });
  });

  test('a canary at weight 100 against the stable of before, with twice the margin, and says so', () => {
    const before = beginEvidence(origin, aBefore(rowsOf({ stable: [9_000, 45] })));
    const looks = looksAt(
      steadily(2, { canary: [1_000, 13] }),
      aContext({}, { weight: 100 }),
      beginStep(before, origin),
    );

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'pass', reason: 'NotWorse' });
    expect(lastOf('errors', looks).message).toContain('45 of 9,000 (0.5%) of stable before weight 100%');
    expect(lastOf('errors', looks).message).toContain(
      'twice the error margin (1%, because stable is known only from before)',
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

describe('The errors gate fails', () => {
  test('a canary that fails more often beyond chance, at the second slot that proves it', () => {
    const looks = looksAt(steadily(4, { canary: [150, 15], stable: [1_350, 13] }), aContext());

    const verdicts = looks.map((verdicts) => verdicts[0]?.verdict);
    expect(verdicts).toEqual(['undecided', 'fail', 'fail', 'fail']);
    expect(lastOf('errors', looks.slice(0, 1)).message).toContain('The next slot has to say the same for a rollback.');
    expect(lastOf('errors', looks.slice(0, 2))).toEqual({
      gate: 'errors',
      verdict: 'fail',
      reason: 'ErrorRateWorse',
      message:
        '30 of 300 (10%) canary requests failed against 26 of 2,700 (0.96%) of stable, as its clients saw it (reporter source), more than the error ' +
        'margin of 0.5% allows. Failed: 30 answered 5xx. Chance explains this less than once in a thousand times, at 2 slots in a row.',
      query: 'the requests',
    });
  });

  test('nothing on one slot alone, however bad, nor on two with a better one in between', () => {
    const bad = aReading(0, { canary: [150, 15], stable: [1_350, 13] });
    const fine = aReading(1, { canary: [3_000, 30], stable: [27_000, 270] });
    const worst = aReading(2, { canary: [1_000, 200], stable: [9_000, 90] });
    const looks = looksAt([bad, fine, worst], aContext());

    const reasons = looks.map((verdicts) => verdicts[0]?.reason);
    expect(reasons).toEqual(['MarginNotMet', 'NotWorse', 'MarginNotMet']);
  });

  test('nothing by slots without canary requests: they are no second look', () => {
    const bad = aReading(0, { canary: [150, 40], stable: [1_350, 13] });
    const idle = aReading(1, { canary: [0, 0], stable: [1_350, 13] });
    const looks = looksAt([bad, idle, aReading(2, { canary: [150, 40], stable: [1_350, 13] })], aContext());

    expect(looks.map((verdicts) => verdicts[0]?.verdict)).toEqual(['undecided', 'undecided', 'fail']);
  });

  test('a canary over its ceiling, although stable is no better', () => {
    const looks = looksAt(steadily(3, { canary: [500, 40], stable: [4_500, 360] }), aContext({ maxErrorRate: 0.02 }));

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'fail', reason: 'ErrorRateAboveCeiling' });
    expect(lastOf('errors', looks).message).toContain('120 of 1,500 (8%) canary requests failed');
    expect(lastOf('errors', looks).message).toContain('max-error-rate allows 2%.');
  });

  test('a canary that cannot be reached, of which clients only see failures without a workload', () => {
    const looks = looksAt(
      steadily(3, { stable: [900, 2], lost: 100 }, { reporter: 'destination', stable: [900, 2] }),
      aContext(),
    );

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'fail', reason: 'ErrorRateWorse' });
    expect(lastOf('errors', looks).message).toContain('Failed: 300 that found no endpoint, beyond the usual level.');
  });

  test('nothing for failures without a workload that are usual for the service', () => {
    const before = beginEvidence(origin, aBefore(rowsOf({ stable: [9_000, 0], lost: 900 })));
    const looks = looksAt(
      steadily(4, { canary: [100, 0], stable: [900, 0], lost: 110 }),
      aContext(),
      beginStep(before, origin),
    );

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'pass' });
  });

  test('one reporter is enough, and the other need not have seen the canary', () => {
    const looks = looksAt(
      steadily(3, { canary: [100, 50], stable: [900, 2] }, { reporter: 'destination', stable: [900, 2] }),
      aContext(),
    );

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'fail' });
  });

  test('retried attempts that clients never saw, because the pods did', () => {
    const looks = looksAt(
      steadily(
        3,
        { canary: [500, 0], stable: [4_500, 0] },
        { reporter: 'destination', canary: [650, 150], stable: [4_500, 0] },
      ),
      aContext(),
    );

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'fail' });
    expect(lastOf('errors', looks).message).toContain('(reporter destination)');
  });

  test('a canary at weight 100 that is worse than stable was', () => {
    const before = beginEvidence(origin, aBefore(rowsOf({ stable: [9_000, 45] })));
    const looks = looksAt(
      steadily(2, { canary: [1_000, 60] }),
      aContext({}, { weight: 100 }),
      beginStep(before, origin),
    );

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'fail', reason: 'ErrorRateWorse' });
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
    expect(lastOf('errors', looks).message).toContain('Failed: 100 with a gRPC server fault.');
  });

  test('requests without a response do, as far as stable has a smaller share of them', () => {
    const hung = { code: '0', flags: 'DC' };
    const rows = (canary: number, stable: number) => [
      aRow({ count: 2_700 - stable }),
      aRow({ ...hung, count: stable }),
      aRow({ workload: 'cart-v2', count: 300 - canary }),
      aRow({ workload: 'cart-v2', ...hung, count: canary }),
    ];
    const alike = looksAt([readingOf(0, rows(15, 135)), readingOf(1, rows(15, 135))], aContext());
    const hanging = looksAt([readingOf(0, rows(150, 135)), readingOf(1, rows(150, 135))], aContext());

    expect(lastOf('errors', alike)).toMatchObject({ verdict: 'pass' });
    expect(lastOf('errors', alike).message).toContain('0 of 600 (0%) canary requests failed against 0 of 5,400');
    expect(lastOf('errors', hanging)).toMatchObject({ verdict: 'fail' });
    expect(lastOf('errors', hanging).message).toContain('300 without a response');
  });
});

describe('The errors gate is undecided', () => {
  test('below min-requests, and says how many are missing', () => {
    const looks = looksAt(steadily(2, { canary: [40, 40], stable: [360, 0] }), aContext({ minRequests: 1_000 }));

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'undecided', reason: 'TooFewRequests' });
    expect(lastOf('errors', looks).message).toContain(
      'The canary has received 80 of 1,000 requests that a verdict takes (min-requests)',
    );
  });

  test('when stable has too few requests to compare with', () => {
    const looks = looksAt(steadily(2, { canary: [900, 0], stable: [10, 0] }), aContext({}, { weight: 90 }));

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'undecided', reason: 'TooFewRequests' });
    expect(lastOf('errors', looks).message).toContain('Stable has received 20 of 100 requests');
  });

  test('when it looks worse but so few failures may be chance', () => {
    const looks = looksAt(steadily(2, { canary: [100, 2], stable: [900, 1] }), aContext());

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'undecided', reason: 'TooFewFailures' });
    expect(lastOf('errors', looks).message).toContain(
      '4 of 200 (2%) canary requests failed against 2 of 1,800 (0.11%) of stable',
    );
  });

  test('on a handful of failures, although requests are few and chance is no explanation', () => {
    const looks = looksAt(steadily(3, { canary: [5, 1], stable: [900, 0] }), aContext({ minRequests: 10 }));

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'undecided', reason: 'TooFewFailures' });
  });

  test('when it looks above its ceiling but so few failures may be chance', () => {
    const seen = { canary: [250, 8], stable: [2_250, 72] } as const;
    const looks = looksAt(steadily(4, seen), aContext({ maxErrorRate: 0.02 }));

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'undecided', reason: 'TooFewFailures' });
    expect(lastOf('errors', looks).message).toContain('32 of 1,000 (3.2%) canary requests failed');
    expect(lastOf('errors', looks).message).toContain('more than max-error-rate of 2% allows');
  });

  test('at weight 100 when stable had too few requests before, however bad it looks', () => {
    const before = beginEvidence(origin, aBefore(rowsOf({ stable: [50, 0] })));
    const context = aContext({}, { weight: 100 });
    const looks = looksAt(steadily(2, { canary: [1_000, 200] }), context, beginStep(before, origin));

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'undecided', reason: 'NoComparison' });
    expect(lastOf('errors', looks).message).toContain('it had only 50 requests before');
  });

  test('at weight 100 without a stable to compare with and without a ceiling', () => {
    const looks = looksAt(steadily(2, { canary: [1_000, 3] }), aContext({}, { weight: 100 }));

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'undecided', reason: 'NoComparison' });
    expect(lastOf('errors', looks).message).toContain('Set max-error-rate for such rollouts, or promote by hand.');
  });
});

describe('The errors gate has no data', () => {
  test('while the canary has received no requests, and says for how long and at what weight', () => {
    const looks = looksAt(steadily(3, { canary: [0, 0], stable: [500, 0] }), aContext());

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'noData', reason: 'NoRequests' });
    expect(lastOf('errors', looks).message).toBe(
      'The canary has received no requests in 45s at weight 10%, as its clients saw it (reporter source), while stable received 1,500. ' +
        'Look whether its clients follow the route, and whether its pods are ready.',
    );
  });

  test('when nobody has received requests', () => {
    const looks = looksAt(steadily(3, { canary: [0, 0], stable: [0, 0] }), aContext());

    expect(lastOf('errors', looks).message).toContain(
      'and neither has stable. There is nothing to judge until traffic comes.',
    );
  });

  test("when the canary's own proxies report nothing of what clients sent it", () => {
    const looks = looksAt(
      steadily(3, { canary: [100, 0], stable: [900, 0] }, { reporter: 'destination', stable: [900, 0] }),
      aContext(),
    );

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'noData', reason: 'NoRequests' });
    expect(lastOf('errors', looks).message).toContain(
      'although others report 300 to it. Look whether its pods have a sidecar and are scraped.',
    );
  });

  test('when a reporter that was there gives no rows any more', () => {
    const both = aReading(
      0,
      { canary: [200, 0], stable: [900, 0] },
      { reporter: 'destination', canary: [200, 0], stable: [900, 0] },
    );
    const looks = looksAt([both, aReading(1, { canary: [200, 0], stable: [900, 0] })], aContext());

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'noData', reason: 'ReporterVanished' });
    expect(lastOf('errors', looks).message).toContain('Reporter destination reported requests of this rollout before');
  });

  test('when a reporter of the time before the rollout gives no rows at all', () => {
    const before = beginEvidence(origin, aBefore(rowsOf({ reporter: 'destination', stable: [9_000, 45] })));
    const looks = looksAt(steadily(2, { canary: [200, 0], stable: [1_800, 0] }), aContext(), beginStep(before, origin));

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'noData', reason: 'ReporterVanished' });
  });
});
