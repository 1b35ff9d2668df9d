import { describe, expect, test } from 'vitest';
import { beginEvidence, beginStep } from '../../../src/domain/judge.ts';
import { p95 } from './latency-looks.ts';
import { aTimedSlot, rowsOfTimes } from './latency-slots.ts';
import { aBefore, aContext, lastOf, looksAt, origin, rowsOf } from './readings.ts';

describe('Where all requests of stable lie in one bucket', () => {
  const bounds = [100, 1_000, 10_000];
  type Counts = readonly [number, number, number, number];
  const looksOf = (canary: Counts, stable: Counts, context = aContext(), slots = 14) => {
    const past = rowsOfTimes('cart-v1', { bounds, counts: stable.map((count) => 15 * count) });
    const evidence = beginStep(beginEvidence(origin, aBefore(rowsOf({ stable: [1, 0] }), past)), origin);
    const rows = [
      ...rowsOfTimes('cart-v2', { bounds, counts: canary }),
      ...rowsOfTimes('cart-v1', { bounds, counts: stable }),
    ];
    return looksAt(
      Array.from({ length: slots }, (_, index) => aTimedSlot(index, rows)),
      context,
      evidence,
    );
  };
  const inside: Counts = [0, 1_350, 0, 0];
  const beyondAll: Counts = [0, 0, 0, 1_350];

  test('a canary whose requests lie there too passes, at the bound that closes the bucket', () => {
    const verdict = lastOf('latency', looksOf([0, 150, 0, 0], inside));

    expect(verdict).toMatchObject({ verdict: 'pass', reason: 'NotWorse' });
    expect(verdict.message).toMatch(/^0 of 1,500 \(0%\) canary requests took over 1000ms .* \(at 1000ms\)\./);
    expect(verdict.numbers?.margin).toBe(0.02);
  });

  test.each([
    ['a thirtieth', [0, 145, 5, 0]],
    ['all', [0, 0, 150, 0]],
  ] as const)('a canary of which %s of the requests leave it fails', (_, canary) => {
    const looks = looksOf(canary, inside);

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'fail', reason: 'LatencyWorse' });
    expect(lastOf('latency', looks).message).toContain('took over 1000ms against 0 of');
    expect(looks.filter((verdicts) => lastOf('latency', [verdicts]).verdict === 'pass')).toEqual([]);
  });

  test('beyond the largest bound nothing can be told, which holds up no plan that does not ask, and is said', () => {
    const looks = looksOf([0, 0, 0, 150], beyondAll);
    const asked = looksOf([0, 0, 0, 150], beyondAll, aContext({ maxLatency: [p95] }));

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'pass', reason: 'NoComparison' });
    expect(lastOf('latency', looks).message).toBe(
      'Latency is not judged. Nearly all requests of stable take over 10000ms, the largest bound, as its clients saw it (reporter source), so ' +
        "nothing can be told of their times. Set the proxies' histogram buckets.",
    );
    expect(lastOf('latency', asked)).toMatchObject({ verdict: 'undecided', reason: 'NoComparison' });
    expect(lastOf('latency', asked).message).toMatch(/^p95<1\.2x: Nearly all requests of stable take over 10000ms/);
  });
});

describe('Histograms with other buckets', () => {
  const counts = (bounds: readonly number[]) => bounds.map(() => 100).concat(10);
  const slots = (mine: readonly number[], theirs: readonly number[]) =>
    Array.from({ length: 10 }, (_, index) =>
      aTimedSlot(index, [
        ...rowsOfTimes('cart-v2', { bounds: mine, counts: counts(mine) }),
        ...rowsOfTimes('cart-v1', { bounds: theirs, counts: counts(theirs) }),
      ]),
    );

  test('are compared by the bounds they have in common', () => {
    const looks = looksAt(slots([50, 100, 250, 500], [50, 70, 100, 500]), aContext());

    expect(lastOf('latency', looks).numbers?.canary.requests).toBeGreaterThan(0);
    expect(lastOf('latency', looks).message).toMatch(/took over (50|100|500)ms/);
  });

  test('without a common bound are not judged, hold nothing up, and the sentence says what to do', () => {
    const looks = looksAt(slots([50, 100], [70, 140]), aContext());

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'pass', reason: 'NoComparison' });
    expect(lastOf('latency', looks).message).toContain('Latency is not judged.');
    expect(lastOf('latency', looks).message).toContain('different buckets without a bound in common');

    const asked = looksAt(slots([50, 100], [70, 140]), aContext({ maxLatency: [p95] }));
    expect(lastOf('latency', asked)).toMatchObject({ verdict: 'noData', reason: 'NoComparison' });
  });

  test('cannot be added up within one version', () => {
    const [some, others] = [
      rowsOfTimes('cart-v2', { bounds: [100, 500], counts: [900, 0, 0] }),
      rowsOfTimes('cart-v2', { bounds: [100, 300], counts: [900, 0, 0] }),
    ];
    const looks = looksAt([aTimedSlot(0, [...some, ...others])], aContext());

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'noData', reason: 'NoComparison' });
    expect(lastOf('latency', looks).message).toContain('were added up');
  });

  test('that all changed begin a new memory, and go on', () => {
    const looks = looksAt(
      [
        ...slots([50, 100], [50, 100]),
        ...slots([70, 140], [70, 140]).map((_, index) => slots([70, 140], [70, 140])[index]),
      ].flatMap((reading, index) => (reading === undefined ? [] : [{ ...reading, slot: shifted(index) }])),
      aContext(),
    );

    expect(lastOf('latency', looks).message).toMatch(/took over (70|140)ms/);
  });
});

function shifted(index: number) {
  const start = origin + index * 15_000;
  return { start, end: start + 15_000 };
}
