// Who is rung when something is seen in the cluster.
import { describe, expect, it } from 'vitest';
import { type MemoryWakes, memoryWakes } from '../../src/adapters/memory/wakes.ts';
import { type Conductor, conductor } from '../../src/controller/conductor.ts';
import { isFinal, type Rollout } from '../../src/domain/rollout.ts';
import { eventually } from '../support/eventually.ts';
import { runUntil } from '../support/run.ts';
import { type MemoryWorld, memoryWorld, type WorldOptions } from '../support/world.ts';

interface Stage {
  readonly scene: MemoryWorld;
  readonly wakes: MemoryWakes;
  readonly conductor: Conductor;
}

const soon = { withinMs: 5_000 };

describe('a Deployment that changed', () => {
  it('gets the rollout it asks for', async () => {
    const { scene, conductor } = stage();

    conductor.targetChanged('shop', 'reviews-v2');

    await eventually('the rollout to begin', () => scene.rollout(), soon);
  });

  it('rings the rollout it is the target of, and no other', async () => {
    const { scene, wakes, conductor } = stage();
    const rollout = await bakingRollout(scene);
    conductor.rolloutChanged(rollout, false);

    conductor.targetChanged('shop', 'reviews-v1');
    expect(wakes.asked()).toEqual([]);
    conductor.targetChanged('shop', 'reviews-v2');

    expect(wakes.asked()).toMatchObject([{ id: rollout.id, uid: rollout.uid, at: scene.now() }]);
  });

  it('and was refused is looked at again by the sweep, until what was missing is there', async () => {
    const policies: Record<string, Record<string, string>> = {};
    const { scene, conductor } = stage({ settings: { policy: 'careful' }, policies });
    conductor.targetChanged('shop', 'reviews-v2');
    await eventually('the refusal', async () => scene.acceptance('reviews-v2')?.kind === 'refused', soon);
    await conductor.sweep();
    policies['shop/careful'] = { steps: '20,100' };

    await conductor.sweep();

    const begun = await eventually('the rollout to begin', () => scene.rollout(), soon);
    expect([...begun.spec.plan.steps]).toEqual([20, 100]);
    expect(scene.said.filter(({ reason }) => reason === 'InvalidAnnotation')).toHaveLength(1);
  });
});

describe('a rollout that changed', () => {
  it('rings when others changed it, and not for what Serin wrote itself', async () => {
    const { scene, wakes, conductor } = stage();
    const rollout = await bakingRollout(scene);

    conductor.rolloutChanged(rollout, false);
    expect(wakes.asked()).toEqual([]);
    conductor.rolloutChanged(rollout, true);

    expect(wakes.asked()).toMatchObject([{ uid: rollout.uid, key: `v${rollout.resourceVersion}` }]);
  });

  it('rings once more when it has ended, for whoever ended it may not have lived to tidy up', async () => {
    const { scene, wakes, conductor } = stage();
    const rollout = await bakingRollout(scene);
    conductor.rolloutChanged(rollout, false);

    conductor.rolloutChanged({ ...rollout, status: { ...rollout.status, phase: 'promoted' } }, false);

    expect(wakes.asked()).toMatchObject([{ uid: rollout.uid }]);
  });

  it('and is no more has its Deployment looked at again', async () => {
    const { scene, conductor } = stage();
    const rollout = await bakingRollout(scene);
    conductor.rolloutChanged(rollout, false);
    await scene.world.rollouts.release(rollout);
    await scene.world.rollouts.remove(rollout);

    conductor.rolloutGone(rollout.id);

    await eventually('the rollout to begin anew', () => scene.rollout(), soon);
  });

  it('is rung by a change of its own route, and of no other', async () => {
    const { scene, wakes, conductor } = stage();
    const rollout = await bakingRollout(scene);
    conductor.rolloutChanged(rollout, false);

    conductor.routeChanged('shop', 'ratings');
    conductor.routeChanged('mesh', 'reviews');
    expect(wakes.asked()).toEqual([]);
    conductor.routeChanged('shop', 'reviews');

    expect(wakes.asked()).toMatchObject([{ uid: rollout.uid }]);
  });

  it('is rung by any route of its namespace while it looks for one', async () => {
    const { scene, wakes, conductor } = stage({ weights: [60, 40] });
    const rollout = await runUntil(scene, ({ status }) => status.stalled !== undefined);
    conductor.rolloutChanged(rollout, false);

    conductor.routeChanged('shop', 'another');

    expect(wakes.asked()).toMatchObject([{ uid: rollout.uid }]);
  });
});

describe('a tick', () => {
  it('asks for the next one when it is due', async () => {
    const { scene, wakes, conductor } = stage();
    const rollout = await bakingRollout(scene);

    await conductor.tick(rollout.id, rollout.uid);

    const [next] = wakes.asked();
    expect(next).toMatchObject({ uid: rollout.uid, key: String(next?.at) });
    expect(next?.at).toBeGreaterThan(scene.now());
  });

  it('asks for none once the rollout is over', async () => {
    const { scene, wakes, conductor } = stage({ settings: { steps: '100' } });
    const { id, uid } = await runUntil(scene, over);

    await conductor.tick(id, uid);

    expect(wakes.asked()).toEqual([]);
  });
});

describe('the sweep', () => {
  it('wakes what is under way and leaves what is over', async () => {
    const { scene, wakes, conductor } = stage({ settings: { steps: '50,100' } });
    await runUntil(scene, over);
    await conductor.sweep();
    expect(wakes.asked()).toEqual([]);
    scene.meddle(0, 'user');
    await scene.deploy('reviews-v2', { hash: 'rev2b' });
    const next = await runUntil(scene, ({ spec, status }) => spec.canary.hash === 'rev2b' && status.phase === 'baking');

    await conductor.sweep();

    expect(wakes.asked().map(({ uid }) => uid)).toEqual([next.uid]);
  });
});

describe('the traffic asked for', () => {
  it('is that of rollouts that are judged', async () => {
    const { scene, conductor } = stage();
    conductor.rolloutChanged(await bakingRollout(scene), false);

    expect(conductor.subjects()).toMatchObject([{ namespace: 'shop', stable: 'reviews-v1', canary: 'reviews-v2' }]);
  });

  it('is none for a rollout that steps on time alone, or is over', async () => {
    const off = stage({ settings: { analysis: 'off' } });
    off.conductor.rolloutChanged(await bakingRollout(off.scene), false);
    const done = stage({ settings: { steps: '100' } });
    done.conductor.rolloutChanged(await runUntil(done.scene, over), false);

    expect([...off.conductor.subjects(), ...done.conductor.subjects()]).toEqual([]);
    expect([...done.conductor.phases()]).toEqual([['promoted', 1]]);
  });
});

function stage(options: WorldOptions = {}): Stage {
  const scene = memoryWorld(options);
  const wakes = memoryWakes({ clock: scene.world.clock, sweepMs: 30_000 });
  return { scene, wakes, conductor: conductor({ ...scene.world, wakes }) };
}

function bakingRollout(scene: MemoryWorld): Promise<Rollout> {
  return runUntil(scene, ({ status }) => status.phase === 'baking');
}

function over({ status }: Rollout): boolean {
  return isFinal(status.phase);
}
