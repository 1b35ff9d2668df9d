import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Evidence, SlotReading } from '../../src/domain/evidence.ts';
import { beginEvidence, beginStep, judge } from '../../src/domain/judge.ts';
import type { GateVerdict } from '../../src/domain/verdict.ts';
import {
  aBefore,
  aContext,
  aDownReading,
  aReading,
  aRow,
  lastOf,
  looksAt,
  origin,
  readingOf,
  rowsOf,
  type Seen,
  slotMs,
  steadily,
} from './gates/readings.ts';

const fresh = beginStep(beginEvidence(origin), origin);
const fine = { canary: [300, 1], stable: [2_700, 9] } as const;
const bad = { canary: [300, 150], stable: [2_700, 9] } as const;
const fishy = { canary: [300, 12], stable: [2_700, 9] } as const;

function wordOf(gate: string, verdicts: readonly GateVerdict[]): string | undefined {
  return verdicts.find((each) => each.gate === gate)?.verdict;
}

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

describe('Saved evidence', () => {
  const before = aBefore([
    ...rowsOf({ stable: [900, 3], lost: 4 }),
    ...rowsOf({ reporter: 'destination', stable: [900, 3] }),
  ]);

  test('is JSON, and carries on judging where it was saved', () => {
    const context = aContext({ maxErrorRate: 0.05 });
    const whole = judge(beginStep(beginEvidence(origin, before), origin), steadily(4, fine), context);
    const half = judge(beginStep(beginEvidence(origin, before), origin), steadily(2, fine), context);
    const saved = JSON.parse(JSON.stringify(half.evidence)) as Evidence;

    const resumed = judge(saved, steadily(4, fine), context);

    expect(saved).toEqual(half.evidence);
    expect(resumed).toEqual(whole);
  });

  const arm = { requests: 1, server: 2, grpc: 0, unanswered: 0 };
  const impossible = { canary: arm, stable: arm, past: arm, unattributed: 0, present: true, proven: 0 };
  const level = { requests: 0, unattributed: 0 };
  test.each([
    ['is malformed', { version: 1, state: { counted: { before: {}, reporters: { source: { canary: 'many' } } } } }],
    [
      'holds impossible counts',
      { version: 1, state: { counted: { before: {}, reporters: { source: { ...impossible, level } } } } },
    ],
    ['is of another version', { version: 99, state: { counted: { before: {}, reporters: {} } } }],
    ['is nothing', { version: 1, state: null }],
  ])('that %s starts anew and says so until the step is over', (_, state) => {
    const stood = judge(fresh, steadily(2, fine), aContext()).evidence;
    const damaged = { ...stood, gates: { ...stood.gates, errors: state } };
    const next = judge(damaged, [aReading(2, fine)], aContext());
    const later = judge(next.evidence, [aReading(3, fine)], aContext());
    const step = judge(beginStep(later.evidence, origin + 4 * slotMs), [aReading(4, fine)], aContext());

    const note = 'What this gate had saved of this step could not be read, so it began to count anew.';
    expect(next.verdicts[0]).toMatchObject({ verdict: 'pass', message: expect.stringContaining(note) });
    expect(later.verdicts[0]?.message).toMatch(/^2 of 600.* anew\.$/);
    expect(step.verdicts[0]?.message).not.toContain(note);
  });

  test('of a gate that is new in this version begins without a word', () => {
    const { traffic: _, ...others } = fresh.gates;
    const { verdicts } = judge({ ...fresh, gates: others }, steadily(1, fine), aContext());

    expect(lastOf('traffic', [verdicts])).toMatchObject({ verdict: 'pass' });
    expect(lastOf('traffic', [verdicts]).message).not.toContain('anew');
  });
});

const counts = fc.integer({ min: 0, max: 400 }).chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 0, max: n })));
const seen: fc.Arbitrary<Seen> = fc.record({
  reporter: fc.constantFrom('source', 'destination', 'waypoint'),
  canary: counts,
  stable: counts,
  lost: fc.integer({ min: 0, max: 50 }),
});
const pasts = fc.array(fc.array(seen, { maxLength: 3 }), { minLength: 1, maxLength: 8 });

