import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/domain/evidence.ts';
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

/** Evidence of a stable of which 45 of 9,000 requests failed before the rollout. */
function knownStable(): Evidence {
  return beginStep(beginEvidence(origin, aBefore(rowsOf({ stable: [9_000, 45] }))), origin);
}

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
        worse: { odds: expect.closeTo(0.32, 1), needed: 200 },
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

describe('The errors gate fails', () => {
  test('a canary that fails more often beyond chance, as soon as the odds suffice', () => {
    const looks = looksAt(steadily(5, { canary: [150, 15], stable: [1_350, 13] }), aContext());

    const verdicts = looks.map((verdicts) => verdicts[0]?.verdict);
    expect(verdicts).toEqual(['undecided', 'undecided', 'fail', 'fail', 'fail']);
    expect(lastOf('errors', looks)).toEqual({
      gate: 'errors',
      verdict: 'fail',
      reason: 'ErrorRateWorse',
      message: expect.stringMatching(
        /^45 of 450 \(10%\) canary requests failed against 39 of 4,050 \(0\.96%\) of stable, as its clients saw it \(reporter source\): worse than is tolerated\. Failed: 45 answered 5xx\. The difference is at least \+3 points with 95% certainty\. The odds against chance are [\d,]+ to 1\.$/,
      ),
      query: 'the requests',
      numbers: expect.objectContaining({ canary: { requests: 450, failures: 45 } }),
    });
  });

  test('nothing for one bad slot among good ones, however often it is looked at', () => {
    const good = (index: number) => aReading(index, { canary: [150, 1], stable: [1_350, 9] });
    const bad = aReading(4, { canary: [150, 16], stable: [1_350, 9] });
    const looks = looksAt(
      [...Array.from({ length: 4 }, (_, index) => good(index)), bad, ...[5, 6, 7, 8, 9].map(good)],
      aContext(),
    );

    expect(looks.filter((verdicts) => verdicts.some(({ verdict }) => verdict === 'fail'))).toEqual([]);
  });

  test('an outage at its first slot, long before min-requests', () => {
    const looks = looksAt([aReading(0, { canary: [30, 30], stable: [270, 1] })], aContext());

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'fail', reason: 'ErrorRateWorse' });
  });

  test('a canary that turns bad at a later step, after it was good for long', () => {
    const context = aContext();
    const good = judge(
      beginStep(beginEvidence(origin), origin),
      steadily(60, { canary: [150, 1], stable: [1_350, 9] }),
      context,
    );
    const next = beginStep(good.evidence, origin + 60 * slotMs);
    const bad = Array.from({ length: 8 }, (_, index) =>
      aReading(60 + index, { canary: [375, 20], stable: [1_125, 8] }),
    );

    const looks = looksAt(bad, aContext({}, { weight: 25 }), next);

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'fail' });
  });

  test('nothing by slots without canary requests: they add no evidence', () => {
    const bad = aReading(0, { canary: [150, 14], stable: [1_350, 13] });
    const idle = [1, 2, 3, 4].map((index) => aReading(index, { canary: [0, 0], stable: [1_350, 13] }));
    const looks = looksAt([bad, ...idle], aContext());

    expect(looks.map((verdicts) => verdicts[0]?.verdict)).not.toContain('fail');
  });

  test('a canary over its ceiling where nothing is known of stable', () => {
    const looks = looksAt(steadily(8, { canary: [500, 40] }), aContext({ maxErrorRate: 0.02 }, { weight: 100 }));

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'fail', reason: 'ErrorRateAboveCeiling' });
    expect(lastOf('errors', looks).message).toContain('(8%) canary requests failed');
    expect(lastOf('errors', looks).message).toContain('max-error-rate allows 2%.');
  });

  test('a canary that cannot be reached, of which clients only see failures without a workload', () => {
    const looks = looksAt(
      steadily(3, { stable: [900, 2], lost: 100 }, { reporter: 'destination', stable: [900, 2] }),
      aContext(),
    );

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'fail', reason: 'ErrorRateWorse' });
    expect(lastOf('errors', looks).message).toContain('Failed: 71 that found no endpoint, beyond the usual level.');
  });

  test('nothing for what stable lost: the canary has its share of the requests', () => {
    const looks = looksAt(steadily(6, { canary: [100, 0], stable: [500, 1], lost: 400 }), aContext(), knownStable());

    expect(lastOf('errors', looks).verdict).not.toBe('fail');
    expect(lastOf('errors', looks).message).toContain('0 of 600 (0%) canary requests failed');
  });

  test('nothing for failures without a workload of which no level is known, as long as the canary has its share', () => {
    const looks = looksAt(steadily(10, { canary: [150, 1], stable: [1_350, 7], lost: 8 }), aContext());

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'pass' });
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

  test('a canary at weight 100 that jumps by thirty points, against the counts of before', () => {
    const looks = looksAt(steadily(2, { canary: [1_000, 305] }), aContext({}, { weight: 100 }), knownStable());

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'fail', reason: 'ErrorRateWorse' });
    expect(lastOf('errors', looks).message).toContain(
      '305 of 1,000 (30.5%) canary requests failed against 45 of 9,000 (0.5%) of stable before weight 100%',
    );
  });

  test('nothing at weight 100 for a jump of less than ten points, which an incident may be, and passes it neither', () => {
    for (const failed of [30, 60, 100]) {
      const looks = looksAt(steadily(40, { canary: [1_000, failed] }), aContext({}, { weight: 100 }), knownStable());

      expect(looks.filter((verdicts) => verdicts[0]?.verdict !== 'undecided')).toEqual([]);
      expect(lastOf('errors', looks)).toMatchObject({ reason: 'TooFewFailures' });
      expect(lastOf('errors', looks).numbers?.worse?.odds).toBeLessThan(1);
    }
  });

  test('at a step below 100 a canary that fails as much more often, because stable would share an incident', () => {
    const looks = looksAt(
      steadily(4, { canary: [500, 30], stable: [500, 3] }),
      aContext({}, { weight: 50 }),
      knownStable(),
    );

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'fail', reason: 'ErrorRateWorse' });
  });
});

