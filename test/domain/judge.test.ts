import { describe, expect, test } from 'vitest';
import type { SlotReading } from '../../src/domain/evidence.ts';
import { beginEvidence, beginStep, judge } from '../../src/domain/judge.ts';
import type { GateVerdict } from '../../src/domain/verdict.ts';
import {
  aContext,
  aDownReading,
  aReading,
  aRow,
  lastOf,
  looksAt,
  origin,
  readingOf,
  slotMs,
  steadily,
} from './gates/readings.ts';
import { bad, fine, fishy, fresh, wordOf } from './judging.ts';

describe('Slots', () => {
  test('advance the evidence, one by one', () => {
    const { evidence } = judge(fresh, steadily(3, fine), aContext());

    expect(evidence.through).toBe(origin + 3 * slotMs);
  });

  test('before the step and across its start are not among its counts', () => {
    const late = beginStep(fresh, origin + 1.5 * slotMs);
    const before = { canary: [300, 4], stable: [2_700, 9] } as const;
    const { evidence, verdicts } = judge(late, [...steadily(2, before), aReading(2, fine)], aContext());

    expect(evidence.through).toBe(origin + 3 * slotMs);
    expect(verdicts[0]?.message).toContain('1 of 300 (0.33%) canary requests failed against 9 of 2,700');
    expect(verdicts[0]?.numbers?.canary).toEqual({ requests: 300, failures: 1 });
  });

  test('before the step and across its start make no pass, however many there are', () => {
    const first = aReading(4, { canary: [30, 0], stable: [270, 1] });
    const late = judge(beginStep(fresh, origin + 3.5 * slotMs), [...steadily(4, fine), first], aContext());
    const inside = judge(fresh, [...steadily(4, fine), first], aContext());

    expect(late.verdicts[0]).toMatchObject({ verdict: 'undecided', reason: 'TooFewRequests' });
    expect(late.verdicts[0]?.message).toContain('The canary has received 30 of 100 requests');
    expect(wordOf('errors', inside.verdicts)).toBe('pass');
  });

  test.each([
    ['before the step', 1],
    ['across its start', 0.5],
  ])('%s condemn a canary that fails too often, and the sentence tells the counts that did', (_, start) => {
    const late = beginStep(fresh, origin + start * slotMs);
    const { verdicts } = judge(late, [aReading(0, bad)], aContext());

    expect(verdicts[0]).toMatchObject({ verdict: 'fail', reason: 'ErrorRateWorse' });
    expect(verdicts[0]?.message).toMatch(
      /^150 of 300 \(50%\) canary requests failed against 9 of 2,700 \(0\.33%\) of stable since the canary first had traffic, as its clients saw it \(reporter source\): worse than is tolerated\. Failed: 150 answered 5xx\. The difference is \S+ to \S+ points with 95% certainty\. The odds against chance are/,
    );
    expect(verdicts[0]?.numbers).toMatchObject({
      canary: { requests: 300, failures: 150 },
      stable: { requests: 2_700, failures: 9 },
    });
  });

  test('of the step before make no pass of the next, for which evidence is gathered anew', () => {
    const first = judge(fresh, steadily(4, fine), aContext());
    const next = judge(
      beginStep(first.evidence, origin + 4 * slotMs),
      [aReading(4, { canary: [30, 0], stable: [270, 1] })],
      aContext({}, { weight: 25 }),
    );

    expect(wordOf('errors', first.verdicts)).toBe('pass');
    expect(wordOf('errors', next.verdicts)).toBe('undecided');
  });

  test('of the step before still speak against the canary, because harm is judged over the whole rollout', () => {
    const alone = judge(fresh, [aReading(0, fishy)], aContext()).evidence;
    const first = judge(fresh, steadily(2, fishy), aContext());
    const [next, anew] = [first.evidence, alone].map((evidence) =>
      judge(beginStep(evidence, origin + 2 * slotMs), [aReading(2, fishy)], aContext()),
    );

    const odds = (verdicts: readonly GateVerdict[] = []): number => verdicts[0]?.numbers?.worse?.odds ?? 0;
    expect(wordOf('errors', first.verdicts)).toBe('undecided');
    expect(odds(next?.verdicts)).toBeGreaterThan(2 * odds(first.verdicts));
    expect(odds(next?.verdicts)).toBeGreaterThan(2 * odds(anew?.verdicts));
  });

  test('that condemned the canary have done so for good', () => {
    const first = judge(fresh, steadily(2, bad), aContext());
    const next = judge(
      beginStep(first.evidence, origin + 2 * slotMs),
      [aReading(2, fine)],
      aContext({}, { weight: 25 }),
    );

    expect(wordOf('errors', first.verdicts)).toBe('fail');
    expect(next.verdicts[0]).toEqual(first.verdicts[0]);
  });

  test('that were counted already count once', () => {
    const readings = steadily(3, fine);
    const once = judge(fresh, readings, aContext());
    const twice = judge(once.evidence, readings, aContext());

    expect(twice.evidence).toEqual(once.evidence);
    expect(twice.verdicts).toEqual(once.verdicts);
  });

  test('are judged by what stands when there is no new one', () => {
    const first = judge(fresh, steadily(2, fine), aContext());

    expect(judge(first.evidence, [], aContext()).verdicts).toEqual(first.verdicts);
  });

  test('that have not come yet leave every gate of the metrics without data', () => {
    const { verdicts } = judge(fresh, [], aContext());

    expect(verdicts.map(({ gate, verdict }) => [gate, verdict])).toEqual([
      ['errors', 'noData'],
      ['4xx', 'noData'],
      ['traffic', 'noData'],
      ['health', 'pass'],
    ]);
    expect(verdicts[0]?.message).toContain('No slot of the step at weight 10% has been read yet');
  });
});

