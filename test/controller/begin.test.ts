// What becomes of an annotated Deployment: a rollout, once; or a sentence that says what is wrong.
import { describe, expect, it } from 'vitest';
import { begin } from '../../src/controller/begin.ts';
import { isFinal, type Rollout } from '../../src/domain/rollout.ts';
import { freezeAt } from '../support/faults.ts';
import { runFor, runUntil } from '../support/run.ts';
import { memoryWorld } from '../support/world.ts';

const short = { steps: '50,100' };

describe('a Deployment', () => {
  it('that speaks of nothing gets nothing', async () => {
    const { world } = memoryWorld();

    expect(await begin(world, 'shop', 'reviews-v1')).toEqual({ kind: 'nothing' });
    expect(await begin(world, 'shop', 'reviews-v9')).toEqual({ kind: 'nothing' });
  });

  it('is begun once, whoever looks and however often', async () => {
    const scene = memoryWorld();
    const id = { namespace: 'shop', name: 'reviews-v2-rev2-1' };

    const begun = await Promise.all([1, 2, 3].map(() => begin(scene.world, 'shop', 'reviews-v2')));
    const again = await begin(scene.world, 'shop', 'reviews-v2');

    expect(begun.map(({ kind }) => kind).sort()).toEqual(['begun', 'live', 'live']);
    expect(again).toEqual({ kind: 'live', id });
    expect(await scene.rollouts()).toHaveLength(1);
  });

  it('keeps its mark when a slow replica begins what another has carried on long since', async () => {
    const scene = memoryWorld({ settings: short });
    const slow = freezeAt(scene.world, 1, 'write');
    const begun = begin(slow.world, 'shop', 'reviews-v2');
    await slow.frozen;
    await runUntil(scene, ({ status }) => status.phase === 'baking');
    slow.thaw();

    expect((await begun).kind).toBe('live');
    expect((await scene.workload('reviews-v2'))?.annotations['serin.dev/phase']).toBe('baking');
  });

  it('without a revision is waited for', async () => {
    const scene = memoryWorld();
    await scene.unhash('reviews-v2');

    expect(await begin(scene.world, 'shop', 'reviews-v2')).toEqual({ kind: 'wait' });
    expect(await scene.rollouts()).toEqual([]);
  });

  it('that is about to go is left alone', async () => {
    const scene = memoryWorld();
    await scene.deploy('reviews-v2', { deleting: true });

    expect(await begin(scene.world, 'shop', 'reviews-v2')).toEqual({ kind: 'nothing' });
  });

  it.each([
    [{ 'canary-of': 'reviews-v1', step: '10' }, 'InvalidAnnotation', 'Did you mean serin.dev/steps?'],
    [{ 'canary-of': 'reviews-v0' }, 'NoSuchDeployment', 'namespace shop has no Deployment of that name'],
    [{ 'canary-of': 'reviews-v1', policy: 'careless' }, 'InvalidAnnotation', 'has no CanaryPolicy of that name'],
  ])('that asks for %j is refused: %s', async (settings, reason, phrase) => {
    const scene = memoryWorld();
    await scene.annotate('reviews-v2', settings);

    const begun = await begin(scene.world, 'shop', 'reviews-v2');

    expect(begun).toEqual({ kind: 'refused' });
    expect(scene.acceptance('reviews-v2')).toEqual({
      kind: 'refused',
      reason,
      message: expect.stringContaining(phrase),
    });
    expect(scene.said).toMatchObject([{ type: 'Warning', reason, about: { kind: 'Deployment', name: 'reviews-v2' } }]);
    expect(await scene.rollouts()).toEqual([]);
  });

  it('that was refused is accepted once it is corrected', async () => {
    const scene = memoryWorld({ settings: { steps: '50' } });
    await begin(scene.world, 'shop', 'reviews-v2');
    await scene.annotate('reviews-v2', { 'canary-of': 'reviews-v1', steps: '50,100' });

    const begun = await begin(scene.world, 'shop', 'reviews-v2');

    expect(begun.kind).toBe('begun');
    expect(scene.acceptance('reviews-v2')).toEqual({ kind: 'accepted' });
  });

  it('pins the plan of its policy and annotations', async () => {
    const scene = memoryWorld({
      settings: { policy: 'careful', bake: '1m' },
      policies: { 'shop/careful': { bake: '9m', steps: '20,100' } },
    });

    await begin(scene.world, 'shop', 'reviews-v2');

    expect((await scene.rollout())?.spec.plan).toMatchObject({ steps: [20, 100], bakeMs: 60_000 });
  });
});

