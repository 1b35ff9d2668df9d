import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { rolloutPath, rolloutsPath } from '../../src/adapters/kubernetes/rollout-codec.ts';
import { clusterRollouts } from '../../src/adapters/kubernetes/rollout-store.ts';
import { memoryRollouts } from '../../src/adapters/memory/rollouts.ts';
import type { RolloutStore } from '../../src/controller/ports.ts';
import type { RolloutId } from '../../src/domain/rollout.ts';
import { aSpec, aStatus, dawn } from '../support/builders.ts';
import { simulatedClock } from '../support/clock.ts';
import { eventually } from '../support/eventually.ts';
import { change, connectionsForTests, createDeployment, demand, newNamespace } from './crds-bench.ts';
import { aFullStatus, rolloutStoreContract, type StoreBench } from './rollout-store.ts';

rolloutStoreContract('memory', async () => {
  const store = memoryRollouts({ clock: simulatedClock() });
  return {
    store,
    namespace: 'shop',
    target: { name: 'reviews-v2', uid: 'uid-reviews-v2' },
    edit: async (id, spec) => store.edit(id, spec),
    discard: async (id) => store.discard(id),
  };
});

describe('on a cluster', () => {
  const connections = connectionsForTests();

  async function begin(): Promise<StoreBench & { readonly troubles: readonly string[] }> {
    const { admin, controller } = connections();
    const namespace = await newNamespace(admin, 'store');
    const troubles: string[] = [];
    const trouble = (message: string, error?: unknown): void => void troubles.push(`${message} ${String(error)}`);
    return {
      store: clusterRollouts(controller, { clock: { now: () => dawn }, trouble }),
      namespace,
      target: await createDeployment(admin, namespace),
      edit: async (id, spec) => void (await change(admin, rolloutPath(id), { spec })),
      discard: async (id) => void (await demand(admin, 'DELETE', rolloutPath(id))),
      troubles,
    };
  }

  rolloutStoreContract('Kubernetes, as the controller that deploy/ describes', begin);

  const seen = z.looseObject({
    metadata: z.looseObject({
      labels: z.record(z.string(), z.string()),
      finalizers: z.array(z.string()).default([]),
      ownerReferences: z.array(z.looseObject({ kind: z.string(), uid: z.string() })),
      deletionTimestamp: z.string().optional(),
    }),
    status: z.looseObject({
      observedGeneration: z.number(),
      conditions: z.array(z.object({ type: z.string(), status: z.string(), lastTransitionTime: z.string() })),
    }),
  });

  async function object(id: RolloutId): Promise<z.output<typeof seen>> {
    return seen.parse(await demand(connections().admin, 'GET', rolloutPath(id)));
  }

  it('gives a rollout its owner, its finalizer and its labels', async () => {
    const { store, namespace, target } = await begin();
    const id = { namespace, name: 'reviews-v2-two-1' };

    await store.create(id, aSpec({ target }), aStatus());

    const { metadata } = await object(id);
    expect(metadata.finalizers).toEqual(['serin.dev/restore']);
    expect(metadata.labels).toEqual({
      'app.kubernetes.io/managed-by': 'serin',
      'serin.dev/target': 'reviews-v2',
    });
    expect(metadata.ownerReferences).toEqual([
      { apiVersion: 'apps/v1', kind: 'Deployment', ...target, controller: false, blockOwnerDeletion: true },
    ]);
  });

  /** The garbage collector learns of new kinds twice a minute; it knows this one when it collects a rollout of no owner. */
  async function whenCollected(namespace: string): Promise<void> {
    const { admin } = connections();
    const store = clusterRollouts(admin, { clock: { now: () => dawn }, trouble: () => undefined });
    const id = { namespace, name: 'orphan-two-1' };
    await store.create(
      id,
      aSpec({ target: { name: 'orphan', uid: '11111111-2222-3333-4444-555555555555' } }),
      aStatus(),
    );
    await released(store, id);
    const isGone = async (): Promise<boolean> => (await store.get(id)) === undefined;
    await eventually('the garbage collector to know rollouts', isGone);
  }

  it('keeps a Deployment that is deleted in the foreground until its rollout is released', {
    timeout: 150_000,
  }, async () => {
    const { store, namespace, target } = await begin();
    const { admin } = connections();
    const id = { namespace, name: 'reviews-v2-two-1' };
    const deployment = `/apis/apps/v1/namespaces/${namespace}/deployments/${target.name}`;
    await whenCollected(namespace);
    await store.create(id, aSpec({ target }), aStatus());

    await demand(admin, 'DELETE', deployment, { query: { propagationPolicy: 'Foreground' } });

    await eventually('the rollout to be deleted with its owner', async () => (await store.get(id))?.deleting);
    expect((await admin.request('GET', deployment)).status).toBe(200);
    await released(store, id);
    const isGone = async (): Promise<boolean> => (await admin.request('GET', deployment)).status === 404;
    await eventually('the Deployment to go', isGone);
    expect(await store.get(id)).toBeUndefined();
  });

  it('takes a rollout without a status for one that is pending since it was created', async () => {
    const { store, namespace, target } = await begin();
    const id = { namespace, name: 'reviews-v2-two-1' };
    await store.create(id, aSpec({ target }), aStatus());
    const body = { ...(await object(id)), metadata: { name: 'reviews-v2-two-2' }, status: undefined };
    await demand(connections().admin, 'POST', rolloutsPath(namespace), { body });

    const fresh = await store.get({ namespace, name: 'reviews-v2-two-2' });

    expect(fresh).toMatchObject({ status: { phase: 'pending', epoch: 0, weight: { intended: 0, observed: null } } });
    expect(fresh?.status.since).toBe(fresh?.createdAt);
    const saved = fresh === undefined ? undefined : await store.save(fresh, aFullStatus());
    expect(saved).toMatchObject({ kind: 'saved', rollout: { status: aFullStatus() } });
  });

  it('keeps the time of a condition that has not changed', async () => {
    const { store, namespace, target } = await begin();
    const id = { namespace, name: 'reviews-v2-two-1' };
    await store.create(id, aSpec({ target }), aStatus());
    const later = clusterRollouts(connections().controller, {
      clock: { now: () => dawn + 60_000 },
      trouble: () => undefined,
    });
    const rollout = await store.get(id);
    if (rollout === undefined) throw new Error('It is not there.');

    // A store that has not read the rollout itself asks for the conditions first.
    await later.save(rollout, aStatus({ pausedBy: 'ada' }));

    const { conditions, observedGeneration } = (await object(id)).status;
    const since = Object.fromEntries(
      conditions.map(({ type, lastTransitionTime }) => [type, Date.parse(lastTransitionTime)]),
    );
    expect(since).toEqual({
      Ready: dawn,
      Reconciling: dawn,
      Stalled: dawn,
      Finished: dawn,
      Succeeded: dawn,
      AwaitingApproval: dawn,
      Paused: dawn + 60_000,
    });
    expect(observedGeneration).toBe(1);
  });
});

async function released(store: RolloutStore, id: RolloutId): Promise<void> {
  const rollout = await store.get(id);
  if (rollout === undefined) throw new Error(`Rollout ${id.name} is not there.`);
  await store.release(rollout);
}
