import { describe, expect, test } from 'vitest';
import type { JudgeContext } from '../../../src/domain/gate.ts';
import { beginEvidence, beginStep } from '../../../src/domain/judge.ts';
import type { LatencyLimit } from '../../../src/domain/plan.ts';
import type { GateVerdict } from '../../../src/domain/verdict.ts';
import { logNormal, slowTail } from '../statistics/timings.ts';
import { aTimedSlot, rowsOfTimes, type Traffic, timedBefore, timedSlots } from './latency-slots.ts';
import { aBefore, aContext, lastOf, looksAt, origin, readingOf, rowsOf } from './readings.ts';

const p99: LatencyLimit = { kind: 'absolute', quantile: 0.99, millis: 500, text: 'p99<500ms' };
const p95: LatencyLimit = { kind: 'relative', quantile: 0.95, factor: 1.2, text: 'p95<1.2x' };
const usual = logNormal(80, 0.6);
const traffic: Traffic = { canary: usual, stable: usual, canaryRequests: 150, stableRequests: 1_350, slots: 12 };

/** The latency gate's verdicts, look by look. */
function verdictsOf(more: Partial<Traffic>, context: JudgeContext = aContext()): readonly GateVerdict[] {
  const evidence = beginStep(beginEvidence(origin, timedBefore(usual, 20_000)), origin);
  const looks = looksAt(timedSlots({ ...traffic, ...more }), context, evidence);
  return looks.map((_, index) => lastOf('latency', looks.slice(0, index + 1)));
}

function lastVerdict(more: Partial<Traffic>, context?: JudgeContext): GateVerdict {
  const last = verdictsOf(more, context).at(-1);
  if (last === undefined) throw new Error('There was no look.');
  return last;
}

