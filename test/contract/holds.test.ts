import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clusterHolds } from '../../src/adapters/kubernetes/holds.ts';
import { clusterWorkloads } from '../../src/adapters/kubernetes/workloads.ts';
import { memoryHolds } from '../../src/adapters/memory/holds.ts';
import { memoryWorkloads } from '../../src/adapters/memory/workloads.ts';
import type { Workload } from '../../src/controller/ports.ts';
import type { Ended } from '../../tools/parts/run.ts';
import { kubectl } from '../../tools/stack/kubectl.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { aWorkload } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { change, connectionsForTests, createDeployment, demand, newNamespace } from './crds-bench.ts';
import { type HoldsBench, holdsContract } from './holds.ts';

holdsContract('memory', async () => memoryBench());

function memoryBench(): HoldsBench {
  const workloads = memoryWorkloads();
  const holds = memoryHolds(workloads, { automatic: false });
  workloads.put(aWorkload({ name: 'checkout', namespace: 'shop' }));
  return { holds, workloads, namespace: 'shop', rejection: async () => holds.rejection('shop', 'checkout') };
}

describe('on a cluster', () => {
  const connections = connectionsForTests();
  const clock = { now: () => Date.now() };
  const deploymentSchema = z.looseObject({
    metadata: z.looseObject({
      resourceVersion: z.string(),
      generation: z.number(),
      annotations: z.record(z.string(), z.string()),
      managedFields: z.array(z.looseObject({ manager: z.string(), fieldsV1: z.unknown() })),
    }),
    spec: z.looseObject({ paused: z.boolean().optional() }),
    status: z.looseObject({
      observedGeneration: z.number().default(0),
      conditions: z.array(z.looseObject({ type: z.string(), reason: z.string(), message: z.string() })),
    }),
  });
  type Seen = z.output<typeof deploymentSchema>;
  const isPaused = ({ reason }: { readonly reason: string }): boolean => reason === 'DeploymentPaused';
  type Bench = HoldsBench & {
    readonly read: () => Promise<Seen>;
    readonly seen: () => Promise<Workload>;
    /** `kubectl` in the namespace. */
    readonly run: (...args: readonly string[]) => Promise<Ended>;
    readonly update: (image: string) => Promise<void>;
  };

  async function begin(): Promise<Bench> {
    const { admin, controller } = connections();
    const namespace = await newNamespace(admin, 'holds');
    await createDeployment(admin, namespace, { name: 'checkout', image: 'checkout:1', annotations: { team: 'shop' } });
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/checkout`;
    const workloads = clusterWorkloads(controller, clock);
    const read = async (): Promise<Seen> => deploymentSchema.parse(await demand(admin, 'GET', path));
    const progressing = async (): Promise<Seen['status']['conditions'][number] | undefined> =>
      (await read()).status.conditions.find(({ type }) => type === 'Progressing');
    const isReady = async (): Promise<boolean> => (await progressing())?.reason === 'NewReplicaSetAvailable';
    await eventually('the Deployment to be ready', isReady);
    return {
      holds: clusterHolds(controller, clock),
      workloads,
      namespace,
      read,
      seen: async () => {
        const workload = await workloads.get(namespace, 'checkout');
        if (workload === undefined) throw new Error('The Deployment is gone.');
        return workload;
      },
      rejection: async () => {
        const said = await progressing();
        return said?.reason === 'ProgressDeadlineExceeded' ? said.message : undefined;
      },
      run: (...args) => kubectl(stackOfThisRun(), ['-n', namespace, ...args]),
      update: async (image) =>
        void (await change(admin, path, { spec: { template: { spec: { containers: [{ name: 'app', image }] } } } })),
    };
  }

  holdsContract('Kubernetes, as the controller that deploy/ describes', begin);

  /** The Deployment once nobody has written it since it was read. */
  async function lift({ holds, seen }: Bench): Promise<void> {
    const isLifted = async (): Promise<boolean> => (await holds.lift(await seen())) === 'lifted';
    await eventually('the pause to be lifted', isLifted);
  }

  it('write only what is not so yet', async () => {
    const { holds, namespace, read } = await begin();
    await holds.pause(namespace, 'checkout');
    const isNoted = async (): Promise<boolean> => {
      const { metadata, status } = await read();
      return status.observedGeneration >= metadata.generation && status.conditions.some(isPaused);
    };
    await eventually('the pause to be noted', isNoted);
    await holds.reject(namespace, 'checkout', 'It fails.');
    const { resourceVersion } = (await read()).metadata;

    await holds.pause(namespace, 'checkout');
    await holds.reject(namespace, 'checkout', 'It fails.');

    expect((await read()).metadata.resourceVersion).toBe(resourceVersion);
  });

  it('leave no field behind when they are lifted, and own none', async () => {
    const bench = await begin();
    const before = (await bench.read()).spec;
    await bench.holds.pause(bench.namespace, 'checkout');

    await lift(bench);

    const { metadata, spec } = await bench.read();
    const owned = metadata.managedFields.filter(({ manager }) => manager === 'serin');
    expect(spec).toEqual({ ...before, paused: undefined });
    expect(metadata.annotations).not.toHaveProperty('serin.dev/held');
    expect(JSON.stringify(owned)).not.toMatch(/f:paused|serin.dev\/held/);
  });

  it('meet no conflict with who applies the Deployment on the server’s side', async () => {
    const bench = await begin();
    const manifest = JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'checkout', annotations: { team: 'shop' } },
      spec: {
        selector: { matchLabels: { app: 'reviews', version: 'checkout' } },
        template: {
          metadata: { labels: { app: 'reviews', version: 'checkout' } },
          spec: { containers: [{ name: 'app', image: 'checkout:1' }] },
        },
      },
    });
    const apply = (): Promise<Ended> =>
      kubectl(
        stackOfThisRun(),
        [
          '-n',
          bench.namespace,
          'apply',
          '--server-side',
          '--force-conflicts=false',
          '--field-manager=tests',
          '-f',
          '-',
        ],
        {
          stdin: manifest,
        },
      );
    const { code } = await kubectl(
      stackOfThisRun(),
      ['-n', bench.namespace, 'apply', '--server-side', '--force-conflicts', '--field-manager=tests', '-f', '-'],
      { stdin: manifest },
    );
    await bench.holds.pause(bench.namespace, 'checkout');

    const held = await apply();
    const stands = (await bench.seen()).held;
    await lift(bench);
    const lifted = await apply();

    expect([code, held.code, lifted.code]).toEqual([0, 0, 0]);
    expect(stands).toBe(true);
    expect(await bench.seen()).toMatchObject({ paused: false, held: false });
  });

  it('end a waiting kubectl rollout status with an error and their sentence, and let the next one wait', async () => {
    const bench = await begin();
    await bench.holds.pause(bench.namespace, 'checkout');
    await bench.update('checkout:2');
    const waiting = bench.run('rollout', 'status', 'deployment/checkout', '--timeout=60s');

    await bench.holds.reject(bench.namespace, 'checkout', 'The canary fails more requests than stable.');
    const ended = await waiting;
    const said = await bench.rejection();
    await bench.holds.reject(bench.namespace, 'checkout', undefined);
    const next = await bench.run('rollout', 'status', 'deployment/checkout', '--timeout=1s');

    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('exceeded its progress deadline') });
    expect(said).toBe('Serin: The canary fails more requests than stable.');
    expect(next).toMatchObject({ code: 1, stderr: expect.stringContaining('timed out waiting') });
  });

  it('let a Deployment whose template is taken back heal by itself', async () => {
    const bench = await begin();
    await bench.holds.pause(bench.namespace, 'checkout');
    await bench.update('checkout:2');
    await bench.holds.reject(bench.namespace, 'checkout', 'It fails.');
    await bench.update('checkout:1');

    await lift(bench);

    const status = await bench.run('rollout', 'status', 'deployment/checkout', '--timeout=60s');
    expect(status).toMatchObject({ code: 0 });
    await eventually('the word to be taken back', async () => (await bench.rejection()) === undefined);
  });
});