describe('the same attempt', () => {
  it('is never begun twice after a rollback', async () => {
    const scene = memoryWorld({ settings: short });
    await abortedRollout(scene);

    await runFor(scene, 3_600_000);

    expect(await scene.rollouts()).toHaveLength(1);
  });

  it('is never begun twice after a promotion, nor for another stable', async () => {
    const scene = memoryWorld({ settings: short, weights: [100, 0, 0] });
    await runUntil(scene, over);
    await scene.deploy('reviews-v1', { hash: 'rev1b' });
    await runFor(scene, 60_000);
    await scene.deploy('reviews-v3');
    await scene.annotate('reviews-v2', { 'canary-of': 'reviews-v3', ...short });

    await runFor(scene, 60_000);

    expect(await scene.rollouts()).toHaveLength(1);
  });

  it.each(['rolledBack', 'promoted'])(
    'is not begun when its record was pruned: the Deployment remembers that it was %s',
    async (outcome) => {
      const scene = memoryWorld({ settings: short });
      if (outcome === 'rolledBack') await abortedRollout(scene);
      else await runUntil(scene, over);
      await runFor(scene, 1_000);
      const last = await scene.rollout();
      if (last !== undefined) await scene.world.rollouts.remove(last);

      await runFor(scene, 60_000);

      expect((await scene.workload('reviews-v2'))?.annotations['serin.dev/last']).toBe(
        `${outcome} rev2 reviews-v1 rev1 1`,
      );
      expect(await scene.rollouts()).toEqual([]);
    },
  );

  it('that was promoted is not begun against a newer stable, as its record and the Deployment each remember alone', async () => {
    const scene = memoryWorld({ settings: short });
    const rollout = await runUntil(scene, over);
    await runFor(scene, 1_000);
    const promoted = await scene.workload('reviews-v2');
    await scene.deploy('reviews-v1', { hash: 'rev1b' });

    await scene.deploy('reviews-v2', { annotations: { 'serin.dev/canary-of': 'reviews-v1' } });
    expect((await begin(scene.world, 'shop', 'reviews-v2')).kind).toBe('nothing');
    await scene.deploy('reviews-v2', { annotations: promoted?.annotations ?? {} });
    await scene.world.rollouts.remove(rollout);
    expect((await begin(scene.world, 'shop', 'reviews-v2')).kind).toBe('nothing');

    expect(await scene.rollouts()).toEqual([]);
  });

  it('is counted on from what the Deployment remembers when no record is left', async () => {
    const scene = memoryWorld({ settings: short });
    const rollout = await abortedRollout(scene);
    await runFor(scene, 1_000);
    await scene.world.rollouts.remove(rollout);
    await scene.deploy('reviews-v1', { hash: 'rev1b' });

    const next = await runUntil(scene, ({ status }) => status.phase === 'baking');

    expect(next.id.name).toBe('reviews-v2-rev2-2');
  });

  it('is another one when stable has changed', async () => {
    const scene = memoryWorld({ settings: short });
    await abortedRollout(scene);
    await scene.deploy('reviews-v1', { hash: 'rev1b' });

    const next = await runUntil(scene, ({ spec }) => spec.attempt === 2);

    expect(next.spec.stable.hash).toBe('rev1b');
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
