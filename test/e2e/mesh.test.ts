// The mesh simulator on the real control plane and Prometheus: it sends requests where the routes say, and what Prometheus
// has of them is what was sent, under the labels a sidecar gives each kind of end.
import { describe, expect, it } from 'vitest';
import type { BehaviourInput, Count, LoadInput } from '../../tools/mesh/control.ts';
import { type Cleanup, storyOf } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { having, rowsWhenEqual, total } from '../support/reported.ts';
import type { Story } from '../support/story.ts';

interface SceneOptions {
  readonly canary?: BehaviourInput;
  readonly stableWeight?: number;
}

/** A pair at 90/10 unless said otherwise, both versions ready, nobody calling, and no controller. */
async function sceneOf(context: Cleanup, name: string, options: SceneOptions = {}): Promise<Story> {
  const { canary, stableWeight = 90 } = options;
  const weights = { stable: stableWeight, canary: 100 - stableWeight };
  const story = await storyOf(context, name, {
    rps: 0,
    controller: false,
    pair: { replicas: 2, weights },
    ...(canary === undefined ? {} : { canary }),
  });
  await story.kubectl(['wait', 'deployment', '--all', '--for=condition=Available', '--timeout=60s']);
  return story;
}

async function call(of: Story, load: Partial<LoadInput> = {}): Promise<void> {
  await of.mesh.putLoad(of.namespace, 'visitors', {
    host: 'reviews',
    rps: 200,
    clientWorkload: 'productpage',
    clientReplicas: 2,
    ...load,
  });
}

function sum(counts: readonly Count[]): number {
  return counts.reduce((total, { requests }) => total + requests, 0);
}

/** Waits until so many requests have ended as wanted, ends the load, and gives all that was counted. */
async function countedAfter(of: Story, least: number, wanted: (count: Count) => boolean): Promise<readonly Count[]> {
  await eventually(
    `${least} such requests`,
    async () => sum((await of.mesh.counts(of.namespace)).filter(wanted)) >= least,
  );
  await of.mesh.deleteLoad(of.namespace, 'visitors');
  return of.mesh.counts(of.namespace);
}

const fullHost = ({ namespace }: Story): string => `reviews.${namespace}.svc.cluster.local`;

