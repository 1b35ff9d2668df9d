// What every store of rollouts promises; held by the one in memory and the one on a real API server.
import { beforeEach, describe, expect, it } from 'vitest';
import type { RolloutStore } from '../../src/controller/ports.ts';
import type { Lanes } from '../../src/domain/lanes.ts';
import type { Rollout, RolloutId, RolloutSpec, RolloutStatus } from '../../src/domain/rollout.ts';
import { aPlan, aRequest, aRoute, aSpec, aStatus, aVerdict, aWarrant, dawn } from '../support/builders.ts';

/** A store under test with a namespace of the test's own, and the hands of its users. */
export interface StoreBench {
  readonly store: RolloutStore;
  readonly namespace: string;
  /** A Deployment that is there. */
  readonly target: RolloutSpec['target'];
  /** Edits the spec as `kubectl edit` does. */
  edit(id: RolloutId, spec: { readonly paused: boolean }): Promise<void>;
  /** Deletes the rollout as `kubectl delete --wait=false` does. */
  discard(id: RolloutId): Promise<void>;
}

/** A status that has something in every field. */
export function aFullStatus(): RolloutStatus {
  const gates = {
    errors: { version: 1, state: { counted: { canary: 12.5, past: [1, { deep: null }], text: 'é<&>' } } },
  };
  return aStatus({
    phase: 'baking',
    step: 1,
    epoch: 4,
    weight: { intended: 25, observed: 20 },
    writtenAt: dawn + 1_000,
    bakeSince: dawn + 2_001,
    cleanUp: 'settleStable',
    route: aRoute({
      section: 'main',
      stable: { host: 'reviews', subset: 'v1', port: 9080 },
      original: { stable: null, canary: 0 },
    }),
    warrant: aWarrant(1),
    fullWarrant: aWarrant(0, 'person'),
    cause: 'gate',
    pausedBy: 'ada',
    verdicts: [aVerdict('pass'), aVerdict('noData', { gate: 'traffic', query: 'sum(rate(x{a="<b>"}[1m]))' })],
    evidence: { schema: 1, through: dawn + 30_000, stepStart: dawn + 15_000, gates },
    corrections: 2,
    stalled: { reason: 'WeightsContested', message: 'Somebody keeps setting the weight.' },
    history: [
      { time: dawn, phase: 'preparing', step: 0, weight: 0, warrant: 'start', message: 'Begun.' },
      { time: dawn + 7, phase: 'shifting', step: 0, weight: 10, message: 'Ready.' },
    ],
    answers: [{ id: 'promote-1', outcome: 'repeated', message: 'It is promoted already.', time: dawn + 9 }],
    due: dawn + 60_000,
    finishedAt: dawn + 61_000,
  });
}

/** Lanes that have something in every field, in every spelling. */
export function someLanes(): Lanes {
  const where = { object: 'shop/checkout', host: 'checkout.shop.svc.cluster.local' };
  return {
    kind: 'lanes',
    target: 'checkout',
    namespace: 'shop',
    hosts: [where.host],
    objects: [
      { namespace: 'shop', name: 'checkout', made: false },
      { namespace: 'edge', name: 'gateway', made: true },
    ],
    originals: [
      { ...where, protocol: 'http', section: 'api', index: 0, subset: 'v1', port: 9080, weight: 70, alone: false },
      { ...where, protocol: 'tcp', index: 3, weight: null, alone: true },
    ],
    names: { stable: 'serin-stable-5c5b46c844', canary: 'serin-canary-0123456789' },
    made: [
      { kind: 'DestinationRule', namespace: 'shop', name: 'serin-canary-0123456789-checkout' },
      { kind: 'Deployment', namespace: 'shop', name: 'checkout-0123456789' },
    ],
    testers: 'cookie: canary=1',
  };
}