describe('A slot without data', () => {
  const unreadable: SlotReading = {
    ...aReading(1, bad),
    unreadable: [
      { reporter: 'source', workload: 'cart-v2', namespace: 'shop', service: 'cart.shop.svc.cluster.local' },
    ],
  };

  test('is counted, not judged, when counts of the subject are unreadable, and the others still count', () => {
    const looks = looksAt([aReading(0, fine), unreadable, aReading(2, fine)], aContext());

    expect(looks.map((verdicts) => wordOf('errors', verdicts))).toEqual(['pass', 'noData', 'pass']);
    expect(lastOf('errors', looks.slice(0, 2))).toMatchObject({ reason: 'SlotUnreadable' });
    expect(lastOf('errors', looks.slice(0, 2)).message).toBe(
      'Some counts of cart-v2 in the slot that ended 2023-11-14T22:14:00.000Z may be a lifetime of requests, because their proxies were not scraped in the ' +
        'slot before; the slot is left out (1 of 2 of this step). If this goes on, scrape at least every 15s, or give Serin wider slots (--slot).',
    );
    expect(lastOf('errors', looks).message).toContain('2 of 600');
  });

  test('is no such thing when only others are unreadable', () => {
    const others = [{ reporter: 'source' as const, workload: 'other', namespace: 'shop', service: 'other' }];
    const looks = looksAt([{ ...aReading(0, fine), unreadable: others }], aContext());

    expect(wordOf('errors', looks[0] ?? [])).toBe('pass');
  });

  test('has no rows at all: a gap, or nothing scraped', () => {
    const looks = looksAt(
      [readingOf(0, []), aReading(1, fine), readingOf(2, [aRow({ workload: 'other' })])],
      aContext(),
    );

    expect(looks.map((verdicts) => verdicts[0]?.reason)).toEqual(['NoRequests', 'NotWorse', 'ReporterVanished']);
    expect(lastOf('traffic', looks)).toMatchObject({ verdict: 'noData' });
    expect(lastOf('errors', looks).message).toContain('(2 of 3 slots of this step lost)');
  });

  test('does not take back a proven failure', () => {
    const looks = looksAt([...steadily(2, bad), readingOf(2, [])], aContext());

    expect(wordOf('errors', looks[2] ?? [])).toBe('fail');
  });
});

describe('A source that is down', () => {
  test('makes every gate of the metrics say so, advances nothing, and leaves health to itself', () => {
    const first = judge(fresh, [aReading(0, fine), aDownReading(1), aReading(2, bad)], aContext());

    expect(first.evidence.through).toBe(origin + slotMs);
    expect(first.verdicts.map(({ gate, verdict }) => [gate, verdict])).toEqual([
      ['errors', 'sourceDown'],
      ['4xx', 'sourceDown'],
      ['traffic', 'sourceDown'],
      ['health', 'pass'],
    ]);
    expect(first.verdicts[0]).toMatchObject({
      reason: 'SourceUnreachable',
      message: expect.stringMatching(/^Prometheus cannot be reached\. What was counted before stands: 1 of 300/),
    });
  });

  test('does not take back a proven failure, and never makes one', () => {
    const proven = judge(fresh, steadily(2, bad), aContext());
    const half = judge(fresh, steadily(1, fishy), aContext());

    expect(wordOf('errors', judge(proven.evidence, [aDownReading(2)], aContext()).verdicts)).toBe('fail');
    expect(wordOf('errors', judge(half.evidence, [aDownReading(1)], aContext()).verdicts)).toBe('sourceDown');
  });

  test('leaves a before that could not be read as unknown', () => {
    expect(beginEvidence(origin, aDownReading(0))).toEqual(beginEvidence(origin));
  });
});

describe('Analysis that is off', () => {
  test('judges nothing but the pods', () => {
    const { evidence, verdicts } = judge(fresh, steadily(2, bad), aContext({ analysis: 'off' }));

    expect(verdicts.map(({ gate }) => gate)).toEqual(['health']);
    expect(evidence).toBe(fresh);
  });
});
