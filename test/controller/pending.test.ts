// Before anything is touched: what stands in the way, for whom a rollout waits, and how it is planned anew.
import { describe, expect, it } from 'vitest';
import { isFinal, type Rollout } from '../../src/domain/rollout.ts';
import { runFor, runUntil } from '../support/run.ts';
import { memoryWorld } from '../support/world.ts';
import { routeWrites } from '../support/writes.ts';

describe('a second rollout on the same route', () => {
  it('waits for the first by name, and starts when that is over', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' }, weights: [100, 0, 0] });
    const first = await runUntil(scene, ({ status }) => status.phase === 'baking');
    scene.pass(1_000);
    await scene.deploy('reviews-v3');
    await scene.annotate('reviews-v3', { 'canary-of': 'reviews-v1', steps: '50,100' });

    const second = await runUntil(scene, ({ spec }) => spec.target.name === 'reviews-v3');
    expect(second.status).toMatchObject({ phase: 'pending', stalled: { reason: second.status.reason } });
    const waiting = await runFor(scene, 30_000);
    expect(waiting?.status.phase).toBe('pending');
    expect(waiting?.status.message).toContain(`shop/${first.id.name}`);
    expect(scene.weights()).toEqual([50, 50, 0]);

    scene.traffic.errors['reviews-v2'] = 0.3;
    const { status } = await runUntil(scene, over);
    expect(status.phase).toBe('promoted');
    expect(scene.weights()).toEqual([0, 0, 100]);
  });

  it('waits for one that has only taken the route yet, says its phase, and takes its turn', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' }, weights: [100, 0, 0] });
    await scene.deploy('reviews-v2', { complete: false, readyReplicas: 1 });
    const first = await runUntil(scene, ({ status }) => status.phase === 'preparing');
    scene.pass(1_000);
    await scene.deploy('reviews-v3');
    await scene.annotate('reviews-v3', { 'canary-of': 'reviews-v1', steps: '50,100' });

    const second = await runUntil(
      scene,
      ({ spec, status }) => spec.target.name === 'reviews-v3' && status.stalled !== undefined,
    );
    expect(second.status).toMatchObject({
      phase: 'pending',
      reason: 'RouteClaimed',
      message: `Waiting for rollout shop/${first.id.name} (preparing), which moves the same route; this one starts when that is over.`,
    });
    scene.undeploy('reviews-v2');

    const { status } = await runUntil(scene, over);
    expect(status.phase).toBe('promoted');
  });

  it('can be aborted while it waits for one that has only taken the route, and leaves that its claim', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' }, weights: [100, 0, 0] });
    await scene.deploy('reviews-v2', { complete: false, readyReplicas: 1 });
    const first = await runUntil(scene, ({ status }) => status.phase === 'preparing');
    scene.pass(1_000);
    await scene.deploy('reviews-v3');
    await scene.annotate('reviews-v3', { 'canary-of': 'reviews-v1' });
    await runUntil(scene, ({ status }) => status.reason === 'RouteClaimed');
    const { length } = scene.writes;
    await scene.ask('abort');

    const { status } = await runUntil(scene, over);

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'person' });
    expect(routeWrites(scene.writes.slice(length))).toEqual([]);
    expect(JSON.stringify(scene.route())).toContain(`shop/${first.id.name}@`);
  });

  it('can be aborted while it waits, and leaves the first alone', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' }, weights: [100, 0, 0] });
    const first = await runUntil(scene, ({ status }) => status.phase === 'baking');
    scene.pass(1_000);
    await scene.deploy('reviews-v3');
    await scene.annotate('reviews-v3', { 'canary-of': 'reviews-v1' });
    await runUntil(scene, ({ spec }) => spec.target.name === 'reviews-v3');
    await scene.ask('abort');

    const { status } = await runUntil(scene, over);

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'person' });
    expect(scene.weights()).toEqual([50, 50, 0]);
    const [still] = (await scene.rollouts()).filter(({ uid }) => uid === first.uid);
    expect(still?.status.phase).toBe('baking');
  });
});