/** The promises of the port. `begin` gives each test a bench of its own. */
export function rolloutStoreContract(name: string, begin: () => Promise<StoreBench>): void {
  describe(`a store of rollouts (${name})`, () => {
    let bench: StoreBench;
    beforeEach(async () => {
      bench = await begin();
    });

    const idOf = (attempt = 1): RolloutId => ({ namespace: bench.namespace, name: `reviews-v2-two-${attempt}` });
    const specOf = (parts: Partial<RolloutSpec> = {}): RolloutSpec => aSpec({ target: bench.target, ...parts });

    async function stored(attempt = 1): Promise<Rollout> {
      await bench.store.create(idOf(attempt), specOf({ attempt }), aStatus());
      return read(attempt);
    }

    async function read(attempt = 1): Promise<Rollout> {
      const rollout = await bench.store.get(idOf(attempt));
      if (rollout === undefined) throw new Error('The rollout is not there.');
      return rollout;
    }

    it('has no rollout that nobody created', async () => {
      expect(await bench.store.get(idOf())).toBeUndefined();
      expect(await bench.store.list(bench.namespace)).toEqual([]);
    });

    it('gives back what was created', async () => {
      const plan = aPlan({
        steps: [1, 2, 100],
        bakeMs: 1_001,
        maxBakeMs: 5_400_000,
        errorMargin: 0.000001,
        maxErrorRate: 0.0123,
        maxLatency: [
          { kind: 'absolute', quantile: 0.999, millis: 500, text: 'p99.9<500ms' },
          { kind: 'relative', quantile: 0.95, factor: 1.2, text: 'p95 < 1.2x' },
        ],
        onUndecided: 'rollback',
        analysis: 'off',
      });
      const route = { namespace: 'other', object: 'reviews', section: 'main' };
      const spec = specOf({ plan, route, requests: [aRequest('pause', { reason: 'Lunch.', step: 0 })], paused: true });

      expect(await bench.store.create(idOf(), spec, aFullStatus())).toBe('created');

      const rollout = await read();
      expect(rollout.spec).toEqual(spec);
      expect(rollout.status).toEqual(aFullStatus());
      expect(rollout).toMatchObject({ id: idOf(), deleting: false, generation: 1 });
      expect(rollout.uid).not.toBe('');
      expect(rollout.createdAt).toBeGreaterThan(0);
    });

    it('gives back what a managed Deployment has besides', async () => {
      const plan = aPlan({ maxUnmeshed: 0.015, testers: 'x-canary: true' });
      const spec = specOf({ mode: 'managed', plan, takesOver: 'reviews-v2-one-1' });
      const status = aStatus({ phase: 'finalizing', lanes: someLanes(), stage: 'return', promotedHash: '5c5b46c844' });
      await bench.store.create(idOf(), spec, status);

      const { names, ...lanes } = someLanes();
      const saved = await bench.store.save(await read(), {
        ...status,
        cleanUp: 'settleDrained',
        lanes: { ...lanes, names: { canary: names.canary } },
      });

      expect(saved).toMatchObject({ kind: 'saved', rollout: { spec } });
      const after = (await read()).status;
      expect(after).toMatchObject({ cleanUp: 'settleDrained', stage: 'return', promotedHash: '5c5b46c844' });
      expect(after.lanes).toEqual({ ...lanes, names: { canary: names.canary } });
    });

    it('creates a rollout once, whoever else tries', async () => {
      const before = await stored();

      const again = await bench.store.create(idOf(), specOf({ attempt: 7 }), aStatus({ phase: 'baking' }));

      expect(again).toBe('exists');
      expect(await read()).toEqual(before);
    });

    it('lists the rollouts of one namespace, and of all', async () => {
      await stored(1);
      await stored(2);

      const [here, everywhere] = [await bench.store.list(bench.namespace), await bench.store.list()];

      const names = (all: readonly Rollout[]): readonly string[] => all.map(({ id }) => `${id.namespace}/${id.name}`);
      expect(names(here).toSorted()).toEqual([1, 2].map((attempt) => `${bench.namespace}/${idOf(attempt).name}`));
      expect(names(everywhere)).toEqual(expect.arrayContaining([...names(here)]));
    });

    it('saves the status of the version that was read', async () => {
      const before = await stored();

      const saved = await bench.store.save(before, aFullStatus());

      expect(saved).toMatchObject({ kind: 'saved', rollout: { status: aFullStatus(), spec: before.spec } });
      expect(await read()).toEqual(saved.kind === 'saved' ? saved.rollout : undefined);
    });

    it('forgets what the next status no longer says', async () => {
      const full = await bench.store.save(await stored(), aFullStatus());
      if (full.kind !== 'saved') throw new Error(full.kind);

      await bench.store.save(full.rollout, aStatus({ phase: 'rolledBack' }));

      expect((await read()).status).toEqual(aStatus({ phase: 'rolledBack' }));
    });

    it('is stale for a version that somebody has saved over', async () => {
      const before = await stored();
      await bench.store.save(before, aStatus({ phase: 'preparing' }));

      const late = await bench.store.save(before, aStatus({ phase: 'baking' }));

      expect(late).toEqual({ kind: 'stale' });
      expect((await read()).status.phase).toBe('preparing');
    });

    it('lets one of several that save at the same time win', async () => {
      const before = await stored();

      const saves = await Promise.all([1, 2, 3, 4].map((step) => bench.store.save(before, aStatus({ step }))));

      expect(saves.map(({ kind }) => kind).toSorted()).toEqual(['saved', 'stale', 'stale', 'stale']);
    });

    it('is stale for a version whose spec somebody has edited, and keeps the edit', async () => {
      const before = await stored();
      await bench.edit(idOf(), { paused: true });

      const late = await bench.store.save(before, aStatus({ phase: 'preparing' }));
      const edited = await read();
      const saved = await bench.store.save(edited, aStatus({ phase: 'preparing' }));

      expect(late).toEqual({ kind: 'stale' });
      expect(saved).toMatchObject({
        kind: 'saved',
        rollout: { spec: { paused: true }, status: { phase: 'preparing' } },
      });
    });

    it('counts changes of the spec, and none of the status', async () => {
      const before = await stored();

      await bench.store.save(before, aStatus({ phase: 'preparing' }));
      const saved = await read();
      await bench.edit(idOf(), { paused: true });
      const edited = await read();

      expect([before.generation, saved.generation, edited.generation]).toEqual([1, 1, 2]);
    });

    it('keeps a deleted rollout until it is released', async () => {
      const before = await stored();

      await bench.discard(idOf());
      const deleting = await read();
      await bench.store.release(deleting);

      expect(deleting).toMatchObject({ uid: before.uid, deleting: true });
      expect(await bench.store.get(idOf())).toBeUndefined();
      expect(await bench.store.save(deleting, aStatus())).toEqual({ kind: 'gone' });
    });

    it('still saves a rollout that is being deleted', async () => {
      await stored();
      await bench.discard(idOf());

      const saved = await bench.store.save(await read(), aStatus({ phase: 'rollingBack' }));

      expect(saved).toMatchObject({ kind: 'saved', rollout: { deleting: true, status: { phase: 'rollingBack' } } });
    });

    it('removes a released rollout at once', async () => {
      const rollout = await stored();

      await bench.store.release(rollout);
      await bench.store.remove(rollout);

      expect(await bench.store.get(idOf())).toBeUndefined();
    });

    it('releases and removes what is released and removed already', async () => {
      const rollout = await stored();

      for (let time = 0; time < 2; time += 1) await bench.store.release(rollout);
      for (let time = 0; time < 2; time += 1) await bench.store.remove(rollout);
      await bench.store.release(rollout);

      expect(await bench.store.list(bench.namespace)).toEqual([]);
    });

    it('neither releases nor removes another rollout that has taken the name', async () => {
      const before = await stored();
      await bench.store.release(before);
      await bench.store.remove(before);
      const after = await stored();

      await bench.store.release(before);
      await bench.store.remove(before);

      expect(after.uid).not.toBe(before.uid);
      expect(await read()).toEqual(after);
    });
  });
}
