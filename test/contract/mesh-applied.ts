// A VirtualService that people apply and a rollout writes, on a cluster.
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { istioMesh } from '../../src/adapters/istio/mesh.ts';
import type { Cluster } from '../../src/adapters/kubernetes/connection.ts';
import type { RouteChange, RouteView } from '../../src/controller/mesh-port.ts';
import type { Route } from '../../src/domain/rollout.ts';
import { kubectl } from '../../tools/stack/kubectl.ts';
import { stackOfThisRun } from '../support/attach.ts';
import type { MeshBench } from './mesh-bench.ts';
import { type SeenObject, seen, viewedIn } from './mesh-seen.ts';

/** Whose the weights of the rollout are. */
export const claim = { rollout: 'shop/reviews-v2-two-1', epoch: 1 };

interface Manifest {
  readonly timeout?: string;
  /** A delegate has nothing but routes. */
  readonly hosts?: boolean;
}

/** VirtualService `reviews` in the hands of both. Every write expects to succeed. */
export interface AppliedReviews {
  readonly bench: MeshBench;
  manifest(parts?: Manifest): string;
  /** Applies and gives kubectl's complaint; empty when it had none. */
  apply(how: readonly string[], parts?: Manifest): Promise<string>;
  write(change: RouteChange): Promise<void>;
  disown(): Promise<void>;
  /** Gives fields back as a process does that knows nothing of the write. */
  disownByAnother(): Promise<void>;
  /** All writes of a rollout that is rolled back. */
  rollOut(): Promise<void>;
  viewed(): Promise<RouteView>;
  object(): Promise<SeenObject>;
  /** Who owns what: `kubectl:http+hosts`, one for each entry, sorted. */
  owners(): Promise<readonly string[]>;
  /** The stable's and the canary's. */
  weights(): Promise<readonly (number | null)[]>;
  /** Of the only route. */
  timeout(): Promise<unknown>;
}

/** The VirtualService of a fresh bench on a cluster; it is there once it is applied. */
export function appliedReviews(cluster: Cluster, bench: MeshBench): AppliedReviews {
  const route = routeIn(bench.namespace);
  const manifest = (parts: Manifest = {}): string => manifestIn(bench.namespace, parts);
  const object = async (): Promise<SeenObject> => seen(await bench.read('reviews'));
  const viewed = (): Promise<RouteView> => viewedIn(bench, route);

  async function write(change: RouteChange): Promise<void> {
    const written = await bench.mesh.change(route, await viewed(), change);
    expect(written.kind).toBe('written');
  }

  async function disown(): Promise<void> {
    expect(await bench.mesh.disown(route)).toMatchObject({ kind: 'written' });
  }

  return {
    bench,
    manifest,
    async apply(how, parts) {
      const ended = await kubectl(stackOfThisRun(), ['apply', ...how, '-f', '-'], { stdin: manifest(parts) });
      return ended.code === 0 ? '' : ended.stderr;
    },
    write,
    disown,
    async disownByAnother() {
      expect(await istioMesh({ requests: cluster }).disown(route)).toMatchObject({ kind: 'written' });
    },
    async rollOut() {
      await write({ kind: 'weights', canary: 0, claim });
      await disown();
      await write({ kind: 'weights', canary: 10, claim: { ...claim, epoch: 2 } });
      await disown();
      await write({ kind: 'restore' });
      await disown();
    },
    viewed,
    object,
    owners: async () => ownersOf(await object()),
    async weights() {
      const { stable, canary } = await viewed();
      return [stable, canary];
    },
    timeout: async () => ((await object()).spec['http'] as { timeout: string }[])[0]?.timeout,
  };
}

function routeIn(namespace: string): Route {
  return {
    namespace,
    name: 'reviews',
    protocol: 'http',
    section: 'default',
    stable: { host: 'reviews', subset: 'v1' },
    canary: { host: 'reviews', subset: 'v2' },
    original: { stable: 100, canary: null },
    services: [],
  };
}

function manifestIn(namespace: string, { timeout = '3s', hosts = true }: Manifest): string {
  const destinations = [
    { destination: { host: 'reviews', subset: 'v1' }, weight: 100 },
    { destination: { host: 'reviews', subset: 'v2' } },
  ];
  return stringify({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'reviews', namespace },
    spec: { ...(hosts ? { hosts: ['reviews'] } : {}), http: [{ name: 'default', timeout, route: destinations }] },
  });
}

function ownersOf({ metadata }: SeenObject): readonly string[] {
  return metadata.managedFields
    .map((entry) => {
      const fields = (entry as { fieldsV1?: { 'f:spec'?: object } }).fieldsV1?.['f:spec'] ?? {};
      const names = Object.keys(fields).filter((key) => key.startsWith('f:'));
      return `${entry.manager}:${names.map((key) => key.slice(2)).join('+')}`;
    })
    .toSorted();
}
