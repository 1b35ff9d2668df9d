import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reporters } from '../../../src/domain/counts.ts';
import type { OpenGate } from '../../../src/domain/gate.ts';
import { condemn, reviveConviction } from '../../../src/domain/gates/harm.ts';
import { gateShares, reporterShares } from '../../../src/domain/gates/shares.ts';
import { aContext } from './readings.ts';

/** A gate that holds so much against the canary. */
function aGate(id: string, share: number, odds: number): OpenGate {
  const gate: OpenGate = {
    id,
    beginStep: () => gate,
    count: () => gate,
    say: () => ({ gate: id, verdict: 'undecided', reason: 'TooFewRequests', message: 'Not yet.' }),
    applies: () => true,
    harm: { share, logE: Math.log(odds) },
    blame: () => ({ gate: id, verdict: 'fail', reason: 'ErrorRateWorse', message: `${id} it was.` }),
    saved: () => ({ version: 1, state: {} }),
  };
  return gate;
}

const context = { ...aContext(), countedMs: 60_000, slight: {} };

describe('A rollout', () => {
  test('is condemned when the weighted mean of the odds reaches one in a hundred, by the gate with the largest part', () => {
    const one = [aGate('errors', 0.5, 150), aGate('latency', 0.4, 80), aGate('4xx', 0.1, 1)];
    const together = [aGate('errors', 0.5, 100), aGate('latency', 0.4, 124), aGate('4xx', 0.1, 10)];
    const alone = [aGate('errors', 0.5, 1), aGate('latency', 0.4, 250), aGate('4xx', 0.1, 1)];

    expect(condemn(one, context)?.gate).toBe('errors');
    expect(condemn(together, context)?.gate).toBe('errors');
    expect(condemn(alone, context)).toMatchObject({ gate: 'latency', verdict: 'fail', message: 'latency it was.' });
  });

  test('is not when it falls short of that, and with another probability it is at other odds', () => {
    const gates = [aGate('errors', 0.5, 190), aGate('latency', 0.4, 1), aGate('4xx', 0.1, 1)];
    const bold = { ...context, plan: { ...context.plan, falseRollback: 0.05 } };

    expect(condemn(gates, context)).toBeUndefined();
    expect(condemn(gates, bold)?.gate).toBe('errors');
  });

  test('is never condemned by gates that have no part, whatever they hold', () => {
    const gates = [aGate('traffic', 0, 1e12), aGate('errors', 0.5, 1)];

    expect(condemn(gates, context)).toBeUndefined();
  });
});

test('the parts of the gates are 1 in all, and those of the reporters too, whoever was seen', () => {
  const sum = Object.values(gateShares).reduce((a, b) => a + b, 0);

  expect(sum).toBeCloseTo(1, 12);
  fc.assert(
    fc.property(fc.subarray([...reporters], { minLength: 1 }), (seen) => {
      const shares = reporterShares(seen);

      expect(shares.source + shares.waypoint + shares.destination).toBeCloseTo(1, 12);
      for (const reporter of seen) expect(shares[reporter]).toBeGreaterThanOrEqual(0.3);
    }),
  );
});

test('a conviction that was saved is read back, and anything else is none', () => {
  const conviction = condemn([aGate('errors', 0.5, 1_000)], context);

  expect(reviveConviction({ version: 1, state: conviction })).toEqual({ conviction });
  expect(reviveConviction({ version: 2, state: conviction })).toEqual({});
  expect(reviveConviction({ version: 1, state: { verdict: 'pass' } })).toEqual({});
  expect(reviveConviction(undefined)).toEqual({});
});
