// The API server itself goes away in the middle of a rollout. On a stack of its own: nothing else could run meanwhile.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stack } from '../../../tools/stack/description.ts';
import { startStack } from '../../../tools/stack/stack.ts';
import { storyOf } from '../../support/cleanup.ts';
import { bakesOf, weightsMoved } from '../../support/history.ts';

const awayMs = 15_000;

let stack: Stack | undefined;

beforeAll(async () => {
  stack = await startStack();
}, 120_000);

afterAll(async () => {
  await stack?.stop();
});

describe('an API server that is away for fifteen seconds', () => {
  it('delays a rollout and changes nothing else about it', async (context) => {
    if (stack === undefined) throw new Error('The stack has not started.');
    const patient = await storyOf(context, 'patient', { stack });
    await patient.release({ steps: '25,50,100', bake: '4s' });
    await patient.until('the second bake', ({ status }) => status.step === 1 && status.phase === 'baking');

    await stack.apiServer.stop();
    await pause(awayMs);
    const alive = await fetch(`${patient.controller().url}/healthz`, { signal: AbortSignal.timeout(5_000) });
    await stack.apiServer.start();
    const end = await patient.reaches('promoted');

    expect(alive.status).toBe(200);
    expect(weightsMoved(end)).toEqual([25, 50, 100]);
    expect(Math.min(...bakesOf(end))).toBeGreaterThanOrEqual(4_000);
    expect(await patient.weights()).toEqual([0, 100]);
  });
});
