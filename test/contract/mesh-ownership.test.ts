// Whose fields a VirtualService's are when a rollout writes it and people apply it, by kubectl and the real API server.
// What is seen here is written down in docs/decisions/0002-field-ownership.md.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { istioMesh } from '../../src/adapters/istio/mesh.ts';
import type { Cluster } from '../../src/adapters/kubernetes/connection.ts';
import type { RouteChange } from '../../src/controller/mesh-port.ts';
import type { Route } from '../../src/domain/rollout.ts';
import { kubectl } from '../../tools/stack/kubectl.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { content, type MeshBench, type SeenObject, seen, viewedIn } from './mesh.ts';
import { clusterBench, connectionOf } from './mesh-bench.ts';

const claim = { rollout: 'shop/reviews-v2-two-1', epoch: 1 };
const ten: RouteChange = { kind: 'weights', canary: 10, claim };

interface Manifest {
  readonly timeout?: string;
  /** A delegate has nothing but routes. */
  readonly hosts?: boolean;
}

let cluster: Cluster;
let bench: MeshBench;
let route: Route;
beforeAll(() => {
  cluster = connectionOf(stackOfThisRun().kubeconfig);
});
afterAll(() => cluster.close());
beforeEach(async () => {
  bench = await clusterBench(cluster);
  route = {
    namespace: bench.namespace,
    name: 'reviews',
    protocol: 'http',
    section: 'default',
    stable: { host: 'reviews', subset: 'v1' },
    canary: { host: 'reviews', subset: 'v2' },
    original: { stable: 100, canary: null },
    services: [],
  };
});

function manifest({ timeout = '3s', hosts = true }: Manifest = {}): string {
  const destinations = [
    { destination: { host: 'reviews', subset: 'v1' }, weight: 100 },
    { destination: { host: 'reviews', subset: 'v2' } },
  ];
  return stringify({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'reviews', namespace: bench.namespace },
    spec: { ...(hosts ? { hosts: ['reviews'] } : {}), http: [{ name: 'default', timeout, route: destinations }] },
  });
}

const clientSide: readonly string[] = [];
const serverSide = ['--server-side'];
const forced = ['--server-side', '--force-conflicts'];

/** Applies and gives kubectl's complaint; empty when it had none. */
async function apply(how: readonly string[], parts: Manifest = {}): Promise<string> {
  const ended = await kubectl(stackOfThisRun(), ['apply', ...how, '-f', '-'], { stdin: manifest(parts) });
  return ended.code === 0 ? '' : ended.stderr;
}

async function write(change: RouteChange): Promise<void> {
  const written = await bench.mesh.change(route, await viewedIn(bench, route), change);
  expect(written.kind).toBe('written');
}

async function disown(): Promise<void> {
  expect(await bench.mesh.disown(route)).toMatchObject({ kind: 'written' });
}

/** Gives fields back as a process does that knows nothing of the write. */
async function disownByAnother(): Promise<void> {
  expect(await istioMesh({ requests: cluster }).disown(route)).toMatchObject({ kind: 'written' });
}

/** All writes of a rollout that is rolled back. */
async function rollOut(): Promise<void> {
  await write({ kind: 'weights', canary: 0, claim });
  await disown();
  await write({ kind: 'weights', canary: 10, claim: { ...claim, epoch: 2 } });
  await disown();
  await write({ kind: 'restore' });
  await disown();
}

async function object(): Promise<SeenObject> {
  return seen(await bench.read('reviews'));
}

/** Who owns what: `kubectl:http+hosts`, one for each entry, sorted. */
async function owners(): Promise<readonly string[]> {
  const { managedFields } = (await object()).metadata;
  return managedFields
    .map((entry) => {
      const fields = (entry as { fieldsV1?: { 'f:spec'?: object } }).fieldsV1?.['f:spec'] ?? {};
      const names = Object.keys(fields).filter((key) => key.startsWith('f:'));
      return `${entry.manager}:${names.map((key) => key.slice(2)).join('+')}`;
    })
    .toSorted();
}

async function weights(): Promise<readonly (number | null)[]> {
  const { stable, canary } = await viewedIn(bench, route);
  return [stable, canary];
}

async function timeout(): Promise<unknown> {
  return ((await object()).spec['http'] as { timeout: string }[])[0]?.timeout;
}

const ways = [
  ['client-side', clientSide, 'kubectl-client-side-apply'],
  ['server-side', serverSide, 'kubectl'],
  ['forced server-side', forced, 'kubectl'],
] as const;

