// Changes of a Deployment's pod template on the real API server, by a person who may change Deployments.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clusterAdoptions } from '../../src/adapters/kubernetes/adoptions.ts';
import { type ClusterTemplates, clusterTemplates } from '../../src/adapters/kubernetes/templates.ts';
import { clusterWorkloads } from '../../src/adapters/kubernetes/workloads.ts';
import type { Workload } from '../../src/controller/ports.ts';
import { dawn } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { change, connectionsForTests, createDeployment, demand, newNamespace } from './crds-bench.ts';

const deployment = z.looseObject({
  metadata: z.looseObject({ annotations: z.record(z.string(), z.string()), generation: z.number() }),
  spec: z.looseObject({ paused: z.boolean().optional(), template: z.unknown() }),
});

interface Bench {
  readonly templates: ClusterTemplates;
  readonly path: string;
  readonly read: () => Promise<z.output<typeof deployment>>;
  readonly seen: () => Promise<Workload>;
  /** Changes the image and waits until all pods run it. */
  readonly roll: (image: string) => Promise<Workload>;
  /** Changes parts of the Deployment. */
  readonly edit: (body: unknown) => Promise<Workload>;
}

const connections = connectionsForTests();

async function begin(): Promise<Bench> {
  const { admin } = connections();
  const namespace = await newNamespace(admin, 'templates');
  const { name } = await createDeployment(admin, namespace, {
    name: 'checkout',
    image: 'checkout:1',
    annotations: { 'serin.dev/canary': 'enabled', team: 'shop' },
  });
  const workloads = clusterWorkloads(admin, { now: () => Date.now() });
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  const read = async (): Promise<z.output<typeof deployment>> => deployment.parse(await demand(admin, 'GET', path));

  async function seen(): Promise<Workload> {
    const workload = await workloads.get(namespace, name);
    if (workload === undefined) throw new Error(`There is no Deployment ${path}.`);
    return workload;
  }

  async function edit(body: unknown): Promise<Workload> {
    await change(admin, path, body);
    return seen();
  }

  async function roll(image: string): Promise<Workload> {
    await edit({ spec: { template: { spec: { containers: [{ name: 'app', image }] } } } });
    return eventually(`all pods to run ${image}`, async () => {
      const workload = await seen();
      return workload.complete && workload.hash !== undefined && workload.images[0] === image && workload;
    });
  }

  await roll('checkout:1');
  return { templates: clusterTemplates(admin, workloads), path, read, seen, roll, edit };
}

/** The outcome on what is read just before, tried again where the Deployment controller wrote its status in between. */
function unhindered<T extends string>(bench: Bench, act: (workload: Workload) => Promise<T>): Promise<T | false> {
  return eventually('a write that meets no other', async () => {
    const outcome = await act(await bench.seen());
    return outcome !== 'conflict' && outcome;
  });
}

describe('templates on a cluster', () => {
  it('are known by the numbers of kubectl rollout history, the latest first', async () => {
    const bench = await begin();
    const first = await bench.seen();
    const second = await bench.roll('checkout:2');

    expect(await bench.templates.past(second)).toEqual([
      { number: 2, hash: second.hash, revision: second.revision, images: ['checkout:2'] },
      { number: 1, hash: first.hash, revision: first.revision, images: ['checkout:1'] },
    ]);
  });

  it('are put back byte for byte, and nothing else is: not the pause, not an annotation', async () => {
    const bench = await begin();
    const before = await bench.read();
    const stable = await bench.seen();
    await bench.edit({
      metadata: { annotations: { 'serin.dev/held': 'true', 'serin.dev/stable': stable.hash } },
      spec: { paused: true, template: { spec: { containers: [{ name: 'app', image: 'checkout:2' }] } } },
    });
    const marked = (await bench.read()).metadata.annotations;

    const outcome = await unhindered(bench, (held) => bench.templates.putBack(held, stable.hash ?? ''));
    expect(outcome).toBe('changed');

    const after = await bench.read();
    expect(after.spec.template).toEqual(before.spec.template);
    expect(after.spec.paused).toBe(true);
    expect(after.metadata.annotations).toEqual(marked);
    expect((await bench.seen()).revision).toBe(stable.revision);
  });

  it('that stand already are no change', async () => {
    const bench = await begin();
    const stable = await bench.seen();
    const { generation } = (await bench.read()).metadata;

    expect(await bench.templates.putBack(stable, stable.hash ?? '')).toBe('same');
    expect((await bench.read()).metadata.generation).toBe(generation);
  });

  it('are not put back over a change made meanwhile', async () => {
    const bench = await begin();
    const stable = await bench.seen();
    const held = await bench.edit({
      spec: { paused: true, template: { spec: { containers: [{ name: 'app', image: 'checkout:2' }] } } },
    });
    const newer = await bench.edit({
      spec: { template: { spec: { containers: [{ name: 'app', image: 'checkout:3' }] } } },
    });

    expect(await bench.templates.putBack(held, stable.hash ?? '')).toBe('conflict');
    expect(await bench.templates.restart(held, dawn)).toBe('conflict');
    expect((await bench.seen()).revision).toBe(newer.revision);
  });

  it('that the cluster does not know are gone', async () => {
    const bench = await begin();

    expect(await bench.templates.putBack(await bench.seen(), '0000000000')).toBe('gone');
  });

  it('ask for new pods as kubectl rollout restart does, also where that refuses', async () => {
    const bench = await begin();
    const held = await bench.edit({ spec: { paused: true } });

    expect(await unhindered(bench, (seen) => bench.templates.restart(seen, dawn))).toBe('changed');

    const { metadata } = z
      .object({ metadata: z.looseObject({ annotations: z.unknown() }) })
      .parse((await bench.read()).spec.template);
    expect(metadata.annotations).toEqual({ 'kubectl.kubernetes.io/restartedAt': '2026-01-05T09:00:00Z' });
    expect((await bench.seen()).revision).not.toBe(held.revision);
    expect((await bench.read()).spec.paused).toBe(true);
  });
});

describe('adoptions on a cluster', () => {
  it('are found by what asks for them and by what is held, and end without touching anything else', async () => {
    const { admin } = connections();
    const namespace = await newNamespace(admin, 'adoptions');
    const adoptions = clusterAdoptions(admin);
    await createDeployment(admin, namespace, {
      name: 'asking',
      annotations: { 'serin.dev/canary': 'enabled', team: 'a' },
    });
    await createDeployment(admin, namespace, { name: 'held', annotations: { 'serin.dev/held': 'true' }, paused: true });
    await createDeployment(admin, namespace, { name: 'pair', annotations: { 'serin.dev/canary-of': 'other' } });

    const names = async () => (await adoptions.list(namespace)).map(({ name }) => name).toSorted();
    expect(await names()).toEqual(['asking', 'held']);
    expect((await adoptions.list()).filter((each) => each.namespace === namespace)).toHaveLength(2);

    await adoptions.end(namespace, 'asking');
    await adoptions.end(namespace, 'asking');
    await adoptions.end(namespace, 'held');
    await adoptions.end(namespace, 'no-such-deployment');

    expect(await names()).toEqual(['held']);
    const left = deployment.parse(
      await demand(admin, 'GET', `/apis/apps/v1/namespaces/${namespace}/deployments/asking`),
    );
    expect(left.metadata.annotations['team']).toBe('a');
  });
});
