// Managed Deployments, from adoption to the end of a rollout.
import { describe, expect, it } from 'vitest';
import type { World } from '../../src/controller/world.ts';
import { isFinal } from '../../src/domain/rollout.ts';
import { type ManagedOptions, type ManagedWorld, managedWorld } from '../support/managed-world.ts';
import { runFor, runUntil } from '../support/run.ts';
import { routeWrites } from '../support/writes.ts';

const short = { steps: '25,100' };

/** A world whose Deployment is adopted and at rest. */
async function adopted(options: ManagedOptions = {}): Promise<ManagedWorld> {
  const scene = managedWorld({ settings: short, ...options });
  await runFor(scene, 60_000);
  return scene;
}

async function checkout(scene: ManagedWorld) {
  const found = await scene.workloads.get('shop', 'checkout');
  if (found === undefined) throw new Error('checkout is gone');
  return found;
}

const reasons = (scene: ManagedWorld): readonly string[] => scene.said.map(({ reason }) => reason);

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

describe('a bad new template', () => {
  async function rejected(): Promise<ManagedWorld> {
    const scene = await adopted();
    scene.traffic.errors['checkout-r2'] = 0.5;
    await scene.release('r2');
    await runUntil(scene, ({ status }) => isFinal(status.phase));
    return scene;
  }

  it('is rolled back, held back, and told to those who wait for the Deployment', async () => {
    const scene = await adopted();
    const before = scene.route();
    scene.traffic.errors['checkout-r2'] = 0.5;
    await scene.release('r2');

    const { status } = await runUntil(scene, ({ status }) => isFinal(status.phase));

    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'gate' });
    expect(await checkout(scene)).toMatchObject({ revision: 'r2', paused: true, held: true, readyReplicas: 4 });
    expect(scene.rejection()).toBe(status.message);
    expect(scene.route()).toEqual(before);
    expect(await scene.leftovers()).toEqual([]);
  });

  it('is not tried again by itself, but by a retry', async () => {
    const scene = await rejected();
    await runFor(scene, 600_000);
    expect(await scene.rollouts()).toHaveLength(1);

    await scene.ask('retry');
    await runFor(scene, 30_000);

    expect((await scene.rollouts()).map(({ spec }) => spec.attempt)).toEqual([1, 2]);
  });

  it('is settled by the running template put back', async () => {
    const scene = await rejected();

    await scene.release('r1');
    await runFor(scene, 60_000);

    expect(await checkout(scene)).toMatchObject({ revision: 'r1', hash: 'h1', paused: false, held: false });
    expect(await scene.rollouts()).toHaveLength(1);
  });

  it('is settled by the running template put back also where the Deployment is paused at rest', async () => {
    const scene = await adopted({ automatic: false });
    scene.traffic.errors['checkout-r2'] = 0.5;
    await scene.release('r2');
    await runUntil(scene, ({ status }) => isFinal(status.phase));
    await runFor(scene, 5_000);
    expect(scene.rejection()).toBeDefined();

    await scene.release('r1');
    await runFor(scene, 60_000);

    expect(await checkout(scene)).toMatchObject({ revision: 'r1', paused: true, held: true });
    expect(scene.rejection()).toBeUndefined();
  });

  it('is followed by any other template', async () => {
    const scene = await rejected();

    await scene.release('r3');
    const { spec } = await runUntil(scene, ({ status }) => status.phase === 'promoted');

    expect(spec).toMatchObject({ stable: { hash: 'h1' }, canary: { hash: 'r3' } });
  });

  it('stays held back without pods', async () => {
    const scene = await rejected();

    scene.scale(0);
    await runFor(scene, 60_000);

    expect(await checkout(scene)).toMatchObject({ paused: true, held: true });
  });
});

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

describe('pods that started while somebody had lifted the pause', () => {
  it('are served by nobody after a rollback either, and go when the running template is put back', async () => {
    const scene = await adopted({ automatic: false });
    const before = scene.route();
    await scene.release('r2');
    await runUntil(scene, ({ status }) => status.phase === 'baking');
    scene.workloads.stick('shop', 'checkout', true);
    await scene.world.holds.lift(await checkout(scene));
    const [slipped, stable] = await scene.workloads.generations(await checkout(scene));
    expect([slipped?.revision, stable?.hash]).toEqual(['r2', 'h1']);

    await scene.ask('abort');
    const stalled = await runUntil(scene, ({ status }) => status.stalled?.reason === 'UnjudgedPods');
    expect(stalled.status.stalled?.message).toContain('serin undo checkout -n shop');
    expect(await scene.split()).toEqual({ checkout: 100, 'checkout-r2': 0 });

    scene.workloads.stick('shop', 'checkout', false);
    await scene.release('r1');
    const { status } = await runUntil(scene, ({ status }) => isFinal(status.phase));
    expect(status).toMatchObject({ phase: 'rolledBack', cause: 'person', reason: 'Aborted' });
    expect(scene.route()).toEqual(before);
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
