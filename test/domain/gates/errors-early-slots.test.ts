import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/domain/evidence.ts';
import { beginEvidence, beginStep, judge } from '../../../src/domain/judge.ts';
import {
  aBefore,
  aContext,
  aReading,
  aRow,
  lastOf,
  looksAt,
  origin,
  readingOf,
  rowsOf,
  slotMs,
  steadily,
} from './readings.ts';

describe('Slots before the start of a step', () => {
  const fishy = { canary: [150, 12], stable: [1_350, 13] } as const;
  const awaiting = (slots: number) => beginStep(beginEvidence(origin), origin + slots * slotMs);
  const sentence = (failed: string, usual: string): unknown =>
    expect.stringContaining(
      `${failed} canary requests failed against ${usual} of stable since the canary first had traffic`,
    );

  test('condemn together, also when the evidence was saved between them, and all of them are told', () => {
    const first = judge(awaiting(9), steadily(2, fishy), aContext());
    const saved = JSON.parse(JSON.stringify(first.evidence)) as Evidence;
    const [stood, revived] = [first.evidence, saved].map((evidence) =>
      judge(evidence, [aReading(2, fishy)], aContext()),
    );

    expect(first.verdicts[0]?.verdict).toBe('noData');
    expect(revived).toEqual(stood);
    expect(revived?.verdicts[0]).toMatchObject({
      verdict: 'fail',
      message: sentence('36 of 450 (8%)', '39 of 4,050 (0.96%)'),
      numbers: { canary: { requests: 450, failures: 36 }, stable: { requests: 4_050, failures: 39 } },
    });
    expect(revived?.verdicts[0]?.message).toContain('Failed: 36 answered 5xx.');
  });

  test('are told together with those of the step when it is the step that condemns', () => {
    const looks = looksAt(steadily(3, fishy), aContext(), awaiting(2));

    expect(looks.map((verdicts) => verdicts[0]?.verdict)).toEqual(['noData', 'noData', 'fail']);
    expect(lastOf('errors', looks)).toMatchObject({ message: sentence('36 of 450 (8%)', '39 of 4,050 (0.96%)') });
  });

  test('are told as long as they speak against the canary, also when the next step has begun', () => {
    const first = judge(awaiting(9), steadily(2, fishy), aContext());
    const next = beginStep(first.evidence, origin + 2 * slotMs);
    const looks = looksAt([aReading(2, fishy)], aContext(), next);
    const alone = looksAt([aReading(2, fishy)], aContext(), awaiting(2));

    expect(lastOf('errors', looks)).toMatchObject({
      verdict: 'fail',
      message: sentence('36 of 450 (8%)', '39 of 4,050 (0.96%)'),
    });
    expect(lastOf('errors', alone)).toMatchObject({ verdict: 'undecided' });
  });

  test('are told at a later step too where they had no response', () => {
    const hung = { code: '0', flags: 'DC' };
    const hanging = (index: number) =>
      readingOf(index, [
        aRow({ count: 1_337 }),
        aRow({ ...hung, count: 13 }),
        aRow({ workload: 'cart-v2', count: 120 }),
        aRow({ workload: 'cart-v2', ...hung, count: 30 }),
      ]);
    const first = judge(awaiting(9), [hanging(0)], aContext());
    const next = beginStep(first.evidence, origin + slotMs);
    const looks = looksAt([hanging(1)], aContext(), next);

    expect(lastOf('errors', looks)).toMatchObject({
      verdict: 'fail',
      message: sentence('60 of 300 (20%)', '26 of 2,700 (0.96%)'),
    });
  });

  test('at weight 100 say nothing of the canary', () => {
    const late = beginStep(beginEvidence(origin, aBefore(rowsOf({ stable: [9_000, 45] }))), origin + 2 * slotMs);
    const bad = { canary: [1_000, 500], stable: [10, 0] } as const;
    const looks = looksAt(
      [...steadily(2, bad), aReading(2, { canary: [1_000, 5] })],
      aContext({}, { weight: 100 }),
      late,
    );

    expect(looks.map((verdicts) => verdicts[0]?.verdict)).toEqual(['noData', 'noData', 'pass']);
  });
});
