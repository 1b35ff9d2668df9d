// Somebody else writes the weights, or takes the route away.
import { describe, expect, it } from 'vitest';
import { isFinal, type Rollout } from '../../src/domain/rollout.ts';
import { runFor, runUntil } from '../support/run.ts';
import { type MemoryWorld, memoryWorld } from '../support/world.ts';

describe('a foreign edit of the weights', () => {
  it('is put right three times a step, then the rollout holds and names the writer', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100', bake: '20m', 'max-bake': '1h' } });
    await runUntil(scene, isBaking);

    for (const correction of [1, 2, 3]) {
      scene.meddle(0, 'argocd-controller');
      await runFor(scene, 10_000);
      expect([correction, scene.weights()]).toEqual([correction, [50, 50]]);
    }
    scene.meddle(0, 'argocd-controller');
    const held = await runFor(scene, 600_000);

    expect(scene.weights()).toEqual([100, 0]);
    expect(held?.status).toMatchObject({
      phase: 'baking',
      step: 0,
      corrections: 3,
      stalled: { reason: 'WeightsContested' },
    });
    expect(held?.status.message).toContain(
      'Field manager "argocd-controller" keeps setting the canary\'s weight to 0 instead of 50%',
    );
    expect(corrected(scene)).toHaveLength(3);
    expect(corrected(scene)[0]).toContain(
      'Field manager "argocd-controller" set the canary\'s weight to 0; put back to 50% (1 of 3 times',
    );
  });

  it('is put right within seconds', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });
    await runUntil(scene, isBaking);

    scene.meddle(100, 'kubectl-edit');
    await runFor(scene, 1);

    expect(scene.weights()).toEqual([50, 50]);
    expect(scene.owners().filter((owner) => owner === 'serin')).toEqual([]);
  });

  it('that fights on does not keep a failing canary in service', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100', bake: '20m', 'max-bake': '1h' } });
    await runUntil(scene, isBaking);
    scene.traffic.errors['reviews-v2'] = 0.3;

    for (let edits = 0; edits < 6; edits += 1) {
      await runFor(scene, 15_000);
      if ((await scene.rollout())?.status.phase === 'baking') scene.meddle(60, 'argocd-controller');
    }

    const { status } = await runUntil(scene, over);
    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'gate' });
    expect(scene.weights()).toEqual([100, 0]);
  });

  it('is not baked on time alone either', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100', analysis: 'off', bake: '5m' } });
    await runUntil(scene, isBaking);
    for (const _ of [1, 2, 3, 4]) {
      scene.meddle(0, 'argocd-controller');
      await runFor(scene, 10_000);
    }

    const held = await runFor(scene, 600_000);

    expect(held?.status).toMatchObject({ phase: 'baking', step: 0, stalled: { reason: 'WeightsContested' } });
  });

  it('is counted anew in the next step', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });
    await runUntil(scene, isBaking);
    scene.meddle(0, 'argocd-controller');
    await runFor(scene, 10_000);

    const { status } = await runUntil(scene, ({ status }) => status.phase === 'baking' && status.step === 1);

    expect(status.corrections).toBe(0);
  });

  it('elsewhere in the object survives the whole rollout', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });
    await runUntil(scene, isBaking);
    scene.retime('7s');
    await scene.ask('abort');

    await runUntil(scene, over);

    expect(scene.route()).toMatchObject({ spec: { http: [{ timeout: '7s' }] } });
  });
});

describe('a claim that somebody takes off the route', () => {
  it('does not hinder the way back', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' }, weights: [100, null] });
    const before = scene.route();
    await runUntil(scene, isBaking);
    scene.unclaim();
    await scene.ask('abort');

    const { status } = await runUntil(scene, over);

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'person' });
    expect(scene.route()).toEqual(before);
  });
});

describe('a route that is gone', () => {
  it('stops everything until it is back', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });
    await runUntil(scene, isBaking);
    scene.unroute();

    const waiting = await runFor(scene, 300_000);
    expect(waiting?.status).toMatchObject({ phase: 'baking', stalled: { reason: 'RouteGone' } });
    expect(waiting?.status.message).toContain('serin abort reviews-v2');
    scene.reroute();
    const { status } = await runUntil(scene, over);

    expect(status.phase).toBe('promoted');
    expect(scene.weights()).toEqual([0, 100]);
  });

  it('does not hinder an abort', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });
    await runUntil(scene, isBaking);
    scene.unroute();
    await scene.ask('abort');

    const { status } = await runUntil(scene, over);

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'person' });
  });
});

function corrected(scene: MemoryWorld): readonly string[] {
  return scene.said
    .filter(({ about, reason }) => about.kind === 'Deployment' && reason === 'WeightCorrected')
    .map(({ message }) => message);
}

function isBaking({ status }: Rollout): boolean {
  return status.phase === 'baking';
}

function over({ status }: Rollout): boolean {
  return isFinal(status.phase);
}
