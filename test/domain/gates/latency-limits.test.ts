import { describe, expect, test } from 'vitest';
import { beginEvidence, beginStep } from '../../../src/domain/judge.ts';
import type { LatencyLimit } from '../../../src/domain/plan.ts';
import { logNormal, slowTail } from '../statistics/timings.ts';
import { lastVerdict, p95, traffic, usual, verdictsOf } from './latency-looks.ts';
import { aTimedSlot, rowsOfTimes, timedBefore, timedSlots } from './latency-slots.ts';
import { aContext, lastOf, looksAt, origin } from './readings.ts';

const p99: LatencyLimit = { kind: 'absolute', quantile: 0.99, millis: 500, text: 'p99<500ms' };

describe('An absolute limit', () => {
  const fast = logNormal(80, 0.5);

  test('that is a bound is told exactly', () => {
    const verdict = lastVerdict({ canary: fast, stable: fast, slots: 16 }, aContext({ maxLatency: [p99] }));

    expect(verdict).toMatchObject({ verdict: 'pass' });
    const failed = lastVerdict({ canary: slowTail(80, 0.6, 0.08, 6) }, aContext({ maxLatency: [p99] }));
    expect(failed).toMatchObject({ verdict: 'fail' });
  });

  test('is broken by too many slow requests, also when stable is as slow', () => {
    const slow = logNormal(250, 0.6);
    const evidence = beginStep(beginEvidence(origin, timedBefore(slow, 20_000)), origin);
    const looks = looksAt(
      timedSlots({ ...traffic, canary: slow, stable: slow }),
      aContext({ maxLatency: [p99] }),
      evidence,
    );

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'fail', reason: 'LatencyAboveLimit' });
    expect(lastOf('latency', looks).message).toMatch(
      /^p99<500ms: \d+ of [\d,]+ \([\d.]+%\) canary requests took over 500ms, as its clients saw it \(reporter source\); 1% may \(a bucket bound, so this is exact\)\. The odds/,
    );
  });

  test('between two bounds says what either of them can show', () => {
    const between = aContext({ maxLatency: [{ ...p99, millis: 300, text: 'p99<300ms' }] });
    const verdict = lastVerdict({ slots: 30 }, between);

    expect(verdict).toMatchObject({ verdict: 'undecided', reason: 'MarginNotMet' });
    expect(verdict.message).toContain(
      '1% may over 300ms, which lies between these bucket bounds: the first can show that the limit is kept, the second that it is broken.',
    );
  });

  test('below the smallest bound can only be broken, and beyond the largest only be kept', () => {
    const bounds = [100, 250];
    const slot = (index: number) => {
      const rows = ['cart-v1', 'cart-v2'].flatMap((workload) =>
        rowsOfTimes(workload, { bounds, counts: [900, 95, 5] }),
      );
      return aTimedSlot(index, rows);
    };
    const readings = Array.from({ length: 10 }, (_, index) => slot(index));
    const low = looksAt(readings, aContext({ maxLatency: [{ ...p99, millis: 50, text: 'p99<50ms' }] }));
    const high = looksAt(readings, aContext({ maxLatency: [{ ...p99, millis: 900, text: 'p99<900ms' }] }));

    expect(lastOf('latency', low).message).toContain(
      'nothing can be told below it, so 50ms can be broken and never be kept',
    );
    expect(lastOf('latency', high)).toMatchObject({ verdict: 'pass' });
  });
});

describe('A limit relative to stable', () => {
  const context = aContext({ maxLatency: [p95] });

  test('tolerates what its author allows, and no more', () => {
    const within = verdictsOf({ canary: logNormal(90, 0.6), slots: 24 }, context);
    const beyond = lastVerdict({ canary: logNormal(140, 0.6), slots: 24 }, context);

    expect(within.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
    expect(within.at(-1)).toMatchObject({ verdict: 'pass', reason: 'WithinLimit' });
    expect(within.at(-1)?.message).toMatch(/^p95<1\.2x: /);
    expect(beyond).toMatchObject({ verdict: 'fail', reason: 'LatencyAboveLimit' });
  });

  test('does not look below its quantile', () => {
    const slowerBody = (time: number): number => (time < 60 ? Math.max(usual(time), 0.9) : usual(time));
    const verdicts = verdictsOf({ canary: slowerBody, slots: 24 }, context);

    expect(verdicts.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
    expect(lastVerdict({ canary: slowerBody, slots: 24 })).toMatchObject({ verdict: 'fail' });
  });
});