describe('Slots before the start of a step', () => {
  const fishy = { canary: [150, 15], stable: [1_350, 13] } as const;
  const awaiting = (slots: number) => beginStep(beginEvidence(origin), origin + slots * slotMs);
  const sentence = (failed: string, usual: string): unknown =>
    expect.stringContaining(
      `${failed} canary requests failed against ${usual} of stable since the canary first had traffic`,
    );

  test('condemn together, also when the evidence was saved between them, and all of them are told', () => {
    const first = judge(awaiting(9), steadily(2, fishy), aContext());
    const saved = JSON.parse(JSON.stringify(first.evidence)) as Evidence;
    const [stood, revived] = [first.evidence, saved].map((evidence) =>
      judge(evidence, [aReading(2, fishy)], aContext()),
    );

    expect(first.verdicts[0]?.verdict).toBe('noData');
    expect(revived).toEqual(stood);
    expect(revived?.verdicts[0]).toMatchObject({
      verdict: 'fail',
      message: sentence('45 of 450 (10%)', '39 of 4,050 (0.96%)'),
      numbers: { canary: { requests: 450, failures: 45 }, stable: { requests: 4_050, failures: 39 } },
    });
    expect(revived?.verdicts[0]?.message).toContain('Failed: 45 answered 5xx.');
  });

  test('are told together with those of the step when it is the step that condemns', () => {
    const looks = looksAt(steadily(3, fishy), aContext(), awaiting(2));

    expect(looks.map((verdicts) => verdicts[0]?.verdict)).toEqual(['noData', 'noData', 'fail']);
    expect(lastOf('errors', looks)).toMatchObject({ message: sentence('45 of 450 (10%)', '39 of 4,050 (0.96%)') });
  });

  test('are told as long as they speak against the canary, also when the next step has begun', () => {
    const first = judge(awaiting(9), steadily(2, fishy), aContext());
    const next = beginStep(first.evidence, origin + 2 * slotMs);
    const looks = looksAt([aReading(2, fishy)], aContext(), next);
    const alone = looksAt([aReading(2, fishy)], aContext(), awaiting(2));

    expect(lastOf('errors', looks)).toMatchObject({
      verdict: 'fail',
      message: sentence('45 of 450 (10%)', '39 of 4,050 (0.96%)'),
    });
    expect(lastOf('errors', alone)).toMatchObject({ verdict: 'undecided' });
  });

  test('are told at a later step too where they had no response', () => {
    const hung = { code: '0', flags: 'DC' };
    const hanging = (index: number) =>
      readingOf(index, [
        aRow({ count: 1_337 }),
        aRow({ ...hung, count: 13 }),
        aRow({ workload: 'cart-v2', count: 120 }),
        aRow({ workload: 'cart-v2', ...hung, count: 30 }),
      ]);
    const first = judge(awaiting(9), [hanging(0)], aContext());
    const next = beginStep(first.evidence, origin + slotMs);
    const looks = looksAt([hanging(1)], aContext(), next);

    expect(lastOf('errors', looks)).toMatchObject({
      verdict: 'fail',
      message: sentence('60 of 300 (20%)', '26 of 2,700 (0.96%)'),
    });
  });

  test('at weight 100 say nothing of the canary', () => {
    const late = beginStep(beginEvidence(origin, aBefore(rowsOf({ stable: [9_000, 45] }))), origin + 2 * slotMs);
    const bad = { canary: [1_000, 500], stable: [10, 0] } as const;
    const looks = looksAt(
      [...steadily(2, bad), aReading(2, { canary: [1_000, 5] })],
      aContext({}, { weight: 100 }),
      late,
    );

    expect(looks.map((verdicts) => verdicts[0]?.verdict)).toEqual(['noData', 'noData', 'pass']);
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

describe('The errors gate is undecided', () => {
  test('below min-requests, and says how many are missing', () => {
    const looks = looksAt(steadily(5, { canary: [150, 1], stable: [1_350, 9] }), aContext({ minRequests: 1_000 }));

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'undecided', reason: 'TooFewRequests' });
    expect(lastOf('errors', looks).message).toContain(
      'The canary has received 750 of 1,000 requests that a pass takes (min-requests)',
    );
  });

  test('until the evidence suffices, and says how many requests and minutes that takes at this rate', () => {
    const looks = looksAt(steadily(4, { canary: [50, 0], stable: [50, 1] }), aContext({}, { weight: 50 }));

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'undecided', reason: 'TooFewRequests' });
    expect(lastOf('errors', looks).message).toMatch(
      /That does not exclude yet more than the error margin \(0\.5%\): 200 of about [\d,]+ requests, \d+m left at this rate\./,
    );
    expect(lastOf('errors', looks).numbers?.progress?.have).toBe(200);
  });

  test('while stable itself is sick, and says so, although the canary is no worse', () => {
    const before = beginStep(beginEvidence(origin, aBefore(rowsOf({ stable: [30_000, 150] }))), origin);
    const looks = looksAt(steadily(12, { canary: [500, 40], stable: [4_500, 360] }), aContext(), before);

    expect(looks.map((verdicts) => verdicts[0]?.verdict)).not.toContain('fail');
    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'undecided', reason: 'StableSick' });
    expect(lastOf('errors', looks).message).toContain(
      'Stable itself fails: about 8% of its requests in the last minutes, where it was 0.5% before the rollout',
    );
  });

  test('while stable is above the ceiling too, which then does not condemn the canary', () => {
    const looks = looksAt(steadily(8, { canary: [500, 40], stable: [4_500, 360] }), aContext({ maxErrorRate: 0.02 }));

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'undecided', reason: 'StableSick' });
    expect(lastOf('errors', looks).message).toContain('where max-error-rate allows 2%');
  });

  test('when it looks worse but so few failures may be chance', () => {
    const looks = looksAt(steadily(2, { canary: [100, 2], stable: [900, 1] }), aContext());

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'undecided', reason: 'TooFewFailures' });
    expect(lastOf('errors', looks).message).toContain(
      '4 of 200 (2%) canary requests failed against 2 of 1,800 (0.11%) of stable',
    );
  });

  test('at weight 100 without a failure on too few requests, and does not call it worse', () => {
    const before = beginStep(beginEvidence(origin, aBefore(rowsOf({ stable: [9_000, 0] }))), origin);
    const looks = looksAt(steadily(1, { canary: [40, 0] }), aContext({ minRequests: 10 }, { weight: 100 }), before);

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'undecided', reason: 'TooFewRequests' });
    expect(lastOf('errors', looks).message).not.toContain('worse');
  });

  test('on a handful of failures, although requests are few and chance is no explanation', () => {
    const looks = looksAt(steadily(3, { canary: [5, 1], stable: [900, 0] }), aContext({ minRequests: 10 }));

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'undecided', reason: 'TooFewFailures' });
  });

  test('when it looks above its ceiling but so few failures may be chance', () => {
    const looks = looksAt(steadily(4, { canary: [250, 6] }), aContext({ maxErrorRate: 0.02 }, { weight: 100 }));

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'undecided', reason: 'LooksAboveCeiling' });
    expect(lastOf('errors', looks).message).toContain('24 of 1,000 (2.4%) canary requests failed');
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