describe('Whatever the slots hold', () => {
  test('the same readings give the same evidence, however they are cut into looks', () => {
    fc.assert(
      fc.property(pasts, fc.nat(8), (slots, cut) => {
        const readings = slots.map((each, index) => aReading(index, ...each));
        const once = judge(fresh, readings, aContext());
        const first = judge(fresh, readings.slice(0, cut), aContext());
        const saved = JSON.parse(JSON.stringify(first.evidence)) as Evidence;

        expect(judge(saved, readings, aContext())).toEqual(once);
      }),
    );
  });

  test('more canary errors never turn a failure into a pass', () => {
    fc.assert(
      fc.property(pasts, fc.nat(7), fc.nat(2), (slots, at, which) => {
        const more = slots.map((each, index) => {
          if (index !== at) return each;
          return each.map((one, place): Seen => (place === which ? { ...one, canary: failAll(one.canary) } : one));
        });
        const words = [slots, more].map((each) => {
          const readings = each.map((one, index) => aReading(index, ...one));
          return wordOf('errors', looksAt(readings, aContext({ maxErrorRate: 0.05 })).at(-1) ?? []);
        });

        expect(words).not.toEqual(['fail', 'pass']);
      }),
      { numRuns: 300 },
    );
  });

  test('the verdict does not depend on how rows are split', () => {
    fc.assert(
      fc.property(pasts, (slots) => {
        const whole = slots.map((each, index) => aReading(index, ...each));
        const split = whole.map((reading) => {
          const rows = reading.requests.flatMap((row) => [
            { ...row, count: Math.floor(row.count / 3) },
            { ...row, count: row.count - Math.floor(row.count / 3) },
          ]);
          return { ...reading, requests: rows.toReversed() };
        });

        expect(judge(fresh, split, aContext())).toEqual(judge(fresh, whole, aContext()));
      }),
    );
  });

  test('no sentence grows beyond what can be saved', () => {
    const down = { ...aDownReading(1), message: `Prometheus ${'is away '.repeat(500)}.` };
    const names = Array.from({ length: 9 }, (_, index) => `${'long-'.repeat(45)}${index}`);
    const subject = { ...aContext().subject, services: names };
    const lost = names.map((service) => ({ reporter: 'source' as const, workload: 'unknown', namespace: '', service }));
    const context = aContext({}, { subject });
    const said = [
      ...judge(fresh, [aReading(0, fine), down], context).verdicts,
      ...judge(fresh, [{ ...aReading(0, fine), unreadable: lost }], context).verdicts,
    ];

    expect(Math.max(...said.map(({ message }) => message.length))).toBe(1_000);
  });

  test('evidence stays small, also when foreign rows and thousands of bounds are read', () => {
    const bounds = Array.from({ length: 2_000 }, (_, index) => index + 1);
    const reporters = ['source', 'destination', 'waypoint'] as const;
    const latency = reporters.flatMap((reporter) =>
      ['cart-v1', 'cart-v2'].flatMap((workload) =>
        bounds.map((bound) => ({ reporter, workload, namespace: 'shop', bound, count: 1e9 + bound })),
      ),
    );
    const requests = reporters.flatMap((reporter) =>
      Array.from({ length: 500 }, (_, index) =>
        aRow({ reporter, workload: index < 2 ? `cart-v${index + 1}` : `w${index}`, count: 1e9 }),
      ),
    );
    const queries = { requests: 'q'.repeat(3_900), latency: 'q'.repeat(60_000) };
    const wide = { ...aBefore(requests, latency), queries };
    const begun = beginStep(beginEvidence(origin, wide), origin);
    const judged = judge(
      begun,
      [0, 1, 2].map((index) => ({ ...readingOf(index, requests, latency), queries })),
      aContext(),
    );

    expect(JSON.stringify({ begun, judged })).not.toContain('anew');
    expect(JSON.stringify(begun).length).toBeLessThan(40_000);
    expect(JSON.stringify(judged.evidence).length).toBeLessThan(24_000);
  });
});

function failAll(canary: Seen['canary']): readonly [number, number] {
  const requests = canary?.[0] ?? 0;
  return [requests, requests];
}

describe('A rollout whose gates cannot be read any more', () => {
  /** Evidence as an older version saved it after four slots, with stable's time before. */
  function unreadable(): Evidence {
    const before = beginStep(beginEvidence(origin, aBefore(rowsOf({ stable: [30_000, 30] }))), origin);
    const { evidence } = judge(
      before,
      steadily(4, { canary: [500, 0], stable: [500, 0] }),
      aContext({}, { weight: 50 }),
    );
    const gates = Object.entries(evidence.gates).map(([id, { state }]) => [id, { version: 0, state }] as const);
    return { ...evidence, gates: Object.fromEntries(gates) };
  }
  const later = (slots: number, seen: Parameters<typeof aReading>[1]) =>
    Array.from({ length: slots }, (_, index) => aReading(index + 4, seen));

  test('counts the step anew, so that a pass takes as much as it ever does', () => {
    const context = aContext({}, { weight: 50 });
    const one = looksAt(later(1, { canary: [90, 0], stable: [90, 0] }), context, unreadable());
    const many = looksAt(later(20, { canary: [500, 0], stable: [500, 1] }), context, unreadable());

    expect(lastOf('errors', one)).toMatchObject({ verdict: 'undecided', reason: 'TooFewRequests' });
    expect(lastOf('errors', one).message).toContain('could not be read, so it began to count anew.');
    expect(lastOf('errors', many)).toMatchObject({ verdict: 'pass', numbers: { canary: { requests: 10_000 } } });
  });

  test('neither passes nor condemns at weight 100, where stable is not known any more', () => {
    const context = aContext({}, { weight: 100 });
    const begun = beginStep(unreadable(), origin + 4 * slotMs);
    for (const seen of [{ canary: [1_000, 0] }, { canary: [1_000, 300] }] as const) {
      const looks = looksAt(later(20, seen), context, begun);

      expect(looks.flat().filter(({ verdict }) => verdict === 'fail')).toEqual([]);
      expect(lastOf('errors', looks)).toMatchObject({ verdict: 'undecided', reason: 'NoComparison' });
      expect(lastOf('errors', looks).message).toContain('it had only 0 requests before');
    }
  });

  test('does not charge the canary with failures without an endpoint that were there before', () => {
    const usual = { canary: [150, 0], stable: [1_350, 1], lost: 7 } as const;
    const looks = looksAt(later(40, usual), aContext(), unreadable());

    expect(looks.flat().filter(({ verdict }) => verdict === 'fail')).toEqual([]);
  });
});
