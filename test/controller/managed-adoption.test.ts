// Managed Deployments: how they are adopted, what stands in the way of a rollout, and how they are let go.
import { describe, expect, it } from 'vitest';
import type { World } from '../../src/controller/world.ts';
import { isFinal } from '../../src/domain/rollout.ts';
import { managedWorld } from '../support/managed-world.ts';
import { runFor, runUntil } from '../support/run.ts';
import { adopted, checkout, reasons, short } from './managed-scene.ts';

describe('adoption', () => {
  it('marks what runs as stable and changes nothing else', async () => {
    const scene = managedWorld();
    const before = await checkout(scene);

    await runFor(scene, 60_000);

    const after = await checkout(scene);
    expect(after.annotations['serin.dev/stable']).toBe('h1');
    expect({ ...after, annotations: {}, resourceVersion: '' }).toEqual({
      ...before,
      annotations: {},
      resourceVersion: '',
    });
    expect(await scene.rollouts()).toEqual([]);
    expect(reasons(scene)).toEqual(['Adopted']);
  });

  it('pauses it at rest where no policy would pause a change in its own write', async () => {
    const scene = await adopted({ automatic: false });

    expect(await checkout(scene)).toMatchObject({ paused: true, held: true });
  });

  it('waits for the end of a rolling update of its own', async () => {
    const scene = managedWorld();
    scene.workloads.stick('shop', 'checkout', true);
    scene.workloads.retemplate('shop', 'checkout', { revision: 'r0' });

    await runFor(scene, 60_000);
    expect((await checkout(scene)).annotations['serin.dev/stable']).toBeUndefined();

    scene.workloads.stick('shop', 'checkout', false);
    await runFor(scene, 60_000);
    expect((await checkout(scene)).annotations['serin.dev/stable']).toBe('hashr0');
  });

  it('ends with the annotation: the hold is lifted and every mark is gone', async () => {
    const scene = await adopted({ automatic: false });

    await scene.annotate(undefined);
    await runFor(scene, 60_000);

    expect(await checkout(scene)).toMatchObject({ paused: false, held: false, annotations: {} });
  });

  it('ends with the annotation, but not for a template that nobody judged: what can be done is said', async () => {
    const scene = await adopted();
    scene.traffic.errors['checkout-r2'] = 0.5;
    await scene.release('r2');
    await runUntil(scene, ({ status }) => isFinal(status.phase));

    await scene.annotate(undefined);
    await runFor(scene, 60_000);

    expect(await checkout(scene)).toMatchObject({ paused: true, revision: 'r2' });
    expect(scene.said.at(-1)).toMatchObject({ reason: 'TemplateHeldBack' });
    expect(scene.said.at(-1)?.message).toContain('serin undo checkout -n shop');
  });
});

describe('before the start', () => {
  it('clients outside the mesh stand in the way, unless that is accepted', async () => {
    const scene = await adopted();
    scene.metrics.outside(0.05);
    await scene.release('r2');

    const { status } = await runUntil(scene, ({ status }) => status.stalled !== undefined);
    expect(status).toMatchObject({ phase: 'pending', reason: 'UnmeshedClients' });
    expect(status.message).toContain('serin.dev/max-unmeshed=6%');

    await scene.annotate({ ...short, 'max-unmeshed': '6%' });
    await runUntil(scene, ({ status }) => status.phase === 'promoted');
  });

  it('what the doctor finds stands in the way', async () => {
    const scene = await adopted();
    scene.findings = [{ id: 'sidecar-missing', level: 'blocking', message: 'No sidecar.', advice: 'Inject one.' }];
    await scene.release('r2');

    const { status } = await runUntil(scene, ({ status }) => status.stalled !== undefined);

    expect(status).toMatchObject({
      phase: 'pending',
      reason: 'DoctorFound',
      message: 'No sidecar. Inject one. (sidecar-missing)',
    });
  });
});

describe('a copy that the cluster refuses', () => {
  it("is told in the cluster's own words, tried again, and given up at the Deployment's deadline", async () => {
    const scene = await adopted();
    await scene.release('r2');
    const refusing: World = {
      ...scene.world,
      copies: { ...scene.world.copies, create: () => Promise.reject(new Error('exceeded quota: pods=4')) },
    };

    const stalled = await runUntil(scene, ({ status }) => status.stalled !== undefined, { through: refusing });
    expect(stalled.status.stalled?.reason).toBe('CopyRefused');
    expect(stalled.status.stalled?.message).toContain('exceeded quota: pods=4');

    const { status } = await runUntil(scene, ({ status }) => isFinal(status.phase), { through: refusing });
    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'deadline' });
    expect(await scene.leftovers()).toEqual([]);
  });

  it('begins when there is room', async () => {
    const scene = await adopted();
    await scene.release('r2');
    const refusing: World = {
      ...scene.world,
      copies: { ...scene.world.copies, create: () => Promise.reject(new Error('exceeded quota: pods=4')) },
    };
    await runUntil(scene, ({ status }) => status.stalled !== undefined, { through: refusing });

    const { status } = await runUntil(scene, ({ status }) => isFinal(status.phase));

    expect(status.phase).toBe('promoted');
  });
});
