import { describe, expect, test } from 'vitest';
import { sayHealth } from '../../../src/domain/gates/health.ts';
import type { JudgeContext } from '../../../src/domain/judge.ts';
import { aContext } from './readings.ts';

function health(pods: Partial<JudgeContext['pods']>) {
  return sayHealth(aContext({}, { pods: { ready: 2, wanted: 2, troubles: [], ...pods } }));
}

describe('The health gate', () => {
  test('passes when all pods are ready', () => {
    expect(health({})).toEqual({
      gate: 'health',
      verdict: 'pass',
      reason: 'PodsHealthy',
      message: 'All 2 pods of the canary cart-v2 are ready.',
    });
  });

  test('speaks of a single pod as one', () => {
    expect(health({ ready: 1, wanted: 1 }).message).toBe('The only pod of the canary cart-v2 is ready.');
  });

  test('fails at once on a pod in trouble, in the words of its container', () => {
    const verdict = health({
      ready: 1,
      troubles: [
        { pod: 'cart-v2-a', kind: 'crashLoop', message: 'panic: no\n  database' },
        { pod: 'cart-v2-b', kind: 'imagePull', message: 'not found' },
      ],
    });

    expect(verdict).toMatchObject({ verdict: 'fail', reason: 'PodsFailing' });
    expect(verdict.message).toBe(
      'Pod cart-v2-a of the canary keeps crashing: "panic: no database". 1 more of its pods are in trouble.',
    );
  });

  test('quotes a bounded part of a long message', () => {
    const verdict = health({ troubles: [{ pod: 'p', kind: 'outOfMemory', message: 'x'.repeat(10_000) }] });

    expect(verdict.message.length).toBeLessThan(600);
  });

  test.each([
    [{ ready: 1 }, '1 of 2 pods of the canary cart-v2 are ready; waiting for the others.'],
    [{ ready: 0, wanted: 0 }, 'The canary cart-v2 wants no pods at all. Scale it up, so that it can serve its weight.'],
  ])('is undecided at %o', (pods, message) => {
    expect(health(pods)).toMatchObject({ verdict: 'undecided', reason: 'PodsNotReady', message });
  });
});
