// What the policies that hold a managed Deployment are tried on: a namespace on a real API server, and `checkout` in it.
import { z } from 'zod';
import { clusterHolds } from '../../src/adapters/kubernetes/holds.ts';
import { clusterWorkloads } from '../../src/adapters/kubernetes/workloads.ts';
import type { Holds, Workload } from '../../src/controller/ports.ts';
import type { Ended } from '../../tools/parts/run.ts';
import { kubectl } from '../../tools/stack/kubectl.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { eventually } from '../support/eventually.ts';
import { bindPolicies } from './admission-bench.ts';
import { type Connections, change, demand, newNamespace } from './crds-bench.ts';

const clock = { now: () => Date.now() };

const deploymentSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    resourceVersion: z.string(),
    generation: z.number(),
    annotations: z.record(z.string(), z.string()).default({}),
    managedFields: z.array(z.looseObject({ fieldsV1: z.unknown() })).default([]),
  }),
  spec: z.looseObject({ paused: z.boolean().optional(), replicas: z.number() }),
});
type Seen = z.output<typeof deploymentSchema>;

/** A namespace under the policies, and what is done to the Deployment `checkout` in it. */
export interface HoldBench {
  readonly namespace: string;
  /** As the controller. */
  readonly holds: Holds;
  readonly seen: () => Promise<Workload>;
  readonly read: () => Promise<Seen>;
  /** Changes it as the admin does. */
  readonly edit: (body: unknown) => Promise<Seen>;
  /** The answer to such a change, whatever it is. */
  readonly ask: (body: unknown) => Promise<{ readonly status: number; readonly message: string }>;
  readonly run: (args: readonly string[], stdin?: unknown) => Promise<Ended>;
  readonly complete: () => Promise<Workload>;
}

/** The Deployment as its owner has it in Git. */
export function manifest(image: string, more: { readonly annotations?: object; readonly spec?: object } = {}): object {
  const labels = { app: 'checkout' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'checkout', annotations: more.annotations ?? { 'serin.dev/canary': 'enabled' } },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image }] } },
      ...more.spec,
    },
  };
}

/** A change of its image alone. */
export function template(image: string): object {
  return { spec: { template: { spec: { containers: [{ name: 'app', image }] } } } };
}

/** A namespace in which the policies are bound, without a Deployment. */
export async function bound({ admin, controller }: Connections): Promise<HoldBench> {
  const namespace = await newNamespace(admin, 'held');
  await bindPolicies(admin, namespace);
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/checkout`;
  const workloads = clusterWorkloads(controller, clock);
  const read = async (): Promise<Seen> => deploymentSchema.parse(await demand(admin, 'GET', path));
  const run = (args: readonly string[], stdin?: unknown): Promise<Ended> =>
    kubectl(stackOfThisRun(), ['-n', namespace, ...args], stdin === undefined ? {} : { stdin: JSON.stringify(stdin) });
  async function seen(): Promise<Workload> {
    const workload = await workloads.get(namespace, 'checkout');
    if (workload === undefined) throw new Error('The Deployment is gone.');
    return workload;
  }
  async function ask(body: unknown): Promise<{ readonly status: number; readonly message: string }> {
    const contentType = 'application/merge-patch+json';
    const answer = await admin.request('PATCH', path, { body, contentType });
    return {
      status: answer.status,
      message: z.looseObject({ message: z.string().default('') }).parse(answer.body).message,
    };
  }
  const complete = (): Promise<Workload> =>
    eventually('the Deployment to be complete', async () => {
      const workload = await seen();
      return workload.complete && workload.hash !== undefined && workload;
    });
  const edit = async (body: unknown): Promise<Seen> => deploymentSchema.parse(await change(admin, path, body));
  return { namespace, holds: clusterHolds(controller, clock), seen, read, edit, ask, run, complete };
}

/** A Deployment that runs checkout:1, applied by kubectl, and adopted. */
export async function adoptedIn(connections: Connections): Promise<HoldBench & { readonly stable: string }> {
  const bench = await bound(connections);
  await bench.run(['apply', '-f', '-'], manifest('checkout:1'));
  const { hash: stable = '' } = await bench.complete();
  await bench.edit({ metadata: { annotations: { 'serin.dev/stable': stable, 'serin.dev/last': 'promoted b a a 1' } } });
  await bench.complete();
  return { ...bench, stable };
}

/** As `adoptedIn`, with checkout:2 held back. */
export async function holdingIn(connections: Connections): Promise<HoldBench & { readonly stable: string }> {
  const bench = await adoptedIn(connections);
  await bench.edit(template('checkout:2'));
  return bench;
}

/** Lifts the pause as Serin does, once nobody writes the Deployment in between. */
export async function lifted({ holds, seen }: HoldBench): Promise<void> {
  const isLifted = async (): Promise<boolean> => (await holds.lift(await seen())) === 'lifted';
  await eventually('the pause to be lifted', isLifted);
}

/** How many ReplicaSets the namespace has. */
export async function replicaSets(bench: HoldBench): Promise<number> {
  const { stdout } = await bench.run(['get', 'replicasets', '-o', 'name']);
  return stdout.trim().split('\n').length;
}
