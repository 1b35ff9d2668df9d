// A person's pause: forward moves wait, the first one too, and nothing else does.
import { describe, expect, it } from 'vitest';
import { isFinal, type Rollout } from '../../src/domain/rollout.ts';
import { runFor, runUntil } from '../support/run.ts';
import { memoryWorld } from '../support/world.ts';

describe('a pause', () => {
  it('holds forward moves, whatever the gates say, until it is lifted', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });
    await runUntil(scene, baking(0));
    await scene.ask('pause');

    const paused = await runFor(scene, 400_000);
    expect(paused?.status).toMatchObject({ phase: 'baking', step: 0, reason: 'Paused', pausedBy: 'ada' });
    await scene.ask('resume');
    const { status } = await runUntil(scene, over);

    expect(status.phase).toBe('promoted');
    expect(status.pausedBy).toBeUndefined();
  });

  it('does not keep a failing canary in service', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });
    await runUntil(scene, baking(0));
    await scene.ask('pause');
    scene.traffic.errors['reviews-v2'] = 0.2;

    const { status } = await runUntil(scene, over);

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'gate' });
  });

  it('by spec.paused holds too, and names the way on', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });
    await runUntil(scene, baking(0));
    await scene.edit({ paused: true });
    await scene.ask('resume');

    const paused = await runFor(scene, 400_000);
    expect(paused?.status).toMatchObject({ phase: 'baking', step: 0 });
    expect(paused?.status.answers).toMatchObject([
      { outcome: 'refused', message: expect.stringContaining('spec.paused') },
    ]);
    await scene.edit({ paused: false });

    expect((await runUntil(scene, over)).status.phase).toBe('promoted');
  });

  it('outlasts the step it was asked in', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });
    await runUntil(scene, ({ status }) => status.phase === 'shifting');
    await scene.ask('pause');

    const paused = await runFor(scene, 600_000);

    expect(paused?.status).toMatchObject({ phase: 'baking', step: 0, pausedBy: 'ada' });
  });
});

describe('a pause before any weight has moved', () => {
  it('keeps a rollout that waits from starting, and the user’s route as it was', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });
    const before = scene.route();
    scene.metrics.stop('Prometheus does not answer.');
    await runUntil(scene, ({ status }) => status.reason === 'SourceUnreachable');
    await scene.ask('pause');
    scene.metrics.start();

    const paused = await runFor(scene, 400_000);
    const untouched = scene.route();
    await scene.ask('resume');
    const { status } = await runUntil(scene, over);

    expect(paused?.status).toMatchObject({ phase: 'pending', reason: 'Paused', pausedBy: 'ada' });
    expect(untouched).toEqual(before);
    expect(status.phase).toBe('promoted');
  });

  it('by spec.paused says so, and names the way on', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });
    scene.metrics.stop('Prometheus does not answer.');
    await runUntil(scene, ({ status }) => status.reason === 'SourceUnreachable');
    await scene.edit({ paused: true });
    scene.metrics.start();

    const paused = await runFor(scene, 400_000);

    expect(paused?.status).toMatchObject({
      phase: 'pending',
      reason: 'Paused',
      message: 'Paused before any weight has moved. Go on with: serin resume reviews-v2 -n shop',
    });
  });

  it('lets pods come up, and sends nobody to them', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });
    await scene.deploy('reviews-v2', { readyReplicas: 0, complete: false });
    await runUntil(scene, ({ status }) => status.phase === 'preparing');
    await scene.ask('pause');
    await scene.deploy('reviews-v2', { readyReplicas: 3, complete: true });

    const paused = await runFor(scene, 400_000);
    const weights = scene.weights();
    await scene.ask('resume');
    const { status } = await runUntil(scene, over);

    expect(paused?.status).toMatchObject({ phase: 'preparing', reason: 'Paused' });
    expect(weights).toEqual([100, 0]);
    expect(status.phase).toBe('promoted');
  });

  it('stops the clock of an approval before the start, which is answered all the same', async () => {
    const scene = memoryWorld({
      settings: { steps: '50,100', approval: 'before-start', 'approval-timeout': '10m' },
    });
    await runUntil(scene, ({ status }) => status.reason === 'AwaitingApproval');
    await scene.ask('pause');

    const paused = await runFor(scene, 1_200_000);
    await scene.ask('approve', { step: 0 });
    const approved = await runFor(scene, 60_000);
    await scene.ask('resume');
    const { status } = await runUntil(scene, over);

    expect([paused, approved].map((rollout) => rollout?.status.phase)).toEqual(['pending', 'pending']);
    expect(status.phase).toBe('promoted');
  });
});

function baking(step: number): (rollout: Rollout) => boolean {
  return ({ status }) => status.phase === 'baking' && status.step === step;
}

function over({ status }: Rollout): boolean {
  return isFinal(status.phase);
}
