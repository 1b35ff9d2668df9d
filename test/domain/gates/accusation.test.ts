import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/domain/evidence.ts';
import type { GateContext, GateSlot } from '../../../src/domain/gate.ts';
import { clientErrorsGate } from '../../../src/domain/gates/client-errors.ts';
import { latencyGate } from '../../../src/domain/gates/latency.ts';
import { standsOut } from '../../../src/domain/gates/spans.ts';
import { beginEvidence, beginStep, judge } from '../../../src/domain/judge.ts';
import type { GateVerdict } from '../../../src/domain/verdict.ts';
import { logNormal } from '../statistics/timings.ts';
import { timedBefore, timedSlots } from './latency-slots.ts';
import { aBefore, aContext, aReading, aRow, lastOf, looksAt, origin, rowsOf, slotMs, steadily } from './readings.ts';

const fine = { canary: [300, 1], stable: [2_700, 9] } as const;
const bad = { canary: [300, 60], stable: [2_700, 9] } as const;
const known = beginEvidence(origin, aBefore(rowsOf({ stable: [90_000, 300] })));

function errorsOf(verdicts: readonly GateVerdict[]): GateVerdict {
  return lastOf('errors', [verdicts]);
}

const context: GateContext = { ...aContext(), countedMs: 60_000, slight: {} };

describe('A canary that is convicted by slots before its step', () => {
  test('is told what convicted it, in words and in numbers, and so for good', () => {
    const late = beginStep(known, origin + 1.5 * slotMs);
    const { evidence, verdicts } = judge(late, steadily(2, bad), aContext());

    const said = errorsOf(verdicts);
    expect(said).toMatchObject({ verdict: 'fail', reason: 'ErrorRateWorse' });
    expect(said.message).toMatch(
      /^(60 of 300|120 of 600) \(20%\) canary requests failed against (9 of 2,700|18 of 5,400) \(0\.33%\) of stable since the canary first had traffic, as its clients saw it \(reporter source\): worse than is tolerated\. Failed: \d+ answered 5xx\. The difference is \+\d/,
    );
    const { canary, stable, interval } = said.numbers ?? expect.fail('There are no numbers.');
    expect(canary.failures / canary.requests).toBe(0.2);
    expect(said.message).toContain(`${canary.failures} of ${canary.requests}`);
    expect((stable?.failures ?? 0) / (stable?.requests ?? 1)).toBeCloseTo(1 / 300, 6);
    expect(interval?.low).toBeGreaterThan(0.1);
    expect(interval?.low).toBeLessThan(0.1967);
    expect(interval?.high).toBeGreaterThan(0.1967);
    expect(said.numbers).not.toHaveProperty('fine');

    const later = judge(evidence, [aReading(2, fine)], aContext());
    expect(errorsOf(later.verdicts)).toMatchObject(said);
  });

  test('at a later step is told since when, without what was good for long', () => {
    const first = judge(beginStep(known, origin), steadily(40, fine), aContext());
    const late = beginStep(first.evidence, origin + 42 * slotMs);
    const { verdicts } = judge(late, [aReading(40, bad), aReading(41, bad)], aContext({}, { weight: 25 }));

    expect(errorsOf(verdicts)).toMatchObject({ verdict: 'fail' });
    expect(errorsOf(verdicts).message).toMatch(/\(20%\) .* of stable since the last change of its weight, as/);
  });

  test('is told of all steps where all of them convict it, and then of no interval', () => {
    const slightly = { canary: [300, 10], stable: [2_700, 9] } as const;
    let evidence: Evidence = beginStep(known, origin);
    let verdicts: readonly GateVerdict[] = [];
    for (let slot = 0; slot < 40 && verdicts[0]?.verdict !== 'fail'; slot++) {
      ({ evidence, verdicts } = judge(evidence, [aReading(slot, slightly)], aContext()));
      evidence = slot % 2 === 0 ? beginStep(evidence, origin + (slot + 2) * slotMs) : evidence;
    }

    const said = errorsOf(verdicts);
    expect(said).toMatchObject({ verdict: 'fail' });
    expect(said.message).toContain('(3.33%) canary requests failed against');
    expect(said.message).toContain('of stable since the canary first had traffic');
    expect(said.message).not.toContain('The difference is');
    expect(said.numbers?.canary.requests).toBeGreaterThan(600);
    expect(said.numbers).not.toHaveProperty('interval');
  });

  test('keeps to the counts of the step where these say as much', () => {
    const looks = looksAt(steadily(2, bad), aContext(), beginStep(known, origin));

    expect(lastOf('errors', looks).message).toMatch(/ of stable, as its clients saw it/);
    expect(lastOf('errors', looks).numbers).toHaveProperty('fine');
  });
});

