// A new attempt of a rejected revision, because a person asks for it; and what is kept of the old ones.
import { describe, expect, it } from 'vitest';
import { isFinal, type Rollout } from '../../src/domain/rollout.ts';
import { runFor, runUntil } from '../support/run.ts';
import { memoryWorld } from '../support/world.ts';

const short = { steps: '50,100' };

describe('a retry', () => {
  it('begins attempt 2 with the settings as they are now', async () => {
    const scene = memoryWorld({ settings: short });
    await abortedRollout(scene);
    await scene.annotate('reviews-v2', { 'canary-of': 'reviews-v1', steps: '30,100' });
    await scene.ask('retry');

    const { id, spec } = await runUntil(scene, ({ spec, status }) => spec.attempt === 2 && isFinal(status.phase));

    expect(id.name).toBe('reviews-v2-rev2-2');
    expect([...spec.plan.steps]).toEqual([30, 100]);
    expect(scene.weights()).toEqual([0, 100]);
    const [first] = await scene.rollouts();
    expect(first?.status.answers.at(-1)).toMatchObject({
      outcome: 'done',
      message: 'A new attempt of reviews-v2 is begun.',
    });
  });

  it('goes on counting when the record was pruned', async () => {
    const scene = memoryWorld({ settings: short });
    await abortedRollout(scene);
    await scene.ask('retry');
    await runUntil(scene, ({ spec }) => spec.attempt === 2);
    await scene.ask('abort');
    await runUntil(scene, over);
    await runFor(scene, 1_000);
    const [first] = await scene.rollouts();
    if (first !== undefined) await scene.world.rollouts.remove(first);
    await scene.ask('retry');

    const third = await runUntil(scene, ({ spec }) => spec.attempt === 3);

    expect(third.id.name).toBe('reviews-v2-rev2-3');
  });

  it('twice begins one attempt', async () => {
    const scene = memoryWorld({ settings: short });
    await abortedRollout(scene);
    await scene.ask('retry');
    await scene.ask('retry');

    await runUntil(scene, ({ spec }) => spec.attempt === 2);
    await runFor(scene, 30_000);

    expect(await scene.rollouts()).toHaveLength(2);
  });

  it.each<readonly [string, { settings?: Record<string, string>; hash?: string }, string]>([
    ['asks for nothing any more', { settings: {} }, 'asks for no canary any more'],
    ['has another template by now', { hash: 'rev2b' }, 'has another pod template by now'],
    [
      'asks for what cannot be done',
      { settings: { 'canary-of': 'reviews-v0' } },
      'kubectl describe deployment reviews-v2',
    ],
  ])('of a Deployment that %s is refused', async (_name, { settings, hash }, phrase) => {
    const scene = memoryWorld({ settings: short });
    const { uid } = await abortedRollout(scene);
    if (settings !== undefined) await scene.annotate('reviews-v2', settings);
    await scene.ask('retry');
    if (hash !== undefined) await scene.deploy('reviews-v2', { hash });

    await runFor(scene, 10_000);

    const [first] = (await scene.rollouts()).filter((rollout) => rollout.uid === uid);
    expect(first?.status.answers.at(-1)).toMatchObject({
      outcome: 'refused',
      message: expect.stringContaining(phrase),
    });
  });

  it('waits for the cluster to compute the revision', async () => {
    const scene = memoryWorld({ settings: short });
    await abortedRollout(scene);
    await scene.unhash('reviews-v2');
    await scene.ask('retry');

    const waiting = await runFor(scene, 10_000);
    expect(waiting?.status.answers).toHaveLength(1);
    await scene.deploy('reviews-v2', { hash: 'rev2' });

    expect((await runUntil(scene, ({ spec }) => spec.attempt === 2)).spec.canary.hash).toBe('rev2');
  });
});

describe('finished attempts', () => {
  it('are kept ten of, the newest', async () => {
    const scene = memoryWorld({ settings: short });
    await abortedRollout(scene);
    for (let attempt = 2; attempt <= 12; attempt += 1) {
      await scene.ask('retry');
      await runUntil(scene, ({ spec }) => spec.attempt === attempt);
      await scene.ask('abort');
      await runUntil(scene, over);
      await runFor(scene, 1_000);
    }

    const kept = (await scene.rollouts()).map(({ spec }) => spec.attempt).sort((a, b) => a - b);
    expect(kept).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });
});

async function abortedRollout(scene: ReturnType<typeof memoryWorld>): Promise<Rollout> {
  await runUntil(scene, ({ status }) => status.phase === 'baking');
  await scene.ask('abort');
  return runUntil(scene, over);
}

function over({ status }: Rollout): boolean {
  return isFinal(status.phase);
}
