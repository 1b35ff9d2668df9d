import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../src/domain/evidence.ts';
import { beginEvidence, beginStep, judge } from '../../src/domain/judge.ts';
import { aBefore, aContext, aReading, lastOf, looksAt, origin, rowsOf, slotMs, steadily } from './gates/readings.ts';
import { fine, fresh } from './judging.ts';

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