describe('A gate that is the main reason of a rollback before it has counted anything in the step', () => {
  test('names what the 4xx gate counted in the steps before', () => {
    const arm = (requests: number, client: number) => ({ requests, server: 0, grpc: 0, unanswered: 0, client });
    const counts = { source: { canary: arm(150, 30), stable: arm(1_350, 13), unattributed: 0 } };
    const slot: GateSlot = { widthMs: slotMs, inStep: true, counts, buckets: {} };
    const counted = [slot, slot, slot].reduce(
      (state, each) => clientErrorsGate.count(state, each, context),
      clientErrorsGate.begin(),
    );

    const said = clientErrorsGate.harm?.blame(clientErrorsGate.beginStep(counted), context);

    expect(said?.message).toContain(
      '90 of 450 (20%) canary requests were answered 4xx against 39 of 4,050 (0.96%) of stable since the canary first had traffic',
    );
    expect(said?.numbers).toMatchObject({
      canary: { requests: 450, failures: 90 },
      stable: { requests: 4_050, failures: 39 },
    });
  });

  test('names what the latency gate timed in the steps before', () => {
    const usual = logNormal(80, 0.6);
    const traffic = {
      canary: logNormal(100, 0.6),
      stable: usual,
      canaryRequests: 150,
      stableRequests: 1_350,
      slots: 6,
    };
    const { evidence } = judge(
      beginStep(beginEvidence(origin, timedBefore(usual, 20_000)), origin),
      timedSlots(traffic),
      aContext(),
    );
    const saved = beginStep(evidence, origin + 6 * slotMs).gates['latency']?.state as { readonly counted: unknown };
    const state = latencyGate.revive(saved.counted) ?? expect.fail('The state cannot be read.');

    const said = latencyGate.harm?.blame(state, context);

    expect(said?.message).toMatch(
      /: \d+ of 2\d\d \([\d.]+%\) canary requests took over 250ms against \d+ of 2,\d+ \([\d.]+%\) of stable since the canary first had traffic, as its/,
    );
    const { failures, requests } = said?.numbers?.canary ?? expect.fail('There are no numbers.');
    expect(requests).toBeGreaterThan(200);
    expect(said?.message).toContain(`: ${failures} of ${requests} `);
    expect(said?.numbers).not.toHaveProperty('interval');
  });
});

test('what versions before have saved is read, without the counts that they did not keep', () => {
  const usual = logNormal(80, 0.6);
  const traffic = { canary: usual, stable: usual, canaryRequests: 150, stableRequests: 1_350, slots: 8 };
  const slots = timedSlots(traffic).map((slot) => ({
    ...slot,
    requests: [...slot.requests, aRow({ count: 900 }), aRow({ workload: 'cart-v2', count: 100 })],
  }));
  const begun = beginStep(beginEvidence(origin, timedBefore(usual, 20_000)), origin);
  const { evidence } = judge(begun, slots.slice(0, 7), aContext());
  const before = (key: string, value: unknown): unknown => (key === 'ago' ? undefined : value);
  const gates = JSON.parse(JSON.stringify(evidence.gates), before);
  const old: Evidence = {
    ...evidence,
    gates: {
      ...gates,
      errors: { ...gates.errors, version: 2 },
      '4xx': { ...gates['4xx'], version: 1 },
      latency: { ...gates.latency, version: 2 },
    },
  };

  const [resumed, whole] = [old, evidence].map((each) => judge(each, slots.slice(7), aContext()));

  expect(JSON.stringify(gates)).not.toContain('"ago"');
  expect(resumed).toEqual(whole);
  expect(JSON.stringify(resumed)).not.toContain('anew');
});

test('a canary without requests stands out by nothing, and without a stable by no measure', () => {
  const none = { n: 0, x: 0 };

  expect(standsOut({ canary: none, stable: { n: 100, x: 1 } })).toBe(Number.NEGATIVE_INFINITY);
  expect(standsOut({ canary: { n: 10, x: 5 }, stable: none })).toBe(0);
  expect(standsOut({ canary: { n: 100, x: 20 }, stable: { n: 100, x: 1 } })).toBeGreaterThan(3);
});
