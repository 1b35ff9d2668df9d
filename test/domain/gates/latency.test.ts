import { describe, expect, test } from 'vitest';
import type { LatencyRow, Reporter } from '../../../src/domain/evidence.ts';
import { beginEvidence, beginStep } from '../../../src/domain/judge.ts';
import type { LatencyLimit } from '../../../src/domain/plan.ts';
import { aBefore, aContext, lastOf, looksAt, origin, readingOf, rowsOf } from './readings.ts';

const p99: LatencyLimit = { kind: 'absolute', quantile: 0.99, millis: 500, text: 'p99<500ms' };
const p95: LatencyLimit = { kind: 'relative', quantile: 0.95, factor: 1.2, text: 'p95<1.2x' };

/** Requests by the bound they fall under: `{ 250: 95, 500: 5 }` took up to 250 ms, or 250 to 500 ms. */
type Times = Readonly<Record<number, number>>;

function buckets(
  workload: string,
  times: Times,
  bounds: readonly number[],
  reporter: Reporter = 'source',
): readonly LatencyRow[] {
  const within = (bound: number): number =>
    Object.entries(times).reduce((sum, [time, count]) => sum + (Number(time) <= bound ? count : 0), 0);
  const all = [...bounds, Number.POSITIVE_INFINITY];
  return all.map((bound) => ({ reporter, workload, namespace: 'shop', bound, count: within(bound) }));
}

const defaultBounds = [100, 250, 500, 1_000, 2_500];

function aSlot(index: number, canary: Times, stable: Times = {}, bounds = defaultBounds) {
  const rows = rowsOf({ canary: [1, 0], stable: [1, 0] });
  return readingOf(index, rows, [...buckets('cart-v2', canary, bounds), ...buckets('cart-v1', stable, bounds)]);
}

function slots(count: number, canary: Times, stable: Times = {}, bounds = defaultBounds) {
  return Array.from({ length: count }, (_, index) => aSlot(index, canary, stable, bounds));
}

describe('An absolute limit that is a bound', () => {
  const context = aContext({ maxLatency: [p99] });

  test('passes when enough of the canary is within it', () => {
    const looks = looksAt(slots(2, { 100: 900, 250: 95, 1000: 5 }), context);

    expect(lastOf('latency', looks)).toEqual({
      gate: 'latency',
      verdict: 'pass',
      reason: 'WithinLimit',
      message:
        'p99<500ms: p99 of 2,000 canary requests is over 100ms and at most 250ms, as its clients saw it (reporter source).',
      query: 'the latencies',
    });
  });

  test('fails when more is beyond it than chance explains, at two slots in a row', () => {
    const looks = looksAt(slots(2, { 100: 900, 1000: 100 }), context);

    expect(looks.map((verdicts) => verdicts[1]?.verdict)).toEqual(['undecided', 'fail']);
    expect(lastOf('latency', looks)).toMatchObject({ reason: 'LatencyAboveLimit' });
    expect(lastOf('latency', looks).message).toContain('p99 of 2,000 canary requests is over 500ms and at most 1000ms');
  });

  test('is undecided when it looks too slow by a handful', () => {
    const looks = looksAt(slots(2, { 100: 97, 1000: 3 }), context);

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'undecided', reason: 'MarginNotMet' });
  });

  test('is undecided on a handful of slow requests, although chance is no explanation', () => {
    const few = aContext({ maxLatency: [p99], minRequests: 5 });

    expect(lastOf('latency', looksAt(slots(4, { 100: 2, 1000: 1 }), few))).toMatchObject({ verdict: 'undecided' });
  });

  test('is undecided on many slow requests that chance explains', () => {
    const looks = looksAt(slots(4, { 100: 985, 1000: 15 }), context);

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'undecided', reason: 'MarginNotMet' });
  });

  test('is undecided below min-requests, and without data before the first request', () => {
    const few = looksAt(slots(2, { 1000: 20 }), context);
    const none = looksAt(slots(2, {}), context);

    expect(lastOf('latency', few)).toMatchObject({ verdict: 'undecided', reason: 'TooFewRequests' });
    expect(lastOf('latency', few).message).toContain('40 of 100 canary requests');
    expect(lastOf('latency', none)).toMatchObject({ verdict: 'noData', reason: 'NoRequests' });
  });
});

