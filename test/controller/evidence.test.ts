// No data, too little data and a source that is down: three different answers, none of them a pass or a failure.
import { describe, expect, it } from 'vitest';
import { defaultPlan } from '../../src/domain/plan.ts';
import { isFinal, type Rollout } from '../../src/domain/rollout.ts';
import { runFor, runUntil } from '../support/run.ts';
import { memoryWorld } from '../support/world.ts';

describe('without requests', () => {
  it('a bake is held with the sentence when max-bake is over, and goes back when a person says so', async () => {
    const scene = memoryWorld({ settings: { 'on-undecided': 'hold' } });
    await runUntil(scene, isBaking);
    scene.traffic.rps = 0;
    await runFor(scene, 60_000);

    const held = await runUntil(scene, ({ status }) => status.message.startsWith('Held'));
    expect(held.status).toMatchObject({ phase: 'baking', step: 0, stalled: { reason: held.status.reason } });
    expect(held.status.message).toContain('max-bake (12m) is over at weight 10% without a verdict.');
    expect(held.status.message).toContain('"serin abort reviews-v2 -n shop"');
    await scene.ask('abort');
    const { status } = await runUntil(scene, over);

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'person' });
    expect(scene.weights()).toEqual([100, 0]);
  });

  it('a held bake goes on by itself when the requests come after all', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100', 'on-undecided': 'hold' } });
    scene.traffic.rps = 0;
    await runUntil(scene, ({ status }) => status.message.startsWith('Held'));
    scene.traffic.rps = 100;

    const { status } = await runUntil(scene, ({ status }) => status.phase === 'shifting' && status.step === 1);

    expect(status.warrant).toMatchObject({ kind: 'pass', step: 0 });
    expect(status.stalled).toBeUndefined();
    expect(scene.said.map(({ reason }) => reason)).not.toContain('RolledBack');
  });

  it('a bake rolls back when the plan says so', async () => {
    const scene = memoryWorld({ settings: { 'on-undecided': 'rollback', 'max-bake': '5m' } });
    scene.traffic.rps = 0;

    const { status } = await runUntil(scene, over);

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'undecided' });
  });
});

describe('where the plan says advance', () => {
  it.each([
    [
      'no gate has anything to judge',
      0,
      'on-undecided says advance, but the errors gate has not passed. The canary has received no requests',
    ],
    [
      'nothing excludes harm beyond five times the margin',
      0.1,
      'only once the errors gate excludes harm beyond 2.5%, five times the margin;',
    ],
  ])('a bake is held all the same while %s', async (_while, rps, sentence) => {
    const scene = memoryWorld({ settings: { steps: '50,100', 'on-undecided': 'advance', 'max-bake': '5m' } });
    scene.traffic.rps = rps;

    const held = await runFor(scene, 900_000);

    expect(held?.status).toMatchObject({
      phase: 'baking',
      step: 0,
      stalled: { message: expect.stringContaining(sentence) },
    });
  });

  it('a bake advances when max-bake is over and the worst is excluded, with a warrant that admits it', async () => {
    const scene = memoryWorld({
      settings: { steps: '50,100', 'on-undecided': 'advance', 'max-bake': '5m', 'min-requests': '1000000' },
    });
    scene.traffic.rps = 200;

    const { status } = await runUntil(scene, ({ status: { step } }) => step === 1);

    expect(status.history.flatMap(({ warrant }) => warrant ?? []).slice(0, 2)).toEqual(['start', 'undecided']);
  });

  it('a plan that says nothing advances too when max-bake is over and the worst is excluded', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });
    scene.traffic.rps = 2;
    const start = scene.now();

    const { status } = await runUntil(scene, ({ status: { step } }) => step === 1);

    expect(scene.now() - start).toBeGreaterThanOrEqual(defaultPlan.maxBakeMs);
    expect(status.warrant).toMatchObject({
      kind: 'undecided',
      step: 0,
      message: expect.stringContaining('max-bake (12m) is over at weight 50% and on-undecided says advance'),
    });
  });
});

describe('while the source is down', () => {
  it('a bake stays, however long, says so, and goes on when it is back', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100', 'max-bake': '5m', 'on-undecided': 'rollback' } });
    scene.traffic.rps = 200;
    await runUntil(scene, isBaking);
    scene.metrics.stop('Prometheus does not answer.');

    const waiting = await runFor(scene, 600_000);
    expect(waiting?.status).toMatchObject({
      phase: 'baking',
      step: 0,
      reason: 'SourceUnreachable',
      stalled: { reason: 'SourceUnreachable', message: expect.stringContaining('Prometheus does not answer.') },
    });
    scene.metrics.start();
    const { status } = await runUntil(scene, over);

    expect(status.phase).toBe('promoted');
  });

  it('the owner is told once that it stalls and once that it moves again', async () => {
    const scene = memoryWorld({ settings: { steps: '100', bake: '10m' } });
    await runUntil(scene, isBaking);
    scene.metrics.stop('Prometheus does not answer.');
    await runFor(scene, 120_000);
    scene.metrics.start();

    await runFor(scene, 120_000);

    const told = scene.said.filter(({ about }) => about.kind === 'Deployment').map(({ reason }) => reason);
    expect(told.slice(-2)).toEqual(['SourceUnreachable', 'MovingAgain']);
    expect(told.filter((reason) => reason === 'SourceUnreachable')).toHaveLength(1);
  });

  it('nothing starts, and nothing of the route is touched', async () => {
    const scene = memoryWorld();
    const before = scene.route();
    scene.metrics.stop('Prometheus does not answer.');

    const rollout = await runFor(scene, 600_000);

    expect(rollout?.status).toMatchObject({
      phase: 'pending',
      reason: 'SourceUnreachable',
      message: 'Prometheus does not answer.',
    });
    expect(scene.route()).toEqual(before);
    expect(scene.writes.filter(({ port }) => port === 'mesh')).toEqual([]);
  });

  it('a person can still promote', async () => {
    const scene = memoryWorld();
    await runUntil(scene, isBaking);
    scene.metrics.stop('Prometheus does not answer.');
    await scene.ask('promote', { step: 0 });

    const { status } = await runUntil(scene, ({ status }) => status.step === 1);

    expect(status.warrant).toMatchObject({ kind: 'person', step: 0 });
  });
});

describe('a gap in the metrics', () => {
  it('is neither a failure nor a pass: the slots after it count', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });
    await runUntil(scene, isBaking);
    scene.metrics.gap(scene.now() + 30_000, scene.now() + 90_000);

    const { status } = await runUntil(scene, over);

    expect(status.phase).toBe('promoted');
  });
});

function isBaking({ status }: Rollout): boolean {
  return status.phase === 'baking';
}

function over({ status }: Rollout): boolean {
  return isFinal(status.phase);
}
