import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/domain/evidence.ts';
import { burstsIn } from '../../../src/domain/gates/bursts.ts';
import { beginEvidence, beginStep, judge } from '../../../src/domain/judge.ts';
import { phiOf } from '../../../src/domain/statistics/dispersion.ts';
import { aBefore, aContext, aDownReading, aReading, lastOf, looksAt, origin, rowsOf } from './readings.ts';

/** Half an hour in minutes, in which failures come fifteen at a time. */
const pattern = Array.from({ length: 30 }, (_, index) =>
  aReading(index - 40, { stable: [540, index % 5 === 2 ? 15 : 0] }),
);
const before = aBefore(rowsOf({ stable: [16_200, 90] }));

describe('The bursts of the time before', () => {
  test('are measured by reporter and workload, of those that are asked for', () => {
    const measured = burstsIn([...pattern, aDownReading(1)], ['shop/cart-v1']);
    const bursts = measured.source?.['shop/cart-v1'];

    expect(Object.keys(measured)).toEqual(['source']);
    expect(bursts === undefined ? 0 : phiOf(bursts.answered)).toBeGreaterThan(15);
    expect(bursts === undefined ? 0 : phiOf(bursts.client)).toBe(1);
  });

  test('keep the first burst of the canary from looking like an outage', () => {
    const burst = aReading(0, { canary: [30, 30], stable: [270, 0] });
    const context = aContext({ minRequests: 10 });
    const surprised = looksAt([burst], context, beginStep(beginEvidence(origin, before), origin));
    const warned = looksAt([burst], context, beginStep(beginEvidence(origin, before, pattern), origin));

    expect(lastOf('errors', surprised)).toMatchObject({ verdict: 'fail' });
    expect(lastOf('errors', warned)).toMatchObject({ verdict: 'undecided' });
    expect(lastOf('errors', warned).message).toContain("Stable's failures come in bursts, so they count");
  });

  test('do not hide an outage that goes on', () => {
    const outage = Array.from({ length: 8 }, (_, index) => aReading(index, { canary: [150, 150], stable: [1_350, 0] }));

    const looks = looksAt(outage, aContext(), beginStep(beginEvidence(origin, before, pattern), origin));

    expect(lastOf('errors', looks)).toMatchObject({ verdict: 'fail' });
  });

  test('are saved with the evidence until the first slot tells which workload is stable', () => {
    const begun = beginStep(beginEvidence(origin, before, pattern), origin);
    const saved = JSON.parse(JSON.stringify(begun)) as Evidence;
    const slot = aReading(0, { canary: [30, 30], stable: [270, 0] });

    expect(saved).toEqual(begun);
    expect(judge(saved, [slot], aContext())).toEqual(judge(begun, [slot], aContext()));
  });
});
