import { describe, expect, test } from 'vitest';
import { beginEvidence, beginStep } from '../../../src/domain/judge.ts';
import { logNormal, slowTail } from '../statistics/timings.ts';
import { lastVerdict, traffic, usual, verdictsOf } from './latency-looks.ts';
import { timedBefore, timedSlots } from './latency-slots.ts';
import { aContext, lastOf, looksAt, origin, readingOf, rowsOf, slotMs } from './readings.ts';

describe('The comparison with stable', () => {
  test('passes an equal canary without any setting, and says how it knows', () => {
    const verdict = lastVerdict({});

    expect(verdict).toMatchObject({ verdict: 'pass', reason: 'NotWorse' });
    expect(verdict.message).toMatch(
      /^\d+ of 1,2\d\d \([\d.]+%\) canary requests took over \d+ms against .* of stable, as its clients saw it \(reporter source\)\. It is shown to be less than 1\.96x slower \(at 100ms, 250ms\)\. The share over 250ms differs by/,
    );
    expect(verdict.numbers).toMatchObject({ fine: { needed: 10 }, worse: { needed: expect.closeTo(100 / 0.3) } });
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

  test('counts for that minute the slots before the step in which the canary is served', () => {
    const evidence = beginStep(beginEvidence(origin, timedBefore(usual, 20_000)), origin + 2 * slotMs);
    const slots = timedSlots({ ...traffic, canary: logNormal(400, 0.6), slots: 5 });

    const looks = looksAt(slots, aContext(), evidence);

    expect(lastOf('latency', looks.slice(0, 4))).toMatchObject({ verdict: 'undecided' });
    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'fail', reason: 'LatencyWorse' });
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

describe('Reporters', () => {
  test('are judged apart, and one that vanishes is missed', () => {
    const both = timedSlots({ ...traffic, reporters: ['source', 'destination'] });
    const one = timedSlots({ ...traffic, slots: 1 }, traffic.slots);
    const looks = looksAt([...both, ...one], aContext());

    expect(lastOf('latency', looks)).toMatchObject({ verdict: 'noData', reason: 'ReporterVanished' });
    expect(lastOf('latency', looks).message).toContain('Reporter destination');
  });
});