describe('An absolute limit between two bounds', () => {
  const context = aContext({ maxLatency: [{ ...p99, millis: 300, text: 'p99<300ms' }] });

  test('passes when the bound below suffices', () => {
    expect(lastOf('latency', looksAt(slots(1, { 250: 999, 1000: 1 }), context))).toMatchObject({ verdict: 'pass' });
  });

  test('fails when even the bound above does not', () => {
    expect(lastOf('latency', looksAt(slots(2, { 250: 900, 1000: 100 }), context))).toMatchObject({ verdict: 'fail' });
  });

  test('cannot be told in between, and says what to do', () => {
    const looks = looksAt(slots(4, { 250: 900, 500: 100 }), context);

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'undecided', reason: 'MarginNotMet' });
    expect(lastOf('latency', looks).message).toContain(
      'Nothing is counted between the bounds 250ms and 500ms, so 300ms cannot be told; use a limit that is a bound',
    );
  });

  test('beyond the largest bound never fails', () => {
    const far = aContext({ maxLatency: [{ ...p99, millis: 60_000, text: 'p99<1m' }] });

    expect(lastOf('latency', looksAt(slots(3, { 250: 500, 9999: 500 }), far))).toMatchObject({ verdict: 'undecided' });
  });
});

describe('A limit relative to stable', () => {
  const context = aContext({ maxLatency: [p95] });
  const stable = { 100: 9_000, 250: 900, 500: 100 };

  test('passes a canary that is as fast', () => {
    const looks = looksAt(slots(2, { 100: 900, 250: 90, 500: 10 }, stable), context);

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'pass', reason: 'WithinLimit' });
    expect(lastOf('latency', looks).message).toContain('about 1.00x that of stable (over 100ms and at most 250ms)');
  });

  test('fails a canary whose slow requests are over a bound that stable slowed by the factor would keep', () => {
    const looks = looksAt(slots(2, { 100: 700, 1000: 300 }, stable), context);

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'fail', reason: 'LatencyAboveLimit' });
  });

  test('is undecided when slow requests may still be within the factor, because the bucket says no more', () => {
    const looks = looksAt(slots(4, { 100: 700, 500: 300 }, stable), context);

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'undecided', reason: 'MarginNotMet' });
  });

  test('is undecided when both lie within one bucket, where the estimate is no proof', () => {
    const looks = looksAt(slots(4, { 100: 500, 250: 500 }, { 100: 9_400, 250: 600 }), context);

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'undecided', reason: 'MarginNotMet' });
    expect(lastOf('latency', looks).message).toContain(
      'That looks too slow; it may still be chance, or lie within one bucket.',
    );
  });

  test('has nothing to compare with while stable has too few requests', () => {
    const looks = looksAt(slots(2, { 100: 900 }, { 100: 10 }), context);

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'undecided', reason: 'NoComparison' });
  });

  test('is held against the stable of before at weight 100, with twice the tolerance', () => {
    const before = aBefore(rowsOf({ stable: [1, 0] }), buckets('cart-v1', stable, defaultBounds));
    const evidence = beginStep(beginEvidence(origin, before), origin);
    const looks = looksAt(
      slots(2, { 100: 900, 250: 90, 500: 10 }),
      aContext({ maxLatency: [p95] }, { weight: 100 }),
      evidence,
    );

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'pass' });
    expect(lastOf('latency', looks).message).toContain('before weight 100%, where 1.4x is allowed');
  });
});

describe('The latency gate', () => {
  test('lets the worst of several limits decide', () => {
    const context = aContext({ maxLatency: [{ ...p99, millis: 2_500, text: 'p99<2.5s' }, p99] });

    expect(lastOf('latency', looksAt(slots(2, { 100: 900, 1000: 100 }), context)).message).toMatch(/^p99<500ms: /);
  });

  test('does not add up proxies with different buckets', () => {
    const context = aContext({ maxLatency: [p99] });
    const some = buckets('cart-v2', { 100: 900 }, [100, 500]);
    const others = buckets('cart-v2', { 100: 900 }, [100, 300]);
    const looks = looksAt([readingOf(0, rowsOf({ canary: [1, 0] }), [...some, ...others])], context);

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'undecided', reason: 'NoComparison' });
    expect(lastOf('latency', looks).message).toContain('different buckets');
  });

  test('is not there in a plan without limits', () => {
    const looks = looksAt(slots(1, { 100: 900 }), aContext());

    expect(looks[0]?.map(({ gate }) => gate)).toEqual(['errors', 'traffic', 'health']);
  });
});
