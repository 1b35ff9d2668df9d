import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/domain/evidence.ts';
import { beginEvidence, beginStep, judge } from '../../../src/domain/judge.ts';
import { aBefore, aContext, aReading, lastOf, looksAt, origin, rowsOf, slotMs, steadily } from './readings.ts';

/** Evidence of a stable of which 45 of 9,000 requests failed before the rollout. */
function knownStable(): Evidence {
  return beginStep(beginEvidence(origin, aBefore(rowsOf({ stable: [9_000, 45] }))), origin);
}

describe('The errors gate fails', () => {
  test('a canary that fails more often beyond chance, as soon as the odds suffice', () => {
    const looks = looksAt(steadily(5, { canary: [150, 12], stable: [1_350, 13] }), aContext());

    const verdicts = looks.map((verdicts) => verdicts[0]?.verdict);
    expect(verdicts).toEqual(['undecided', 'undecided', 'fail', 'fail', 'fail']);
    expect(lastOf('errors', looks)).toEqual({
      gate: 'errors',
      verdict: 'fail',
      reason: 'ErrorRateWorse',
      message: expect.stringMatching(
        /^36 of 450 \(8%\) canary requests failed against 39 of 4,050 \(0\.96%\) of stable, as its clients saw it \(reporter source\): worse than is tolerated\. Failed: 36 answered 5xx\. The difference is \+2 to \+25 points with 95% certainty\. The odds against chance are [\d,]+ to 1\.$/,
      ),
      query: 'the requests',
      numbers: expect.objectContaining({ canary: { requests: 450, failures: 36 } }),
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
