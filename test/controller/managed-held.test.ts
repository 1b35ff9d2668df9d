// Promotions of managed Deployments that cannot be finished, and what follows.
import { describe, expect, it } from 'vitest';
import { isFinal } from '../../src/domain/rollout.ts';
import { type ManagedWorld, managedWorld } from '../support/managed-world.ts';
import { runFor, runUntil } from '../support/run.ts';

const trouble = { pod: 'checkout-x', kind: 'imagePull' as const, message: 'container checkout: ImagePullBackOff' };

/** A rollout of r2 whose promotion is stuck: the Deployment's own pods do not come up. */
async function stuck(): Promise<ManagedWorld> {
  const scene = managedWorld({ settings: { steps: '25,100' } });
  await runFor(scene, 60_000);
  await scene.release('r2');
  await runUntil(scene, ({ status }) => status.phase === 'baking' && status.step === 1);
  scene.workloads.stick('shop', 'checkout', true);
  scene.workloads.trouble('shop', 'checkout', [trouble]);
  await runUntil(scene, ({ status }) => status.phase === 'held');
  await runFor(scene, 30_000);
  return scene;
}

function mend(scene: ManagedWorld): void {
  scene.workloads.trouble('shop', 'checkout', []);
  scene.workloads.stick('shop', 'checkout', false);
}

describe('a promotion whose pods do not come up', () => {
  it('is held with all traffic on the copy, says why, and what to do', async () => {
    const scene = await stuck();

    const rollout = await scene.rollout();

    expect(rollout?.status).toMatchObject({ phase: 'held', reason: 'PromotionStuck', weight: { intended: 100 } });
    expect(rollout?.status.stalled?.message).toContain('ImagePullBackOff');
    expect(rollout?.status.stalled?.message).toContain('serin retry checkout -n shop');
    expect(await scene.split()).toEqual({ checkout: 0, 'checkout-r2': 100 });
    expect((await scene.workloads.get('shop', 'checkout-r2'))?.readyReplicas).toBe(4);
  });

  it('goes on by itself when the pods are well again', async () => {
    const scene = await stuck();

    mend(scene);
    const { status } = await runUntil(scene, ({ status }) => isFinal(status.phase));

    expect(status.phase).toBe('promoted');
    expect(await scene.leftovers()).toEqual([]);
  });

  it('is tried again when a person asks', async () => {
    const scene = await stuck();

    await scene.ask('retry');
    await runFor(scene, 1_000);

    const history = (await scene.rollout())?.status.history.map(({ phase }) => phase) ?? [];
    expect(history.slice(-3)).toEqual(['held', 'promoting', 'held']);
  });
});

describe('a fixed template beside a held promotion', () => {
  it('is released with the copy as its stable, and promoted; then nothing is left of either', async () => {
    const scene = await stuck();
    const before = (await scene.rollouts())[0];

    mend(scene);
    scene.workloads.stick('shop', 'checkout', true);
    await scene.release('r3');
    await runUntil(scene, ({ spec, status }) => spec.canary.hash === 'r3' && status.phase === 'baking');
    expect(await scene.split()).toEqual({ 'checkout-r2': 75, 'checkout-r3': 25 });
    scene.workloads.stick('shop', 'checkout', false);
    const last = await runUntil(scene, ({ spec, status }) => spec.canary.hash === 'r3' && isFinal(status.phase));

    expect(last.spec).toMatchObject({ takesOver: before?.id.name, stable: { workload: 'checkout-r2', hash: 'r2' } });
    expect(last.status.phase).toBe('promoted');
    expect((await scene.rollouts())[0]?.status).toMatchObject({ phase: 'promoted', reason: 'TakenOver' });
    await runFor(scene, 30_000);
    expect(await scene.leftovers()).toEqual([]);
    expect(await scene.workloads.get('shop', 'checkout')).toMatchObject({ revision: 'r3', paused: false });
  });

  it('that is bad as well goes back to the copy, which goes on serving', async () => {
    const scene = await stuck();
    scene.traffic.errors['checkout-r3'] = 0.5;

    await scene.release('r3');
    const held = await runUntil(scene, ({ spec, status }) => spec.canary.hash === 'r3' && status.phase === 'held');
    await runFor(scene, 600_000);

    expect(held.status).toMatchObject({ cause: 'gate' });
    expect(await scene.split()).toEqual({ 'checkout-r2': 100 });
    expect(await scene.leftovers()).not.toContain('checkout-r3');
    expect(await scene.rollouts()).toHaveLength(2);

    mend(scene);
    await scene.release('r2');
    const end = await runUntil(scene, ({ spec, status }) => spec.canary.hash === 'r3' && isFinal(status.phase));

    expect(end.status).toMatchObject({ phase: 'rolledBack', cause: 'gate' });
    expect(await scene.leftovers()).toEqual([]);
    expect(await scene.workloads.get('shop', 'checkout')).toMatchObject({ revision: 'r2', hash: 'hashr2' });
  });

  it('that is aborted goes back to the copy too', async () => {
    const scene = await stuck();
    await scene.release('r3');
    await runUntil(scene, ({ spec, status }) => spec.canary.hash === 'r3' && status.phase === 'baking');

    await scene.ask('abort');
    await runUntil(scene, ({ spec, status }) => spec.canary.hash === 'r3' && status.phase === 'held');

    expect(await scene.split()).toEqual({ 'checkout-r2': 100 });
  });
});

