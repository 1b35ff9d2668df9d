import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clusterWorkloads } from '../../src/adapters/kubernetes/workloads.ts';
import { memoryWorkloads } from '../../src/adapters/memory/workloads.ts';
import type { Workload } from '../../src/controller/ports.ts';
import { aWorkload } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { change, connectionsForTests, createDeployment, demand, newNamespace } from './crds-bench.ts';
import { type WorkloadsBench, workloadsContract } from './workloads.ts';

workloadsContract('memory', async () => memoryBench());

function memoryBench(): WorkloadsBench {
  const workloads = memoryWorkloads();
  const namespace = 'shop';
  const hashOf = (image: string): string => `hash${image.replaceAll(/[^a-z0-9]/g, '')}`;

  async function put(name: string, parts: Partial<Workload>): Promise<void> {
    workloads.put({ ...((await workloads.get(namespace, name)) ?? aWorkload({ name, namespace })), ...parts });
  }

  return {
    workloads,
    namespace,
    deploy: (name, { image = 'reviews:1', replicas = 1 } = {}) =>
      put(name, { images: [image], hash: hashOf(image), revision: hashOf(image), replicas, readyReplicas: replicas }),
    update: async (name, image) => workloads.retemplate(namespace, name, { revision: hashOf(image), images: [image] }),
    scale: async (name, replicas) => workloads.change(namespace, name, { replicas }),
    pause: async (name, paused) => workloads.change(namespace, name, { paused }),
    fail: async (name, kind, message) => workloads.trouble(namespace, name, [{ pod: `${name}-1`, kind, message }]),
    remove: async (name) => workloads.remove(namespace, name),
  };
}

describe('on a cluster', () => {
  const connections = connectionsForTests();
  const clock = { now: () => Date.now() };
  const pods = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });
  const kwokWords = { crashLoop: 'crash-loop', imagePull: 'image-pull', outOfMemory: 'oom' } as const;

  async function begin(): Promise<WorkloadsBench & { readonly pathOf: (name: string) => string }> {
    const { admin, controller } = connections();
    const namespace = await newNamespace(admin, 'workloads');
    const pathOf = (name: string): string => `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
    const podsPath = `/api/v1/namespaces/${namespace}/pods`;
    return {
      workloads: clusterWorkloads(controller, clock),
      namespace,
      pathOf,
      deploy: async (name, parts) => void (await createDeployment(admin, namespace, { name, ...parts })),
      update: async (name, image) => {
        const template = { spec: { containers: [{ name: 'app', image }] } };
        await change(admin, pathOf(name), { spec: { template } });
      },
      pause: async (name, paused) => void (await change(admin, pathOf(name), { spec: { paused } })),
      scale: async (name, replicas) => void (await change(admin, pathOf(name), { spec: { replicas } })),
      fail: async (name, kind, words) => {
        const query = { labelSelector: `version=${name}` };
        const { items } = pods.parse(await demand(admin, 'GET', podsPath, { query }));
        const annotations = { 'kwok.serin.dev/fail': kwokWords[kind], 'kwok.serin.dev/message': words };
        for (const { metadata } of items)
          await change(admin, `${podsPath}/${metadata.name}`, { metadata: { annotations } });
      },
      remove: async (name) => void (await demand(admin, 'DELETE', pathOf(name))),
    };
  }

  workloadsContract('Kubernetes, as the controller that deploy/ describes', begin);

  it('know no revision for a template that a paused Deployment has not run, and know it again when it is taken back', async () => {
    const bench = await begin();
    await bench.deploy('reviews', { image: 'reviews:1' });
    const complete = await eventually('the Deployment to be complete', async () => {
      const workload = await bench.workloads.get(bench.namespace, 'reviews');
      return workload?.complete === true && workload;
    });
    const seen = async (image: string): Promise<Workload | undefined | false> => {
      const workload = await bench.workloads.get(bench.namespace, 'reviews');
      return workload?.images[0] === image && workload;
    };

    await change(connections().admin, bench.pathOf('reviews'), { spec: { paused: true } });
    await bench.update('reviews', 'reviews:2');
    const paused = await eventually('the new image', () => seen('reviews:2'));
    await bench.update('reviews', 'reviews:1');
    const back = await eventually('the revision to be known again', async () => {
      const workload = await seen('reviews:1');
      return workload !== undefined && workload !== false && workload.hash !== undefined && workload;
    });

    expect(paused).not.toHaveProperty('hash');
    expect(back.hash).toBe(complete.hash);
  });

  it('have no templates once they are gone, or are others of the same name', async () => {
    const bench = await begin();
    await bench.deploy('reviews');
    const before = await eventually('the Deployment to be complete', async () => {
      const workload = await bench.workloads.get(bench.namespace, 'reviews');
      return workload?.complete === true && workload;
    });

    await bench.remove('reviews');
    const gone = await bench.workloads.generations(before);
    await bench.deploy('reviews');

    expect(gone).toEqual([]);
    expect(await bench.workloads.generations(before)).toEqual([]);
  });

  it('tell of pods that no node takes once that lasts', async () => {
    const bench = await begin();
    const { admin, controller } = connections();
    await createDeployment(admin, bench.namespace, { name: 'reviews', nodeSelector: { moon: 'full' } });
    const later = clusterWorkloads(controller, { now: () => Date.now() + 11_000 });
    const workload = await eventually('the revision', async () => {
      const seen = await bench.workloads.get(bench.namespace, 'reviews');
      return seen?.hash !== undefined && seen;
    });

    const troubles = await eventually('the scheduler to say so', async () => {
      const seen = await later.troubles(workload);
      return seen.length > 0 && seen;
    });

    expect(troubles).toMatchObject([{ kind: 'unschedulable', message: expect.stringContaining('node affinity') }]);
  });
});
