// Rollouts that go well, from the annotation to the promotion.
import { describe, expect, it } from 'vitest';
import { isFinal } from '../../src/domain/rollout.ts';
import { runFor, runUntil } from '../support/run.ts';
import { memoryWorld, settleMs } from '../support/world.ts';
import { routeWrites } from '../support/writes.ts';

describe('a canary that is as good as stable', () => {
  it('is promoted through the weights of its plan, each written once and with a warrant', async () => {
    const scene = memoryWorld();

    const { id, status } = await runUntil(scene, ({ status }) => isFinal(status.phase));

    expect(status).toMatchObject({
      phase: 'promoted',
      reason: 'Promoted',
      step: 3,
      weight: { intended: 100, observed: 100 },
    });
    expect(routeWrites(scene.writes)).toEqual([0, 10, 25, 50, 100, 'unclaim']);
    expect(status.history.map(({ phase, weight, warrant }) => [phase, weight, warrant])).toEqual([
      ['preparing', 0, 'start'],
      ['shifting', 10, undefined],
      ['baking', 10, undefined],
      ['shifting', 25, 'pass'],
      ['baking', 25, undefined],
      ['shifting', 50, 'pass'],
      ['baking', 50, undefined],
      ['shifting', 100, 'pass'],
      ['baking', 100, undefined],
      ['promoting', 100, 'pass'],
      ['finalizing', 100, undefined],
      ['promoted', 100, undefined],
    ]);
    expect(scene.weights()).toEqual([0, 100]);
    expect((await scene.workload('reviews-v2'))?.annotations).toMatchObject({
      'serin.dev/phase': 'promoted',
      'serin.dev/rollout': id.name,
      'serin.dev/last': 'promoted rev2 reviews-v1 rev1 1',
    });
  });

  it('lets every weight settle and bakes it for its whole time', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100', bake: '3m' } });

    const { status } = await runUntil(scene, ({ status }) => isFinal(status.phase));

    const stays = status.history.slice(1).map(({ time }, index) => time - (status.history[index]?.time ?? 0));
    const spent = status.history.map(({ phase }, index) => [phase, stays[index] ?? 0] as const);
    const settled = spent.filter(([phase]) => phase === 'shifting').map(([, ms]) => ms);
    const baked = spent.filter(([phase]) => phase === 'baking').map(([, ms]) => ms);
    expect(settled.map((ms) => ms >= settleMs)).toEqual([true, true]);
    expect(baked.map((ms) => ms >= 180_000)).toEqual([true, true]);
  });

  it('gives up its fields after every write, and leaves nothing of Serin in the route but the weights', async () => {
    const scene = memoryWorld();
    const before = scene.route();

    await runUntil(scene, ({ status }) => status.phase === 'shifting');
    expect([scene.weights(), scene.owners()]).toEqual([[90, 10], ['user']]);
    await runUntil(scene, ({ status }) => isFinal(status.phase));

    const done = scene.writes.filter(({ port }) => port === 'mesh').map(({ verb }) => verb);
    expect(done).toEqual(Array.from({ length: 6 }, () => ['change', 'disown']).flat());
    expect(scene.owners()).toEqual(['user']);
    scene.meddle(0, 'user');
    expect(scene.route()).toEqual(before);
  });

  it('is said on the Deployment and on the rollout, each change once', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100' } });

    await runUntil(scene, ({ status }) => isFinal(status.phase));

    const said = (kind: string): readonly string[] =>
      scene.said.filter(({ about }) => about.kind === kind).map(({ reason }) => reason);
    expect(said('Deployment')).toEqual(['CanaryStarted', 'WeightChanged', 'WeightChanged', 'Promoting', 'Promoted']);
    expect(said('CanaryRollout')).toEqual([
      'CanaryStarted',
      'WeightChanged',
      'Baking',
      'WeightChanged',
      'Baking',
      'Promoting',
      'Finalizing',
      'Promoted',
    ]);
  });

  it('needs no metrics when analysis is off, and says on what it went on', async () => {
    const scene = memoryWorld({ settings: { steps: '50,100', analysis: 'off' } });
    scene.metrics.stop('Prometheus does not answer.');

    const { status } = await runUntil(scene, ({ status }) => isFinal(status.phase));

    expect(status.phase).toBe('promoted');
    expect(status.history.flatMap(({ warrant }) => warrant ?? [])).toEqual(['start', 'time', 'time']);
    expect(status.warrant?.message).toContain('nothing was judged');
    expect(scene.metrics.reads).toEqual([]);
  });

  it('rests once it is over', async () => {
    const scene = memoryWorld({ settings: { steps: '100' } });
    await runUntil(scene, ({ status }) => isFinal(status.phase));
    const { length } = scene.writes;

    await runFor(scene, 3_600_000);

    expect(scene.writes.slice(length).filter(({ port, verb }) => port === 'mesh' || verb === 'save')).toEqual([]);
    expect(await scene.rollouts()).toHaveLength(1);
  });
});

describe('the status', () => {
  it('is saved seldom while nothing changes but the numbers', async () => {
    const scene = memoryWorld({ settings: { steps: '100', bake: '1h', 'max-bake': '2h' } });
    await runUntil(scene, ({ status }) => status.reason === 'Baking' && status.verdicts[0]?.verdict === 'pass');
    const { length } = scene.writes;

    await runFor(scene, 900_000);

    const saves = scene.writes.slice(length).filter(({ verb }) => verb === 'save');
    expect(saves.length).toBeGreaterThan(10);
    expect(saves.length).toBeLessThanOrEqual(15);
  });
});
