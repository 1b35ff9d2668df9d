// Rollouts that go back: for a gate, for the pods, for a person, and because the world is no longer the one they began in.
import { describe, expect, it } from 'vitest';
import { isFinal, type Phase, type Rollout } from '../../src/domain/rollout.ts';
import { runFor, runUntil } from '../support/run.ts';
import { type MemoryWorld, memoryWorld } from '../support/world.ts';
import { routeWrites } from '../support/writes.ts';

const short = { steps: '50,100' };

describe('a failing gate', () => {
  it('puts stable at 100 first, then the weights as they were, and gives up every field', async () => {
    const scene = memoryWorld({ weights: [100, null] });
    const before = scene.route();
    await runUntil(scene, at('baking', 1));
    scene.traffic.errors['reviews-v2'] = 0.2;
    const { length } = scene.writes;

    const { status } = await runUntil(scene, over);

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'gate', reason: 'ErrorRateWorse', step: 1 });
    expect(status.message).toMatch(/^[\d,]+ of [\d,]+ \([\d.]+%\) canary requests failed against/);
    expect(routeWrites(scene.writes.slice(length))).toEqual([0, 'restore']);
    expect(effects(scene, length)).toEqual(['mesh.change', 'mesh.disown', 'mesh.change', 'mesh.disown']);
    expect(scene.route()).toEqual(before);
    expect(scene.owners()).toEqual(['user']);
  });

  it('waits for the mesh to follow before the weights are restored', async () => {
    const scene = memoryWorld({ settings: short });
    await runUntil(scene, at('baking', 0));
    scene.traffic.errors['reviews-v2'] = 0.2;

    const back = await runUntil(scene, at('rollingBack', 0));
    const { status } = await runUntil(scene, over);

    expect(status.since - back.status.since).toBeGreaterThanOrEqual(5_000);
  });

  it('keeps its sentence through the whole way back', async () => {
    const scene = memoryWorld({ settings: short });
    await runUntil(scene, at('baking', 0));
    scene.traffic.errors['reviews-v2'] = 0.2;

    const back = await runUntil(scene, at('rollingBack', 0));
    const { status } = await runUntil(scene, over);

    expect([status.reason, status.message]).toEqual([back.status.reason, back.status.message]);
    expect(status.verdicts.find(({ gate }) => gate === 'errors')?.verdict).toBe('fail');
  });
});

describe('sick pods', () => {
  const crash = { pod: 'reviews-v2-x', kind: 'crashLoop', message: 'panic: cannot open config' } as const;

  it('end a rollout before any weight has moved, quoting the container', async () => {
    const scene = memoryWorld();
    await scene.deploy('reviews-v2', { complete: false, readyReplicas: 0 });
    await runUntil(scene, at('preparing', 0));
    scene.trouble('reviews-v2', [crash]);

    const { status } = await runUntil(scene, over, { withinMs: 10_000 });

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'health', reason: 'PodsFailing' });
    expect(status.message).toContain('panic: cannot open config');
    expect(Math.max(...routeWrites(scene.writes).filter((write) => typeof write === 'number'))).toBe(0);
  });

  it('end a bake within seconds, without waiting for metrics', async () => {
    const scene = memoryWorld();
    const { status: baking } = await runUntil(scene, at('baking', 1));
    scene.metrics.stop('Prometheus does not answer.');
    scene.trouble('reviews-v2', [crash]);

    const { status } = await runUntil(scene, at('rollingBack', 1));

    expect(status).toMatchObject({ cause: 'health', reason: 'PodsFailing' });
    expect(status.since - baking.since).toBeLessThanOrEqual(5_000);
  });

  it('that never get ready end it after the deadline of their own Deployment', async () => {
    const scene = memoryWorld();
    await scene.deploy('reviews-v2', { complete: false, readyReplicas: 1, progressDeadlineSeconds: 60 });

    const { status } = await runUntil(scene, over);

    expect(status).toMatchObject({ cause: 'deadline', reason: 'ProgressDeadlineExceeded' });
    expect(status.message).toBe('1 of 3 pods of reviews-v2 are ready after its progressDeadlineSeconds (60).');
  });
});

describe('at weight 50, stable is restored first', () => {
  it('when the rollout is deleted', async () => {
    const { scene, before } = await halfWay();
    await scene.discard();

    await runFor(scene, 60_000);

    expect(routeWrites(scene.writes).slice(-2)).toEqual([0, 'restore']);
    expect(scene.route()).toEqual(before);
    expect(await scene.rollouts()).toEqual([]);
  });

  it('when the Deployment is deleted', async () => {
    const { scene, before } = await halfWay();
    scene.undeploy('reviews-v2');

    const { status } = await runUntil(scene, over);

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'person', reason: 'TargetDeleted' });
    expect(routeWrites(scene.writes).slice(-2)).toEqual([0, 'restore']);
    expect(scene.route()).toEqual(before);
  });

  it('when the annotation is taken away', async () => {
    const { scene, before } = await halfWay();
    await scene.annotate('reviews-v2', {});

    const { status } = await runUntil(scene, over);

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'person', reason: 'AnnotationRemoved' });
    expect(routeWrites(scene.writes).slice(-2)).toEqual([0, 'restore']);
    expect(scene.route()).toEqual(before);
  });

  it('when a newer template comes, which is released next', async () => {
    const { scene } = await halfWay();
    const old = await scene.rollout();
    await scene.deploy('reviews-v2', { hash: 'rev2b' });

    const next = await runUntil(scene, ({ spec }) => spec.canary.hash === 'rev2b');

    const [first] = (await scene.rollouts()).filter(({ uid }) => uid === old?.uid);
    expect(first?.status).toMatchObject({ phase: 'rolledBack', cause: 'superseded' });
    expect(routeWrites(scene.writes)).toEqual([0, 50, 0, 'restore', 0, 50]);
    expect((await runUntil(scene, over)).id).toEqual(next.id);
    expect(scene.weights()).toEqual([0, 100]);
  });

  it('when the template of stable changes', async () => {
    const { scene } = await halfWay();
    await scene.deploy('reviews-v1', { hash: 'rev1b' });

    const next = await runUntil(scene, ({ spec }) => spec.stable.hash === 'rev1b');

    const [first] = await scene.rollouts();
    expect(first?.status).toMatchObject({ phase: 'rolledBack', cause: 'stableChanged' });
    expect(next.spec.attempt).toBe(2);
  });
});

async function halfWay(): Promise<{ readonly scene: MemoryWorld; readonly before: unknown }> {
  const scene = memoryWorld({ settings: short });
  const before = scene.route();
  await runUntil(scene, at('baking', 0));
  expect(scene.weights()).toEqual([50, 50]);
  return { scene, before };
}

function over({ status }: Rollout): boolean {
  return isFinal(status.phase);
}

function at(phase: Phase, step: number): (rollout: Rollout) => boolean {
  return ({ status }) => status.phase === phase && status.step === step;
}

function effects(scene: MemoryWorld, since: number): readonly string[] {
  const outside = scene.writes.slice(since).filter(({ port }) => port === 'mesh');
  return outside.map(({ port, verb }) => `${port}.${verb}`);
}
