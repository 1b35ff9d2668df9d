import { describe, expect, test } from 'vitest';
import { beginEvidence, beginStep } from '../../../src/domain/judge.ts';
import { aBefore, aContext, aReading, lastOf, looksAt, origin, rowsOf, steadily } from './readings.ts';

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
