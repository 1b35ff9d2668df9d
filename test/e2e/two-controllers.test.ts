// Two controllers work on the same rollouts at once: one history, each weight written once.
import { describe, expect, it } from 'vitest';
import type { BehaviourInput } from '../../tools/mesh/control.ts';
import { rolloutsIn, type SeenRollout } from '../support/api.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { type Cleanup, storyOf } from '../support/cleanup.ts';
import { bakesOf, phasesEntered } from '../support/history.ts';
import type { StartOptions } from '../support/story.ts';
import { virtualServicesPath, watch, weightsTold } from '../support/watching.ts';
import { claimsWritten } from '../support/write-names.ts';
import { type SeenWrite, startWriteProxy } from '../support/write-proxy.ts';

interface Told {
  readonly end: SeenRollout;
  readonly rollouts: number;
  readonly weights: readonly string[];
  readonly writes: readonly SeenWrite[];
}

/** Plays a release with two controllers, all of whose writes are seen. */
async function playTwice(
  context: Cleanup,
  name: string,
  end: 'promoted' | 'rolledBack',
  { canary, ...controller }: StartOptions & { readonly canary: BehaviourInput },
): Promise<Told> {
  const proxy = await startWriteProxy(stackOfThisRun().kubeconfig);
  context.onTestFinished(() => proxy.dispose());
  const options = { kubeconfig: proxy.kubeconfig, ...controller };
  const story = await storyOf(context, name, { canary, controller: options });
  await story.startController(options);
  const watching = await watch(story.api, virtualServicesPath(story.namespace));
  context.onTestFinished(() => watching.stop());
  await story.release({ steps: '25,50,100' });
  const rollout = await story.reaches(end);
  const rollouts = (await rolloutsIn(story.api, story.namespace)).length;
  return { end: rollout, rollouts, weights: weightsTold(watching), writes: proxy.writes() };
}

function epochsWritten(writes: readonly SeenWrite[]): readonly number[] {
  return claimsWritten(writes).map((claim) => Number(claim.split('@')[1]));
}

const wholeWay = [
  'preparing 0',
  'shifting 0',
  'baking 0',
  'shifting 1',
  'baking 1',
  'shifting 2',
  'baking 2',
  'promoting 2',
  'finalizing 2',
  'promoted 2',
];

const bells = [
  { bell: 'that share a queue', alone: false },
  { bell: 'that ring by themselves', alone: true },
];

describe.concurrent('two controllers', () => {
  it.for(bells)('$bell promote a release in one history, each weight written once', async ({ alone }, context) => {
    const told = await playTwice(context, 'two-good', 'promoted', { canary: { kind: 'good' }, alone });

    expect(told.rollouts).toBe(1);
    expect(phasesEntered(told.end)).toEqual(wholeWay);
    expect(Math.min(...bakesOf(told.end))).toBeGreaterThanOrEqual(2_000);
    expect(told.weights).toEqual(['100/0', '75/25', '50/50', '0/100']);
    expect(epochsWritten(told.writes)).toEqual([0, 1, 2, 3]);
  });

  it.for(bells)('$bell roll a release back once', async ({ alone }, context) => {
    const told = await playTwice(context, 'two-bad', 'rolledBack', { canary: { kind: '5xx', rate: 0.5 }, alone });

    expect(told.rollouts).toBe(1);
    expect(phasesEntered(told.end)).toEqual(['preparing 0', 'shifting 0', 'baking 0', 'rollingBack 0', 'rolledBack 0']);
    expect(told.weights).toEqual(['100/0', '75/25', '100/0']);
    expect(epochsWritten(told.writes)).toEqual([0, 1, 2]);
  });
});
