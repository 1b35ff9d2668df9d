// Managed Deployments: a good new template, to its promotion.
import { describe, expect, it } from 'vitest';
import { isFinal } from '../../src/domain/rollout.ts';
import { runFor, runUntil } from '../support/run.ts';
import { routeWrites } from '../support/writes.ts';
import { adopted, checkout } from './managed-scene.ts';

describe('a good new template', () => {
  it("is promoted: the user's own Deployment runs it, and nothing is left of Serin", async () => {
    const scene = await adopted();
    const before = scene.route();
    await scene.release('r2');

    const { status } = await runUntil(scene, ({ status }) => isFinal(status.phase));

    expect(status).toMatchObject({ phase: 'promoted', promotedHash: 'hashr2' });
    await runFor(scene, 30_000);
    expect(await checkout(scene)).toMatchObject({
      revision: 'r2',
      hash: 'hashr2',
      paused: false,
      held: false,
      readyReplicas: 4,
      annotations: { 'serin.dev/stable': 'hashr2', 'serin.dev/phase': 'promoted' },
    });
    expect(scene.route()).toEqual(before);
    expect(await scene.leftovers()).toEqual([]);
    expect(await scene.rollouts()).toHaveLength(1);
  });

  it('sees its lanes split first, then its weights, and then the way back in the same weights', async () => {
    const scene = await adopted();
    await scene.release('r2');

    await runUntil(scene, ({ status }) => isFinal(status.phase));

    expect(routeWrites(scene.writes)).toEqual([0, 25, 100, 100, 75, 0, 'restore']);
    const order = scene.writes
      .filter(({ port, verb }) => port === 'copies' || port === 'holds' || (port === 'mesh' && verb !== 'disown'))
      .map(({ port, verb, what }) =>
        verb === 'scale' ? `scale ${String(what)}` : port === 'mesh' ? verb : `${port} ${verb}`,
      );
    expect(order.filter((each, at) => each !== order[at - 1])).toEqual([
      'holds reject',
      'define',
      'change',
      'copies create',
      'change',
      'scale 4',
      'change',
      'holds lift',
      'define',
      'change',
      'scale 0',
      'change',
      'undefine',
      'copies remove',
    ]);
  });

  it('is served by no request before its first step', async () => {
    const scene = await adopted();
    await scene.release('r2');

    await runUntil(scene, ({ status }) => status.reason === 'WaitingForPods');

    expect(await scene.split()).toEqual({ checkout: 100, 'checkout-r2': 0 });
    expect((await scene.workloads.get('shop', 'checkout-r2'))?.replicas).toBe(1);
  });

  it('is routed for the time of the rollout where nothing routes its Service', async () => {
    const scene = await adopted({ routed: false });
    await scene.release('r2');

    await runUntil(scene, ({ status }) => status.phase === 'baking');
    expect(await scene.split()).toEqual({ checkout: 75, 'checkout-r2': 25 });

    await runUntil(scene, ({ status }) => isFinal(status.phase));
    expect(await scene.leftovers()).toEqual([]);
  });

  it('is given back without a last bake when a person has promoted it in full, and each weight is still passed through', async () => {
    const scene = await adopted({ settings: { steps: '25,100', bake: '30m', 'max-bake': '60m' } });
    await scene.release('r2');
    await runUntil(scene, ({ status }) => status.phase === 'baking');

    await scene.ask('promoteFull');
    const from = scene.now();
    const end = await runUntil(scene, ({ status }) => isFinal(status.phase));

    expect(end.status.phase).toBe('promoted');
    expect(scene.now() - from).toBeLessThan(30 * 60_000);
    expect(end.status.history.filter(({ phase }) => phase === 'shifting').map(({ weight }) => weight)).toEqual([
      25, 100,
    ]);
    expect(routeWrites(scene.writes).length).toBeGreaterThanOrEqual(5);
  });

  it('follows the size of stable while it bakes', async () => {
    const scene = await adopted();
    await scene.release('r2');
    await runUntil(scene, ({ status }) => status.phase === 'baking');

    scene.scale(8);
    await runFor(scene, 30_000);

    expect((await scene.workloads.get('shop', 'checkout-r2'))?.replicas).toBe(2);
  });

  it('may be paused by a policy or by Serin: without a policy it ends at rest as it began', async () => {
    const scene = await adopted({ automatic: false });
    await scene.release('r2');

    const { status } = await runUntil(scene, ({ status }) => isFinal(status.phase));
    await runFor(scene, 30_000);

    expect(status.phase).toBe('promoted');
    expect(await checkout(scene)).toMatchObject({ revision: 'r2', hash: 'hashr2', paused: true, held: true });
  });
});