describe('The comparison with stable', () => {
  test('passes an equal canary without any setting, and says how it knows', () => {
    const verdict = lastVerdict({});

    expect(verdict).toMatchObject({ verdict: 'pass', reason: 'NotWorse' });
    expect(verdict.message).toMatch(
      /^\d+ of 1,2\d\d \([\d.]+%\) canary requests took over \d+ms against .* of stable, as its clients saw it \(reporter source\)\. It is shown to be less than 1\.96x slower \(at 100ms, 250ms\)\. The share over 250ms differs by/,
    );
    expect(verdict.numbers).toMatchObject({ fine: { needed: 10 }, worse: { needed: 250 } });
    expect(verdict.numbers?.fine?.odds).toBeGreaterThanOrEqual(10);
  });

  test.each([
    ['slower by half', logNormal(120, 0.6), 'took over 100ms'],
    ['slower in the slowest twentieth only', slowTail(80, 0.6, 0.05, 3), 'took over 500ms'],
  ])('fails a canary that is %s, and shows where', (_, canary, where) => {
    const verdict = lastVerdict({ canary });

    expect(verdict).toMatchObject({ verdict: 'fail', reason: 'LatencyWorse' });
    expect(verdict.message).toContain('Slower than stable, beyond the 1.05x that is tolerated: ');
    expect(verdict.message).toContain(where);
  });

  test('does not judge the first minute of the canary', () => {
    const verdicts = verdictsOf({ canary: logNormal(400, 0.6), slots: 5 });

    expect(verdicts.slice(0, 4).map(({ verdict }) => verdict)).toEqual(Array.from({ length: 4 }, () => 'undecided'));
    expect(verdicts[1]?.message).toBe(
      'No canary request has been timed yet: the first 1m of its traffic are not, because a new pod is slow at first; 30s left.',
    );
  });

  test('says how many requests a pass still takes', () => {
    const verdict = lastVerdict({ canaryRequests: 15, stableRequests: 135, slots: 6 }, aContext({ minRequests: 10 }));

    expect(verdict).toMatchObject({ verdict: 'undecided', reason: 'TooFewRequests' });
    expect(verdict.message).toMatch(
      /That does not exclude yet that it is 1\.96x slower: \d+ of about \d+ requests, \d+m left/,
    );
    expect(verdict.numbers?.progress?.need).toBeGreaterThan(verdict.numbers?.progress?.have ?? 0);
  });

  test.each([
    ['at weight 100, slower than a pass allows and not yet than a rollback takes', 100, logNormal(160, 0.6)],
    ['beside stable, in the slots before it is condemned', 50, logNormal(118, 0.6)],
  ])('promises no pass to a canary that is on the wrong side: %s', (_, weight, canary) => {
    const stableRequests = weight === 100 ? 0 : 12;
    const verdicts = verdictsOf(
      { canary, canaryRequests: 12, stableRequests, slots: 60 },
      aContext({ minRequests: 10 }, { weight }),
    );
    const open = verdicts.filter(
      ({ verdict, numbers }) => verdict === 'undecided' && (numbers?.canary.requests ?? 0) > 150,
    );

    expect(open.length).toBeGreaterThan(1);
    expect(open.filter(({ numbers }) => numbers?.progress !== undefined)).toEqual([]);
    for (const { message } of open) expect(message).toContain('At what has been seen, a pass is not in sight.');
  });

  test('is stricter the more people the next step reaches', () => {
    const wide = lastVerdict({ slots: 16 }, aContext({}, { weight: 10 }));
    const middle = lastVerdict({ slots: 16 }, aContext({}, { weight: 25 }));
    const strict = lastVerdict({ slots: 16 }, aContext({}, { weight: 50 }));

    expect(wide.message).toContain('less than 1.96x slower');
    expect(middle.message).toContain('less than 1.61x slower');
    expect(strict.message).toContain('less than 1.4x slower');
  });

  test('goes by the past of stable at weight 100, with wider terms that are said', () => {
    const verdict = lastVerdict({ stableRequests: 0, canaryRequests: 1_500 }, aContext({}, { weight: 100 }));
    const slow = lastVerdict(
      { stableRequests: 0, canaryRequests: 1_500, canary: logNormal(400, 0.6) },
      aContext({}, { weight: 100 }),
    );

    expect(verdict).toMatchObject({ verdict: 'pass', reason: 'NotWorse' });
    expect(verdict.message).toContain('of stable before weight 100%');
    expect(verdict.message).toContain('less than 1.68x slower');
    expect(slow).toMatchObject({ verdict: 'fail', reason: 'LatencyWorse' });
    expect(slow.message).toContain('beyond the 3.15x that is tolerated');
  });

  test('neither passes nor condemns a canary at weight 100 that is up to three times as slow as stable was', () => {
    for (const median of [160, 240]) {
      const verdicts = verdictsOf(
        { stableRequests: 0, canaryRequests: 1_500, canary: logNormal(median, 0.6), slots: 30 },
        aContext({}, { weight: 100 }),
      );

      expect(verdicts.filter(({ verdict }) => verdict !== 'undecided')).toEqual([]);
      expect(verdicts.at(-1)?.numbers?.worse?.odds).toBeLessThan(1);
      expect(verdicts.at(-1)?.numbers?.fine?.odds).toBeLessThan(1);
    }
  });

  test('is not there while nobody has timed anything, and no limit asks for it', () => {
    const looks = looksAt([readingOf(0, rowsOf({ canary: [1, 0], stable: [1, 0] }))], aContext());

    expect(looks[0]?.map(({ gate }) => gate)).not.toContain('latency');
  });

  test('needs a stable to compare with', () => {
    const evidence = beginStep(beginEvidence(origin), origin);
    const looks = looksAt(timedSlots({ ...traffic, stableRequests: 0 }), aContext(), evidence);

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'undecided', reason: 'NoComparison' });
    expect(lastOf('latency', looks).message).toContain('Stable has had only 0 requests to compare with');
  });
});

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

describe('Reporters', () => {
  test('are judged apart, and one that vanishes is missed', () => {
    const both = timedSlots({ ...traffic, reporters: ['source', 'destination'] });
    const one = timedSlots({ ...traffic, slots: 1 }, traffic.slots);
    const looks = looksAt([...both, ...one], aContext());

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'noData', reason: 'ReporterVanished' });
    expect(lastOf('latency', looks).message).toContain('Reporter destination');
  });
});

function shifted(index: number) {
  const start = origin + index * 15_000;
  return { start, end: start + 15_000 };
}
