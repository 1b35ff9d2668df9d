import { describe, expect, it } from 'vitest';
import { clusterRequestDesk } from '../../src/adapters/kubernetes/request-desk.ts';
import { rolloutPath } from '../../src/adapters/kubernetes/rollout-codec.ts';
import { clusterRollouts } from '../../src/adapters/kubernetes/rollout-store.ts';
import { memoryRollouts } from '../../src/adapters/memory/rollouts.ts';
import type { RequestDesk } from '../../src/controller/people-port.ts';
import { refusalOf } from '../../src/domain/permission.ts';
import { aSpec, aStatus } from '../support/builders.ts';
import { change, connectionsForTests, createDeployment, demand, newNamespace } from './crds-bench.ts';
import { type DeskBench, deskTime, requestDeskContract } from './request-desk.ts';

const clock = { now: () => deskTime };

requestDeskContract('memory', async () => {
  const both = memoryRollouts({ clock });
  const target = { name: 'reviews-v2', uid: 'uid-reviews-v2' };
  return { desk: both, store: both, namespace: 'shop', target, signs: { actor: 'ada', time: deskTime } };
});

describe('on a cluster', () => {
  const connections = connectionsForTests();

  async function begin(): Promise<DeskBench> {
    const { admin, controller, person } = connections();
    const namespace = await newNamespace(admin, 'desk');
    const body = {
      metadata: { name: 'operators' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'serin-operator' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'alice' }],
    };
    await demand(admin, 'POST', `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`, { body });
    return {
      desk: clusterRequestDesk(person('alice'), { clock }),
      store: clusterRollouts(controller, { clock, trouble: () => undefined }),
      namespace,
      target: await createDeployment(admin, namespace),
      signs: { actor: 'alice', time: deskTime },
    };
  }

  requestDeskContract('Kubernetes, as a person with the rights of an operator', begin);

  const promote = { id: 'a', verb: 'promote', surface: 'serin' } as const;

  async function asked(desk: RequestDesk, bench: DeskBench, reason?: string): ReturnType<RequestDesk['append']> {
    const id = { namespace: bench.namespace, name: 'reviews-v2-two-1' };
    await bench.store.create(id, aSpec({ target: bench.target }), aStatus());
    return desk.append(id, { ...promote, ...(reason === undefined ? {} : { reason }) });
  }

  it('gives the sentence of every surface when the person may read and not write', async () => {
    const bench = await begin();
    const { admin, person } = connections();
    const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${bench.namespace}/rolebindings`;
    const body = {
      metadata: { name: 'viewers' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'serin-viewer' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bob' }],
    };
    await demand(admin, 'POST', path, { body });

    const outcome = await asked(clusterRequestDesk(person('bob'), { clock }), bench);

    expect(outcome).toEqual({
      kind: 'refused',
      message: refusalOf({ name: 'bob' }, 'promote', bench.namespace),
    });
  });

  it("gives the cluster's sentence when the request is not one", async () => {
    const bench = await begin();

    const outcome = await asked(bench.desk, bench, 'x'.repeat(1_000));

    expect(outcome).toEqual({ kind: 'refused', message: expect.stringContaining('spec.requests[0].reason') });
  });

  it('asks the cluster for its own name once', async () => {
    const bench = await begin();
    const { admin } = connections();
    const reviews: string[] = [];
    const counting = {
      request: (...call: Parameters<typeof admin.request>) => {
        if (call[1].includes('selfsubjectreviews')) reviews.push(call[1]);
        return admin.request(...call);
      },
    };
    const desk = clusterRequestDesk(counting, { clock });

    await asked(desk, bench);
    const id = { namespace: bench.namespace, name: 'reviews-v2-two-1' };
    await desk.append(id, { ...promote, id: 'b', step: 1 });

    expect(reviews).toHaveLength(1);
    expect((await bench.store.get(id))?.spec.requests.map(({ actor }) => actor)).toEqual(['admin', 'admin']);
  });

  it('leaves room for people who write by kubectl', async () => {
    const bench = await begin();
    await asked(bench.desk, bench);
    const id = { namespace: bench.namespace, name: 'reviews-v2-two-1' };

    await change(connections().admin, rolloutPath(id), { spec: { paused: true } });

    expect((await bench.store.get(id))?.spec).toMatchObject({ paused: true, requests: [{ id: 'a' }] });
  });
});
