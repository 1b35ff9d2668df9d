// Managed Deployments: what others do in the middle of a rollout.
import { describe, expect, it } from 'vitest';
import { isFinal } from '../../src/domain/rollout.ts';
import type { ManagedWorld } from '../support/managed-world.ts';
import { runFor, runUntil } from '../support/run.ts';
import { adopted, checkout, reasons } from './managed-scene.ts';

describe('in the middle of a rollout', () => {
  async function baking(): Promise<ManagedWorld> {
    const scene = await adopted();
    await scene.release('r2');
    await runUntil(scene, ({ status }) => status.phase === 'baking');
    return scene;
  }

  it('a newer template goes back to stable first and is then released', async () => {
    const scene = await baking();

    await scene.release('r3');
    await runUntil(scene, ({ spec, status }) => spec.canary.hash === 'r3' && isFinal(status.phase));

    const ends = (await scene.rollouts()).map(({ spec, status }) => [spec.canary.hash, status.phase, status.cause]);
    expect(ends).toEqual([
      ['r2', 'rolledBack', 'superseded'],
      ['r3', 'promoted', undefined],
    ]);
    expect(scene.rejection()).toBeUndefined();
  });

  it('a superseded template may be released later', async () => {
    const scene = await baking();
    await scene.release('r3');
    await runUntil(scene, ({ spec, status }) => spec.canary.hash === 'r3' && isFinal(status.phase));

    await scene.release('r2');
    const last = await runUntil(scene, ({ spec, status }) => spec.attempt === 2 && isFinal(status.phase));

    expect(last.status.phase).toBe('promoted');
  });

  it('the running template put back ends it, and the Deployment is let go', async () => {
    const scene = await baking();

    await scene.release('r1');
    const { status } = await runUntil(scene, ({ status }) => isFinal(status.phase));
    await runFor(scene, 30_000);

    expect(status).toMatchObject({ cause: 'superseded', reason: 'TemplateTakenBack' });
    expect(await checkout(scene)).toMatchObject({ paused: false, held: false });
    expect(await scene.rollouts()).toHaveLength(1);
  });

  it('an apply of the old manifest is put right at once, however often', async () => {
    const scene = await baking();

    for (let times = 0; times < 10; times += 1) {
      scene.reapply();
      expect((await scene.split())['checkout-r2']).toBeCloseTo(20);
      await runFor(scene, 1_000);
      expect(await scene.split()).toEqual({ checkout: 75, 'checkout-r2': 25 });
    }

    expect(reasons(scene).filter((reason) => reason === 'RoutesReset')).toHaveLength(2);
    await runUntil(scene, ({ status }) => status.phase === 'promoted');
  });

  it('scaling to nothing ends it, and the new template is held back', async () => {
    const scene = await baking();

    scene.scale(0);
    const { status } = await runUntil(scene, ({ status }) => isFinal(status.phase));

    expect(status).toMatchObject({ cause: 'person', reason: 'ScaledToZero' });
  });

  it('taking the annotation away goes back first', async () => {
    const scene = await baking();
    const marked = await checkout(scene);

    await scene.annotate(undefined);
    const { status } = await runUntil(scene, ({ status }) => isFinal(status.phase));

    expect(status).toMatchObject({ cause: 'person', reason: 'AnnotationRemoved' });
    expect(marked.paused).toBe(true);
    expect(await scene.leftovers()).toEqual([]);
  });

  it('lifting the pause does not help a template that is being judged', async () => {
    const scene = await baking();

    scene.workloads.annotate('shop', 'checkout', (await checkout(scene)).annotations);
    await scene.world.holds.lift(await checkout(scene));
    await runFor(scene, 5_000);

    expect(await checkout(scene)).toMatchObject({ paused: true, held: true });
    expect(reasons(scene)).toContain('PausePutBack');
  });

  it.each(['pending', 'preparing', 'shifting', 'baking'])(
    'an abort in %s leaves everything as before',
    async (phase) => {
      const scene = await adopted();
      const before = scene.route();
      if (phase === 'pending') scene.findings = [{ id: 'x', level: 'blocking', message: 'No.' }];
      await scene.release('r2');
      await runUntil(scene, ({ status }) => status.phase === phase);

      await scene.ask('abort');
      const { status } = await runUntil(scene, ({ status }) => isFinal(status.phase));

      expect(status).toMatchObject({ phase: 'rolledBack', cause: 'person' });
      expect(scene.route()).toEqual(before);
      expect(await scene.leftovers()).toEqual([]);
    },
  );
});
