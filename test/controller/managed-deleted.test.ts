// Things of a managed rollout that somebody deletes: the rollout itself, and the copy that carries its canary.
import { describe, expect, it } from 'vitest';
import { begin } from '../../src/controller/begin.ts';
import type { World } from '../../src/controller/world.ts';
import { isFinal } from '../../src/domain/rollout.ts';
import { type ManagedWorld, managedWorld } from '../support/managed-world.ts';
import { runFor, runUntil } from '../support/run.ts';

async function baking(): Promise<ManagedWorld> {
  const scene = managedWorld({ settings: { steps: '25,100' } });
  await runFor(scene, 60_000);
  await scene.release('r2');
  await runUntil(scene, ({ status }) => status.phase === 'baking');
  return scene;
}

describe('a rollout that was deleted', () => {
  it('is not begun again by whoever read the Deployment before it ended, and its record after', async () => {
    const scene = await baking();
    const before = await scene.workloads.get('shop', 'checkout');
    await scene.discard();
    await runFor(scene, 60_000);
    let reads = 0;
    const late: World = {
      ...scene.world,
      workloads: {
        ...scene.world.workloads,
        get: async (namespace, name) => {
          reads += 1;
          return reads === 1 ? before : scene.workloads.get(namespace, name);
        },
      },
    };

    const begun = await begin(late, 'shop', 'checkout');
    await runFor(scene, 60_000);

    expect(begun.kind).toBe('wait');
    expect(await scene.rollouts()).toEqual([]);
  });
});

describe('a copy that was deleted', () => {
  it('while it carries traffic sends all of it back at once, and the sentence says so', async () => {
    const scene = await baking();

    scene.workloads.remove('shop', 'checkout-r2');
    const end = await runUntil(scene, ({ status }) => isFinal(status.phase));

    expect(end.status).toMatchObject({ phase: 'rolledBack', cause: 'health', reason: 'CanaryDeleted' });
    expect(await scene.split()).toEqual({ checkout: 100 });
    expect(await scene.leftovers()).toEqual([]);
  });
});