describe.concurrent('the mesh', () => {
  it('splits requests by weight, and both sides report each of them once', async (context) => {
    const split = await sceneOf(context, 'split');
    await call(split, { rps: 400 });

    const counts = await countedAfter(split, 4_000, ({ flags }) => flags === '-');
    const rows = await rowsWhenEqual(split, counts);

    const placed = counts.filter(({ flags }) => flags === '-');
    const all = sum(placed);
    const canary = sum(placed.filter(({ workload }) => workload === 'reviews-v2'));
    const fiveDeviations = 5 * Math.sqrt(all * 0.1 * 0.9);
    expect(canary).toBeGreaterThan(all * 0.1 - fiveDeviations);
    expect(canary).toBeLessThan(all * 0.1 + fiveDeviations);
    expect(total(having(rows, { reporter: 'source' }))).toBe(sum(counts));
    expect(total(having(rows, { reporter: 'destination' }))).toBe(all);
    expect(total(having(rows, { reporter: 'source', destination_service: fullHost(split) }))).toBe(sum(counts));
  });

  it('has UH, charged to no workload, where a destination has no pods', async (context) => {
    const empty = await sceneOf(context, 'mesh-uh', { stableWeight: 50 });
    await empty.kubectl(['scale', 'deployment/reviews-v2', '--replicas=0']);
    await call(empty);

    const counts = await countedAfter(empty, 200, ({ flags }) => flags === 'UH');
    const rows = await rowsWhenEqual(empty, counts, 'reviews-v2');

    const unhealthy = having(rows, { response_flags: 'UH' });
    expect(unhealthy.map(({ labels }) => labels)).toEqual([
      expect.objectContaining({
        reporter: 'source',
        destination_workload: 'unknown',
        destination_service: fullHost(empty),
        destination_app: 'unknown',
        response_code: '503',
      }),
    ]);
  });

  it('has NC, with the host as it was called, where a subset is not defined', async (context) => {
    const undefinedSubset = await sceneOf(context, 'mesh-nc', { stableWeight: 50 });
    const { namespace } = undefinedSubset;
    await undefinedSubset.api.patch(`/apis/networking.istio.io/v1/namespaces/${namespace}/destinationrules/reviews`, [
      { op: 'remove', path: '/spec/subsets/1' },
    ]);
    await call(undefinedSubset);

    const counts = await countedAfter(undefinedSubset, 200, ({ flags }) => flags === 'NC');
    const rows = await rowsWhenEqual(undefinedSubset, counts);

    expect(having(rows, { response_flags: 'NC' }).map(({ labels }) => labels)).toEqual([
      expect.objectContaining({
        reporter: 'source',
        destination_workload: 'unknown',
        destination_service: 'reviews',
        response_code: '503',
      }),
    ]);
  });

  it('has UF, charged to the workload that was chosen, where a pod refuses the connection', async (context) => {
    const refusing = await sceneOf(context, 'mesh-uf', { canary: { kind: 'unreachable' }, stableWeight: 50 });
    await call(refusing);

    const counts = await countedAfter(refusing, 200, ({ flags }) => flags === 'UF');
    const rows = await rowsWhenEqual(refusing, counts);

    expect(having(rows, { response_flags: 'UF' }).map(({ labels }) => labels)).toEqual([
      expect.objectContaining({
        reporter: 'source',
        destination_workload: 'reviews-v2',
        destination_service: fullHost(refusing),
        destination_app: 'unknown',
        response_code: '503',
      }),
    ]);
    expect(having(rows, { reporter: 'destination', destination_workload: 'reviews-v2' })).toEqual([]);
  });

  it('has gRPC failures as status 14 under code 200, on both sides', async (context) => {
    const failing = await sceneOf(context, 'mesh-grpc', {
      canary: { kind: 'grpc-failures', rate: 0.5, status: 14 },
      stableWeight: 50,
    });
    await call(failing, { protocol: 'grpc' });

    const counts = await countedAfter(failing, 200, ({ grpcStatus }) => grpcStatus === '14');
    const rows = await rowsWhenEqual(failing, counts);

    const failed = { destination_workload: 'reviews-v2', grpc_response_status: '14', response_code: '200' };
    const [source, destination] = ['source', 'destination'].map((reporter) => having(rows, { ...failed, reporter }));
    expect(total(source ?? [])).toBeGreaterThanOrEqual(200);
    expect(total(destination ?? [])).toBe(total(source ?? []));
    expect(new Set(rows.map(({ labels }) => labels.request_protocol))).toEqual(new Set(['grpc']));
    expect(having(rows, { destination_workload: 'reviews-v1', grpc_response_status: '14' })).toEqual([]);
  });

  it('has 403 as an answer of the workload that refused, on both sides', async (context) => {
    const forbidding = await sceneOf(context, 'mesh-403', { canary: { kind: '403', rate: 0.5 }, stableWeight: 50 });
    await call(forbidding);

    const counts = await countedAfter(forbidding, 200, ({ code }) => code === 403);
    const rows = await rowsWhenEqual(forbidding, counts);

    const refused = { response_code: '403', response_flags: '-' };
    const [source, destination] = ['source', 'destination'].map((reporter) => having(rows, { ...refused, reporter }));
    expect(total(source ?? [])).toBeGreaterThanOrEqual(200);
    expect(total(destination ?? [])).toBe(total(source ?? []));
    expect([...(source ?? []), ...(destination ?? [])].map(({ labels }) => labels.destination_workload)).toEqual([
      'reviews-v2',
      'reviews-v2',
    ]);
  });
});
