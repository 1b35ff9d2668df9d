// Managed Deployments: a bad new template, and what follows it.
import { describe, expect, it } from 'vitest';
import { isFinal } from '../../src/domain/rollout.ts';
import type { ManagedWorld } from '../support/managed-world.ts';
import { runFor, runUntil } from '../support/run.ts';
import { adopted, checkout } from './managed-scene.ts';

describe('a bad new template', () => {
  async function rejected(): Promise<ManagedWorld> {
    const scene = await adopted();
    scene.traffic.errors['checkout-r2'] = 0.5;
    await scene.release('r2');
    await runUntil(scene, ({ status }) => isFinal(status.phase));
    return scene;
  }

  it('is rolled back, held back, and told to those who wait for the Deployment', async () => {
    const scene = await adopted();
    const before = scene.route();
    scene.traffic.errors['checkout-r2'] = 0.5;
    await scene.release('r2');

    const { status } = await runUntil(scene, ({ status }) => isFinal(status.phase));

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'gate' });
    expect(await checkout(scene)).toMatchObject({ revision: 'r2', paused: true, held: true, readyReplicas: 4 });
    expect(scene.rejection()).toBe(status.message);
    expect(scene.route()).toEqual(before);
    expect(await scene.leftovers()).toEqual([]);
  });

  it('is not tried again by itself, but by a retry', async () => {
    const scene = await rejected();
    await runFor(scene, 600_000);
    expect(await scene.rollouts()).toHaveLength(1);

    await scene.ask('retry');
    await runFor(scene, 30_000);

    expect((await scene.rollouts()).map(({ spec }) => spec.attempt)).toEqual([1, 2]);
  });

  it('is settled by the running template put back', async () => {
    const scene = await rejected();

    await scene.release('r1');
    await runFor(scene, 60_000);

    expect(await checkout(scene)).toMatchObject({ revision: 'r1', hash: 'h1', paused: false, held: false });
    expect(await scene.rollouts()).toHaveLength(1);
  });

  it('is settled by the running template put back also where the Deployment is paused at rest', async () => {
    const scene = await adopted({ automatic: false });
    scene.traffic.errors['checkout-r2'] = 0.5;
    await scene.release('r2');
    await runUntil(scene, ({ status }) => isFinal(status.phase));
    await runFor(scene, 5_000);
    expect(scene.rejection()).toBeDefined();

    await scene.release('r1');
    await runFor(scene, 60_000);

    expect(await checkout(scene)).toMatchObject({ revision: 'r1', paused: true, held: true });
    expect(scene.rejection()).toBeUndefined();
  });

  it('is followed by any other template', async () => {
    const scene = await rejected();

    await scene.release('r3');
    const { spec } = await runUntil(scene, ({ status }) => status.phase === 'promoted');

    expect(spec).toMatchObject({ stable: { hash: 'h1' }, canary: { hash: 'r3' } });
  });

  it('stays held back without pods', async () => {
    const scene = await rejected();

    scene.scale(0);
    await runFor(scene, 60_000);

    expect(await checkout(scene)).toMatchObject({ paused: true, held: true });
  });
});

describe('pods that started while somebody had lifted the pause', () => {
  it('are served by nobody after a rollback either, and go when the running template is put back', async () => {
    const scene = await adopted({ automatic: false });
    const before = scene.route();
    await scene.release('r2');
    await runUntil(scene, ({ status }) => status.phase === 'baking');
    scene.workloads.stick('shop', 'checkout', true);
    await scene.world.holds.lift(await checkout(scene));
    const [slipped, stable] = await scene.workloads.generations(await checkout(scene));
    expect([slipped?.revision, stable?.hash]).toEqual(['r2', 'h1']);

    await scene.ask('abort');
    const stalled = await runUntil(scene, ({ status }) => status.stalled?.reason === 'UnjudgedPods');
    expect(stalled.status.stalled?.message).toContain('serin undo checkout -n shop');
    expect(await scene.split()).toEqual({ checkout: 100, 'checkout-r2': 0 });

    scene.workloads.stick('shop', 'checkout', false);
    await scene.release('r1');
    const { status } = await runUntil(scene, ({ status }) => isFinal(status.phase));
    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'person', reason: 'Aborted' });
    expect(scene.route()).toEqual(before);
  });
});