describe.each(ways)('a VirtualService applied %s', (_name, how, writer) => {
  it('is as before when a rollout is over, holds nothing of Serin, and is applied again without force', async () => {
    expect(await apply(how)).toBe('');
    const before = await object();

    await rollOut();

    const after = await object();
    expect(content(after)).toEqual(content(before));
    expect(after.metadata.managedFields).toEqual(before.metadata.managedFields);
    expect(await apply(how, { timeout: '9s' })).toBe('');
    expect(await timeout()).toBe('9s');
    expect(await owners()).toEqual([`${writer}:hosts+http`]);
  });

  it('can be applied without force while a rollout is under way, which puts its weights back', async () => {
    await apply(how);
    await write(ten);
    await disown();

    expect(await apply(how, { timeout: '9s' })).toBe('');

    expect(await weights()).toEqual([100, null]);
    expect(await timeout()).toBe('9s');
    expect(await viewedIn(bench, route)).toMatchObject({ claim, lastWriter: writer, owned: false });
  });

  it('is owned by Serin in the moment between a write and giving it back', async () => {
    await apply(how);

    await write(ten);

    expect(await owners()).toEqual([`${writer}:hosts`, 'serin:http']);
  });

  it('holds nothing of Serin when another process gives the fields back, and is applied again without force', async () => {
    await apply(how);
    await write(ten);

    await disownByAnother();

    expect(await owners()).toEqual([`${writer}:hosts`]);
    expect(await apply(how, { timeout: '9s' })).toBe('');
    expect(await owners()).toEqual([`${writer}:hosts+http`]);
  });

  it('is corrected after such an edit without a lasting conflict', async () => {
    await apply(how);
    await write(ten);
    await disown();
    await apply(how, { timeout: '9s' });

    await write(ten);
    await disown();

    expect(await weights()).toEqual([90, 10]);
    expect(await timeout()).toBe('9s');
    expect(await apply(how, { timeout: '8s' })).toBe('');
  });
});

describe('in the moment between a write and giving it back', () => {
  it('client-side apply is let through', async () => {
    await apply(clientSide);
    await write(ten);

    expect(await apply(clientSide, { timeout: '9s' })).toBe('');

    expect(await weights()).toEqual([100, null]);
  });

  it('server-side apply meets a conflict that names Serin, and nothing is written', async () => {
    await apply(serverSide);
    await write(ten);

    expect(await apply(serverSide, { timeout: '9s' })).toContain('conflict with "serin"');

    expect(await weights()).toEqual([90, 10]);
    expect(await timeout()).toBe('3s');
    await disown();
    expect(await apply(serverSide, { timeout: '9s' })).toBe('');
  });

  it('forced server-side apply takes the routes; the claim stays, and can be given back', async () => {
    await apply(serverSide);
    await write(ten);

    expect(await apply(forced, { timeout: '9s' })).toBe('');

    expect(await weights()).toEqual([100, null]);
    expect(await owners()).toEqual(['kubectl:hosts+http', 'serin:']);
    await disown();
    expect(await owners()).toEqual(['kubectl:hosts+http']);
    expect(await viewedIn(bench, route)).toMatchObject({ claim, owned: false });
  });
});

describe('a delegate that was applied server-side and has nothing but routes', () => {
  it('is as before when a rollout is over', async () => {
    await apply(serverSide, { hosts: false });
    const before = await object();

    await rollOut();

    expect((await object()).metadata.managedFields).toEqual(before.metadata.managedFields);
  });

  it('is applied again without force when another process gives up the only entry', async () => {
    await apply(serverSide, { hosts: false });
    await write(ten);

    await disownByAnother();

    expect(await owners()).toEqual(['unowned:']);
    expect(await apply(serverSide, { hosts: false, timeout: '9s' })).toBe('');
    expect(await timeout()).toBe('9s');
    expect(await owners()).toEqual(['kubectl:http', 'unowned:']);
  });

  it('gathers no more such entries the next time', async () => {
    await apply(serverSide, { hosts: false });
    for (const _time of [1, 2]) {
      await write(ten);
      await disownByAnother();
      await apply(serverSide, { hosts: false });
    }

    expect(await owners()).toEqual(['kubectl:http', 'unowned:']);
  });

  it('would be in conflict with everybody if its last entry were taken away', async () => {
    await apply(serverSide, { hosts: false });
    await write(ten);

    await bench.edit('reviews', [{ op: 'remove', path: '/metadata/managedFields/0' }], 'serin');
    expect(await owners()).toEqual(['serin:http']);

    await bench.edit('reviews', [{ op: 'replace', path: '/metadata/managedFields', value: [{}] }], 'serin');
    expect(await owners()).toEqual([]);
    expect(await apply(serverSide, { hosts: false })).toContain('conflict with "before-first-apply"');
  });
});

describe('a promoted pair', () => {
  it('keeps its end weights, holds nothing of Serin, and the next apply sets what the manifest says', async () => {
    await apply(serverSide);
    await write({ kind: 'weights', canary: 100, claim });
    await disown();

    await write({ kind: 'unclaim' });
    await disown();

    expect(await weights()).toEqual([0, 100]);
    expect(await owners()).toEqual(['kubectl:hosts+http']);
    expect((await object()).metadata).not.toHaveProperty('annotations');
    expect(await apply(serverSide)).toBe('');
    expect(await weights()).toEqual([100, null]);
  });
});

describe('a server-side apply that no longer names the routes', () => {
  async function applyWithoutRoutes(): Promise<number> {
    const stdin = manifest().replace(/ {2}http:[\s\S]*$/, '');
    return (await kubectl(stackOfThisRun(), ['apply', '--server-side', '-f', '-'], { stdin })).code;
  }

  it('removes them after a rollout, as it would have before', async () => {
    await apply(serverSide);
    await rollOut();

    expect(await applyWithoutRoutes()).toBe(0);

    expect((await object()).spec).not.toHaveProperty('http');
  });

  it('leaves them when their owner was lost', async () => {
    await apply(serverSide);
    await write(ten);
    await disownByAnother();

    expect(await applyWithoutRoutes()).toBe(0);

    expect(await timeout()).toBe('3s');
  });
});
