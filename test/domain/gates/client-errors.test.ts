import { describe, expect, test } from 'vitest';
import type { SlotReading } from '../../../src/domain/evidence.ts';
import { beginEvidence, beginStep } from '../../../src/domain/judge.ts';
import { aBefore, aContext, aRow, lastOf, looksAt, origin, readingOf } from './readings.ts';

/** Slots in which so many of 150 canary requests and of 1,350 of stable were turned away with a status. */
function turnedAway(slots: number, canary: number, stable: number, code = '403'): readonly SlotReading[] {
  return Array.from({ length: slots }, (_, index) =>
    readingOf(index, [
      aRow({ count: 1_350 - stable }),
      aRow({ code, count: stable }),
      aRow({ workload: 'cart-v2', count: 150 - canary }),
      aRow({ workload: 'cart-v2', code, count: canary }),
    ]),
  );
}

describe('The 4xx gate', () => {
  test('passes a canary that turns away no more callers than stable, with a margin four times as wide', () => {
    const verdict = lastOf('4xx', looksAt(turnedAway(10, 6, 50), aContext()));

    expect(verdict).toMatchObject({ verdict: 'pass', reason: 'NotWorse' });
    expect(verdict.message).toContain(
      '60 of 1,500 (4%) canary requests were answered 4xx against 500 of 13,500 (3.7%) of stable, as its clients saw it (reporter source), ' +
        'within 8%, which is four times the error margin (2%) over the 25% that come next.',
    );
    expect(verdict.numbers).toMatchObject({ margin: 0.08, worse: { needed: 1_000 }, fine: { needed: 10 } });
  });

  test('fails one whose policies refuse what stable lets through', () => {
    const looks = looksAt(turnedAway(6, 60, 10), aContext());

    expect(lastOf('4xx', looks)).toMatchObject({ verdict: 'fail', reason: 'ClientErrorsWorse' });
    expect(lastOf('4xx', looks).message).toContain('canary requests were answered 4xx against');
    expect(lastOf('errors', looks)).not.toMatchObject({ verdict: 'fail' });
  });

  test('counts a gRPC status that blames the caller', () => {
    const slots = Array.from({ length: 6 }, (_, index) =>
      readingOf(index, [
        aRow({ count: 1_350 }),
        aRow({ workload: 'cart-v2', count: 90 }),
        aRow({ workload: 'cart-v2', protocol: 'grpc', grpcStatus: '7', count: 60 }),
      ]),
    );

    expect(lastOf('4xx', looksAt(slots, aContext()))).toMatchObject({ verdict: 'fail' });
  });

  test('does not condemn a canary for what both answer when callers err, as they do at times', () => {
    const looks = looksAt([...turnedAway(20, 5, 45), ...turnedAway(20, 60, 540)], aContext());

    expect(looks.filter((verdicts) => verdicts.some(({ verdict }) => verdict === 'fail'))).toEqual([]);
  });

  test('is undecided while the evidence does not suffice, and says what is missing', () => {
    const verdict = lastOf('4xx', looksAt(turnedAway(2, 45, 405), aContext({}, { weight: 50 })));

    expect(verdict).toMatchObject({ verdict: 'undecided', reason: 'TooFewRequests' });
    expect(verdict.message).toMatch(
      /That does not exclude yet more than four times the error margin \(2%\): 300 of about [\d,]+ requests/,
    );
  });

  test('holds a canary at weight 100 against the stable of before', () => {
    const at100 = aContext({}, { weight: 100 });
    const before = beginStep(
      beginEvidence(origin, aBefore([aRow({ count: 9_000 }), aRow({ code: '404', count: 300 })])),
      origin,
    );
    const rows = (refused: number) => [
      aRow({ workload: 'cart-v2', count: 1_000 - refused }),
      aRow({ workload: 'cart-v2', code: '404', count: refused }),
    ];
    const slots = (refused: number) => Array.from({ length: 8 }, (_, index) => readingOf(index, rows(refused)));

    expect(lastOf('4xx', looksAt(slots(30), at100, before))).toMatchObject({ verdict: 'pass', reason: 'NotWorse' });
    expect(lastOf('4xx', looksAt(slots(120), at100, before))).toMatchObject({ verdict: 'undecided' });
    expect(lastOf('4xx', looksAt(slots(300), at100, before))).toMatchObject({ verdict: 'fail' });
  });

  test('never passes unproven at weight 100 where stable is not known', () => {
    const at100 = aContext({}, { weight: 100 });
    const slots = (refused: number) =>
      Array.from({ length: 8 }, (_, index) =>
        readingOf(index, [
          aRow({ workload: 'cart-v2', count: 1_000 - refused }),
          aRow({ workload: 'cart-v2', code: '404', count: refused }),
        ]),
      );

    const refused = lastOf('4xx', looksAt(slots(300), at100));
    expect(refused).toMatchObject({ verdict: 'undecided', reason: 'NoComparison' });
    expect(refused.message).toBe(
      '2,400 of 8,000 (30%) canary requests were answered 4xx, as its clients saw it (reporter source). At weight 100% stable has no traffic, and it had ' +
        'only 0 requests before, so there is nothing to compare with. Promote by hand if so many are usual.',
    );
    const none = lastOf('4xx', looksAt(slots(3), at100));
    expect(none).toMatchObject({ verdict: 'pass', reason: 'WithinLimit' });
    expect(none.message).toContain('whatever stable was like, with 95% certainty at most');
    expect(none.message).toContain('within four times the error margin (2%)');
    expect(lastOf('4xx', looksAt(slots(0).slice(0, 1), at100))).toMatchObject({ verdict: 'pass' });
    expect(lastOf('4xx', looksAt(slots(19), at100))).toMatchObject({ verdict: 'undecided', reason: 'NoComparison' });
  });

  test('has a margin of all requests at most, and says so', () => {
    const half = lastOf('4xx', looksAt(turnedAway(1, 75, 50), aContext({ errorMargin: 0.2 })));
    const full = lastOf('4xx', looksAt(turnedAway(1, 75, 50), aContext({ errorMargin: 1 })));

    for (const { numbers, message } of [half, full]) {
      expect(numbers?.margin).toBe(1);
      expect(message).not.toMatch(/[2-9]00%/);
    }
    expect(half.message).toContain('four times the error margin, which is 100% at this weight');
  });

  test('says that stable has had no requests, and not 0 of 0', () => {
    const looks = looksAt([readingOf(0, [aRow({ workload: 'cart-v2', count: 150 })])], aContext());

    for (const gate of ['errors', '4xx']) expect(lastOf(gate, looks).message).not.toMatch(/\b0 of 0\b/);
    expect(lastOf('4xx', looks).message).toContain(
      '0 of 150 (0%) canary requests were answered 4xx, while stable had no requests, as its clients saw it (reporter source). That does not',
    );
  });

  test('has no data while the canary has had no request', () => {
    const looks = looksAt([readingOf(0, [aRow({ count: 100 })])], aContext());

    expect(lastOf('4xx', looks)).toMatchObject({ verdict: 'noData', reason: 'NoRequests' });
  });
});