describe('a pending rollout', () => {
  it('is planned anew when the annotations are corrected', async () => {
    const scene = memoryWorld({ settings: { steps: '10,100' } });
    scene.metrics.stop('Prometheus does not answer.');
    const before = await runUntil(scene, ({ status }) => status.reason === 'SourceUnreachable');
    await scene.annotate('reviews-v2', { 'canary-of': 'reviews-v1', steps: '40,100' });

    const after = await runUntil(
      scene,
      ({ uid, status }) => uid !== before.uid && status.reason === 'SourceUnreachable',
    );
    expect(after.id).toEqual(before.id);
    expect([...after.spec.plan.steps]).toEqual([40, 100]);
    expect(await scene.rollouts()).toHaveLength(1);
    scene.metrics.start();
    const { status } = await runUntil(scene, over);

    expect(status.phase).toBe('promoted');
    expect(routeWrites(scene.writes)).toEqual([0, 40, 100, 'unclaim']);
  });

  it('is planned anew when the shared policy changes under it', async () => {
    const policies: Record<string, Record<string, string>> = { 'shop/careful': { steps: '10,100' } };
    const scene = memoryWorld({ settings: { policy: 'careful' }, policies });
    scene.metrics.stop('Prometheus does not answer.');
    await runUntil(scene, ({ status }) => status.reason === 'SourceUnreachable');
    policies['shop/careful'] = { steps: '30,100' };

    const after = await runUntil(scene, ({ spec }) => spec.plan.steps[0] === 30);

    expect([...after.spec.plan.steps]).toEqual([30, 100]);
  });

  it('says what is wrong with the annotations by now, each time it is something else', async () => {
    const scene = memoryWorld();
    scene.metrics.stop('Prometheus does not answer.');
    await runUntil(scene, ({ status }) => status.reason === 'SourceUnreachable');

    await scene.annotate('reviews-v2', { 'canary-of': 'reviews-v1', steps: '50,20,100', bake: '5' });
    const first = await runUntil(scene, ({ status }) => status.reason === 'InvalidAnnotation');
    await scene.annotate('reviews-v2', { 'canary-of': 'reviews-v1', bake: '5' });
    const second = await runFor(scene, 15_000);

    expect(first.status.message).toContain('20 does not rise above 50');
    expect(second?.status.message).not.toContain('does not rise');
    expect(second?.status.stalled?.message).toContain('serin.dev/bake is "5"');
  });

  it('goes without a trace when the annotation is taken away', async () => {
    const scene = memoryWorld();
    const before = scene.route();
    scene.metrics.stop('Prometheus does not answer.');
    await runUntil(scene, ({ status }) => status.reason === 'SourceUnreachable');
    await scene.annotate('reviews-v2', {});

    await runFor(scene, 15_000);

    expect(await scene.rollouts()).toEqual([]);
    expect(scene.route()).toEqual(before);
  });

  it('is begun anew for a newer template', async () => {
    const scene = memoryWorld();
    scene.metrics.stop('Prometheus does not answer.');
    await runUntil(scene, ({ status }) => status.reason === 'SourceUnreachable');
    await scene.deploy('reviews-v2', { hash: 'rev2b' });

    await runFor(scene, 30_000);

    expect((await scene.rollouts()).map(({ spec }) => spec.canary.hash)).toEqual(['rev2b']);
  });

  it('names what is wrong with the route, and starts once it is right', async () => {
    const scene = memoryWorld({ weights: [60, 40] });

    const blocked = await runUntil(scene, ({ status }) => status.stalled !== undefined);
    expect(blocked.status).toMatchObject({ phase: 'pending', reason: 'CanaryAlreadyServing' });
    scene.meddle(0, 'user');
    const { status } = await runUntil(scene, ({ status }) => status.phase === 'baking');

    expect(status.weight.intended).toBe(10);
  });

  it('takes over a claim that a finished rollout has left behind', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });
    await runUntil(scene, over);
    scene.meddle(0, 'user');
    scene.claim('shop/reviews-v2-rev2-1@9');
    await scene.deploy('reviews-v2', { hash: 'rev2b' });

    const next = await runUntil(scene, ({ spec, status }) => spec.canary.hash === 'rev2b' && isFinal(status.phase));

    expect(next.status.phase).toBe('promoted');
  });

  it('takes over a claim of a rollout that nobody knows', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });
    scene.claim('shop/reviews-v9-rev9-1@3');

    const { status } = await runUntil(scene, over);

    expect(status.phase).toBe('promoted');
  });
});

function over({ status }: Rollout): boolean {
  return isFinal(status.phase);
}
