import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clusterCopies } from '../../src/adapters/kubernetes/copies.ts';
import { clusterWorkloads } from '../../src/adapters/kubernetes/workloads.ts';
import { memoryCopies } from '../../src/adapters/memory/copies.ts';
import { memoryWorkloads } from '../../src/adapters/memory/workloads.ts';
import type { Workload } from '../../src/controller/ports.ts';
import { aWorkload } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { type CopiesBench, copiesContract } from './copies.ts';
import { change, connectionsForTests, createDeployment, demand, newNamespace } from './crds-bench.ts';

copiesContract('memory', async () => memoryBench());

function memoryBench(): CopiesBench {
  const workloads = memoryWorkloads();
  const namespace = 'shop';
  workloads.put(aWorkload({ name: 'checkout', namespace, replicas: 2, readyReplicas: 2, images: ['checkout:1'] }));
  return {
    copies: memoryCopies(workloads),
    workloads,
    namespace,
    hosts: ['checkout.shop.svc.cluster.local'],
    update: async (image) =>
      workloads.change(namespace, 'checkout', { images: [image], revision: `rev-${image.slice(-1)}`, paused: true }),
  };
}

describe('on a cluster', () => {
  const connections = connectionsForTests();
  const clock = { now: () => Date.now() };
  const objectSchema = z.looseObject({
    metadata: z.looseObject({
      uid: z.string(),
      labels: z.record(z.string(), z.string()).default({}),
      annotations: z.record(z.string(), z.string()).default({}),
      ownerReferences: z.array(z.unknown()).default([]),
    }),
    spec: z.looseObject({ replicas: z.number() }),
  });

  async function begin(
    name = 'checkout',
    extra: object = {},
  ): Promise<CopiesBench & { readonly path: (name: string) => string }> {
    const { admin, controller } = connections();
    const namespace = await newNamespace(admin, 'copies');
    const path = (each: string): string => `/apis/apps/v1/namespaces/${namespace}/deployments/${each}`;
    await createDeployment(admin, namespace, { name, image: 'checkout:1', replicas: 2, annotations: { team: 'shop' } });
    const service = { metadata: { name: 'checkout' }, spec: { selector: { app: 'reviews' }, ports: [{ port: 80 }] } };
    await demand(admin, 'POST', `/api/v1/namespaces/${namespace}/services`, { body: service });
    const workloads = clusterWorkloads(controller, clock);
    const isThere = async (): Promise<boolean> => (await workloads.get(namespace, name))?.complete === true;
    await eventually('the Deployment to be complete', isThere);
    await change(admin, path(name), { metadata: { labels: { owner: 'argo' } }, spec: { paused: true, ...extra } });
    return {
      copies: clusterCopies(controller),
      workloads,
      namespace,
      hosts: [`checkout.${namespace}.svc.cluster.local`],
      path,
      update: async (image) =>
        void (await change(admin, path(name), {
          spec: { template: { spec: { containers: [{ name: 'app', image }] } } },
        })),
    };
  }

  copiesContract('Kubernetes, as the controller that deploy/ describes', begin);

  async function read(path: string): Promise<z.output<typeof objectSchema>> {
    return objectSchema.parse(await demand(connections().admin, 'GET', path));
  }

  async function targetOf({ workloads, namespace }: CopiesBench, name = 'checkout'): Promise<Workload> {
    const found = await workloads.get(namespace, name);
    if (found === undefined) throw new Error('The Deployment is gone.');
    return found;
  }

  it('take no label or annotation of the Deployment along, and go with it', async () => {
    const bench = await begin();
    const target = await targetOf(bench);

    await bench.copies.create(target, {
      name: 'checkout-copy',
      revision: target.revision,
      rollout: 'checkout-1',
      replicas: 1,
    });

    const { metadata } = await read(bench.path('checkout-copy'));
    expect(metadata.labels).toEqual({ 'app.kubernetes.io/managed-by': 'serin', 'serin.dev/target': 'checkout' });
    expect(metadata.annotations).not.toHaveProperty('team');
    expect(metadata.annotations).toMatchObject({ 'serin.dev/rollout': 'checkout-1' });
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'Deployment', name: 'checkout', uid: target.uid }]);
    await demand(connections().admin, 'DELETE', bench.path('checkout'));
    const isGone = async (): Promise<boolean> =>
      (await bench.workloads.get(bench.namespace, 'checkout-copy')) === undefined;
    await eventually('the copy to go', isGone);
  });

  it('roll and wait as the Deployment does', async () => {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 0 } };
    const own = { minReadySeconds: 2, progressDeadlineSeconds: 77, strategy };
    const bench = await begin('checkout', own);
    const target = await targetOf(bench);

    await bench.copies.create(target, {
      name: 'checkout-copy',
      revision: target.revision,
      rollout: 'checkout-1',
      replicas: 1,
    });

    const { spec } = await read(bench.path('checkout-copy'));
    expect(spec).toMatchObject({ ...own, revisionHistoryLimit: 0, replicas: 1 });
    expect(spec).not.toHaveProperty('paused');
  });

  it('take nobody else’s name, and leave what somebody else made', async () => {
    const bench = await begin();
    const target = await targetOf(bench);
    await createDeployment(connections().admin, bench.namespace, { name: 'checkout-copy', replicas: 1 });
    const wanted = { name: 'checkout-copy', revision: target.revision, rollout: 'checkout-1', replicas: 3 };

    await expect(bench.copies.create(target, wanted)).rejects.toThrow(
      `kubectl delete deployment/checkout-copy -n ${bench.namespace}`,
    );

    await bench.copies.scale(bench.namespace, 'checkout-copy', 3);
    await bench.copies.remove(bench.namespace, 'checkout-copy');
    expect((await read(bench.path('checkout-copy'))).spec.replicas).toBe(1);
  });

  it('are told from others whose pods are named alike because their names are too long', async () => {
    const long = `checkout-${'x'.repeat(54)}`;
    const bench = await begin(long);
    const target = await targetOf(bench, long);
    const listed = (): Promise<boolean> => bench.copies.isListed(bench.namespace, `${long}-copy`, bench.hosts);
    await bench.copies.create(target, {
      name: `${long}-copy`,
      revision: target.revision,
      rollout: 'long-1',
      replicas: 1,
    });
    await eventually('its pod to be listed', listed);

    await bench.copies.scale(bench.namespace, `${long}-copy`, 0);

    await eventually('its pod to be listed no more', async () => !(await listed()));
  });
});