describe('a template that arrives during promotion', () => {
  it('is held back at once, served by nobody, and released next', async () => {
    const scene = managedWorld({ settings: { steps: '25,100' } });
    await runFor(scene, 60_000);
    await scene.release('r2');
    scene.workloads.stick('shop', 'checkout', true);
    await runUntil(scene, ({ status }) => status.phase === 'promoting');
    await runFor(scene, 1_000);

    await scene.release('r3');
    await runUntil(scene, ({ spec, status }) => spec.canary.hash === 'r3' && status.phase === 'baking');
    expect(await scene.split()).toEqual({ 'checkout-r2': 75, 'checkout-r3': 25 });
    scene.workloads.stick('shop', 'checkout', false);
    const last = await runUntil(scene, ({ spec, status }) => spec.canary.hash === 'r3' && isFinal(status.phase));

    expect(last.status.phase).toBe('promoted');
    expect(await scene.leftovers()).toEqual([]);
  });

  it('while traffic goes back waits for the end, and is released then', async () => {
    const scene = managedWorld({ settings: { steps: '25,100' } });
    await runFor(scene, 60_000);
    await scene.release('r2');
    await runUntil(scene, ({ status }) => status.phase === 'finalizing');

    await scene.release('r3');
    const first = await runUntil(scene, ({ spec, status }) => spec.canary.hash === 'r2' && isFinal(status.phase));
    expect(first.status.phase).toBe('promoted');
    const last = await runUntil(scene, ({ spec, status }) => spec.canary.hash === 'r3' && isFinal(status.phase));

    expect(last.spec.stable).toMatchObject({ workload: 'checkout', hash: 'hashr2' });
    expect(last.status.phase).toBe('promoted');
  });
});

describe('promoted pods that fail', () => {
  it('give everything back to the copy in one write, and wait for a person or another template', async () => {
    const scene = managedWorld({ settings: { steps: '25,100' } });
    await runFor(scene, 60_000);
    await scene.release('r2');
    await runUntil(scene, ({ status }) => status.phase === 'finalizing');
    scene.traffic.errors['checkout'] = 0.5;

    const { status } = await runUntil(scene, ({ status }) => status.phase === 'held');
    await runFor(scene, 60_000);

    expect(status.reason).toBe('PromotedPodsFailing');
    expect(await scene.split()).toEqual({ checkout: 0, 'checkout-r2': 100 });
    scene.traffic.errors['checkout'] = 0;
    await scene.ask('retry');
    await runUntil(scene, ({ status }) => status.phase === 'promoted');
    expect(await scene.leftovers()).toEqual([]);
  });
});

describe('a Deployment that is deleted', () => {
  it.each(['promoting', 'finalizing', 'held'])('in %s leaves nothing of Serin behind', async (phase) => {
    const scene = phase === 'held' ? await stuck() : managedWorld({ settings: { steps: '25,100' } });
    if (phase !== 'held') {
      await runFor(scene, 60_000);
      await scene.release('r2');
      if (phase === 'promoting') scene.workloads.stick('shop', 'checkout', true);
      await runUntil(scene, ({ status }) => status.phase === phase);
    }

    scene.workloads.remove('shop', 'checkout');
    await runUntil(scene, ({ status }) => isFinal(status.phase));

    expect(await scene.leftovers()).toEqual([]);
  });
});
