// The policies that hold a managed Deployment, on a real API server: what kubectl does to one, and what comes of it.
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clusterHolds } from '../../src/adapters/kubernetes/holds.ts';
import { clusterWorkloads } from '../../src/adapters/kubernetes/workloads.ts';
import type { Holds, Workload } from '../../src/controller/ports.ts';
import type { Ended } from '../../tools/parts/run.ts';
import { kubectl } from '../../tools/stack/kubectl.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { eventually } from '../support/eventually.ts';
import { applyPolicies, bindPolicies } from './admission-bench.ts';
import { change, connectionsForTests, demand, newNamespace } from './crds-bench.ts';

const connections = connectionsForTests();
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

interface Bench {
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
function manifest(image: string, more: { readonly annotations?: object; readonly spec?: object } = {}): object {
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

function template(image: string): object {
  return { spec: { template: { spec: { containers: [{ name: 'app', image }] } } } };
}

async function begin(): Promise<Bench> {
  const { admin, controller } = connections();
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
async function adopted(): Promise<Bench & { readonly stable: string }> {
  const bench = await begin();
  await bench.run(['apply', '-f', '-'], manifest('checkout:1'));
  const { hash: stable = '' } = await bench.complete();
  await bench.edit({ metadata: { annotations: { 'serin.dev/stable': stable, 'serin.dev/last': 'promoted b a a 1' } } });
  await bench.complete();
  return { ...bench, stable };
}

/** As `adopted`, with checkout:2 held back. */
async function holding(): Promise<Bench & { readonly stable: string }> {
  const bench = await adopted();
  await bench.edit(template('checkout:2'));
  return bench;
}

/** Lifts the pause as Serin does, once nobody writes the Deployment in between. */
async function lifted({ holds, seen }: Bench): Promise<void> {
  const isLifted = async (): Promise<boolean> => (await holds.lift(await seen())) === 'lifted';
  await eventually('the pause to be lifted', isLifted);
}

async function replicaSets(bench: Bench): Promise<number> {
  const { stdout } = await bench.run(['get', 'replicasets', '-o', 'name']);
  return stdout.trim().split('\n').length;
}

const sentence =
  'Serin holds deployment/checkout, so that no template runs that was not judged, and lifts the pause itself.';

describe('a changed pod template', () => {
  beforeAll(async () => {
    await applyPolicies();
    const probe = await adopted();
    const isInForce = async (): Promise<boolean> => probe.holds.isAutomatic(await probe.seen());
    await eventually('the policy to be in force', isInForce);
  });

  it.each<[string, readonly string[], unknown?]>([
    ['kubectl set image', ['set', 'image', 'deployment/checkout', 'app=checkout:2']],
    ['kubectl rollout restart', ['rollout', 'restart', 'deployment/checkout']],
    ['kubectl apply', ['apply', '-f', '-'], manifest('checkout:2')],
    ['kubectl apply --server-side', ['apply', '--server-side', '--force-conflicts', '-f', '-'], manifest('checkout:2')],
    ['kubectl replace', ['replace', '-f', '-'], manifest('checkout:2')],
    ['a manifest with paused: false', ['apply', '-f', '-'], manifest('checkout:2', { spec: { paused: false } })],
    ['a write that also takes the annotation away', ['apply', '-f', '-'], manifest('checkout:2', { annotations: {} })],
    ['a write that also asks for no replicas', ['apply', '-f', '-'], manifest('checkout:2', { spec: { replicas: 0 } })],
  ])('is held in the very write, and no pod of it starts: %s', async (_what, args, stdin) => {
    const { stable, ...bench } = await adopted();
    const { generation } = (await bench.read()).metadata;

    const ended = await bench.run(args, stdin);
    const after = await bench.read();

    expect(ended).toMatchObject({ code: 0 });
    expect(after).toMatchObject({
      metadata: {
        generation: generation + 1,
        annotations: { 'serin.dev/held': 'true', 'serin.dev/stable': stable, 'serin.dev/last': 'promoted b a a 1' },
      },
      spec: { paused: true },
    });
    const observed = ['get', 'deployment', 'checkout', '-o', 'jsonpath={.status.observedGeneration}'];
    const isNoted = async (): Promise<boolean> => Number((await bench.run(observed)).stdout) > generation;
    await eventually('the write to be noted', isNoted);
    expect(await replicaSets(bench)).toBe(1);
  });

  it('stays held while more templates are applied, and its pause belongs to nobody', async () => {
    const bench = await holding();

    const again = await bench.run(['apply', '-f', '-'], manifest('checkout:3'));

    const { metadata, spec } = await bench.read();
    expect(again).toMatchObject({ code: 0 });
    expect(spec.paused).toBe(true);
    expect(JSON.stringify(metadata.managedFields)).not.toContain('f:paused');
    expect(await replicaSets(bench)).toBe(1);
  });

  it('is held in the midst of a promotion as well', async () => {
    const bench = await holding();
    await lifted(bench);

    const after = await bench.edit(template('checkout:3'));

    expect(after).toMatchObject({ spec: { paused: true }, metadata: { annotations: { 'serin.dev/held': 'true' } } });
  });

  it('rolls where the Deployment was not adopted', async () => {
    const bench = await begin();
    await bench.run(['apply', '-f', '-'], manifest('checkout:1'));
    await bench.complete();

    const after = await bench.edit(template('checkout:2'));

    expect(after.spec).not.toHaveProperty('paused');
    expect(after.metadata.annotations).not.toHaveProperty('serin.dev/held');
  });

  it('rolls where nothing serves', async () => {
    const bench = await adopted();
    await bench.edit({ spec: { replicas: 0 } });

    const after = await bench.edit(template('checkout:2'));

    expect(after.spec).not.toHaveProperty('paused');
  });

  it('leaves a person’s pause to the person, and is held when that is lifted', async () => {
    const bench = await adopted();
    await bench.run(['rollout', 'pause', 'deployment/checkout']);
    const changed = await bench.edit(template('checkout:2'));

    const resumed = await bench.run(['rollout', 'resume', 'deployment/checkout']);

    expect(changed.metadata.annotations).not.toHaveProperty('serin.dev/held');
    expect(resumed).toMatchObject({ code: 0 });
    expect(await bench.seen()).toMatchObject({ paused: true, held: true });
    expect(await replicaSets(bench)).toBe(1);
  });

  it('of kubectl rollout undo is held too, with the marks of now and not of then', async () => {
    const bench = await holding();
    await lifted(bench);
    const { hash: second = '' } = await eventually('the second template', async () => {
      const workload = await bench.complete();
      return workload.images[0] === 'checkout:2' && workload;
    });
    const marks = { 'serin.dev/stable': second, 'serin.dev/last': 'promoted c b b 1', 'serin.dev/phase': 'promoted' };
    await bench.edit({ metadata: { annotations: marks } });
    await bench.complete();

    const undone = await bench.run(['rollout', 'undo', 'deployment/checkout']);

    expect(undone).toMatchObject({ code: 0 });
    expect((await bench.read()).metadata.annotations).toMatchObject({ ...marks, 'serin.dev/held': 'true' });
    expect(await bench.seen()).toMatchObject({ paused: true, held: true, images: ['checkout:1'] });
    expect(second).not.toBe(bench.stable);
  });
});

describe('a held Deployment', () => {
  it('is scaled, labelled and annotated like any other', async () => {
    const bench = await holding();

    const ended = [
      await bench.run(['scale', 'deployment/checkout', '--replicas=3']),
      await bench.run(['label', 'deployment/checkout', 'team=shop']),
      await bench.run(['annotate', 'deployment/checkout', 'serin.dev/bake=5m']),
      await bench.run(['autoscale', 'deployment/checkout', '--min=2', '--max=5']),
      await bench.run(['apply', '-f', '-'], manifest('checkout:2')),
    ];

    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    const grown = await eventually('three pods of stable', async () => {
      const workload = await bench.seen();
      return workload.readyReplicas === 3 && workload;
    });
    expect(grown).toMatchObject({ paused: true, held: true });
    expect(await replicaSets(bench)).toBe(1);
  });

  it('is so at any size as far as asking goes, and asking leaves no trace', async () => {
    const bench = await holding();
    const automatic = async (): Promise<boolean> => bench.holds.isAutomatic(await bench.seen());
    const before = await bench.read();
    const answers = [await automatic()];
    const after = await bench.read();
    await lifted(bench);
    answers.push(await automatic());
    await bench.edit({ spec: { replicas: 0 } });
    answers.push(await automatic());

    expect(answers).toEqual([true, true, true]);
    expect(after).toMatchObject({ metadata: { annotations: before.metadata.annotations }, spec: before.spec });
  });

  it.each<[string, readonly string[], unknown?]>([
    ['kubectl rollout resume', ['rollout', 'resume', 'deployment/checkout']],
    ['kubectl replace', ['replace', '-f', '-'], manifest('checkout:2')],
    ['a manifest with paused: false', ['apply', '-f', '-'], manifest('checkout:2', { spec: { paused: false } })],
    ['taking the mark away', ['annotate', 'deployment/checkout', 'serin.dev/held-']],
    [
      'leaving and going on at once',
      [
        'patch',
        'deployment/checkout',
        '--type=merge',
        '-p',
        '{"metadata":{"annotations":{"serin.dev/canary":null}},"spec":{"paused":null}}',
      ],
    ],
  ])('is not let go by %s', async (_what, args, stdin) => {
    const bench = await holding();

    const ended = await bench.run(args, stdin);

    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(sentence);
    expect(ended.stderr).toContain(`serin promote checkout -n ${bench.namespace} --full`);
    expect(await bench.seen()).toMatchObject({ paused: true, held: true });
  });

  it('is let go by Serin', async () => {
    const bench = await holding();

    await lifted(bench);

    expect(await bench.complete()).toMatchObject({ paused: false, held: false });
  });

  it('may be let go by anybody once it asks for no canaries', async () => {
    const bench = await holding();

    const left = await bench.ask({ metadata: { annotations: { 'serin.dev/canary': null } } });
    const resumed = await bench.run(['rollout', 'resume', 'deployment/checkout']);

    expect(left.status).toBe(200);
    expect(resumed).toMatchObject({ code: 0 });
  });
});
