// Cluster objects for the mesh's tests, written as the API server would send them and read by the mesh's own schemas.
import type { LoadInput } from '../../../tools/mesh/control.ts';
import { type Load, loadSchema } from '../../../tools/mesh/control.ts';
import {
  type DestinationRule,
  destinationRuleSchema,
  type VirtualService,
  virtualServiceSchema,
} from '../../../tools/mesh/istio-objects.ts';
import {
  type EndpointSlice,
  endpointSliceSchema,
  type Pod,
  podSchema,
  type Service,
  serviceSchema,
} from '../../../tools/mesh/objects.ts';
import type { Client, Snapshot } from '../../../tools/mesh/table.ts';

interface Place {
  readonly namespace?: string;
  readonly name?: string;
  /** Seconds after the others; older objects win. */
  readonly age?: number;
}

export function metadata(place: Place, fallbackName: string): Record<string, unknown> {
  const { namespace = 'shop', name = fallbackName, age = 0 } = place;
  const creationTimestamp = new Date(Date.UTC(2026, 0, 1, 0, 0, 60 - age)).toISOString();
  return { namespace, name, uid: `uid-${namespace}-${name}`, resourceVersion: '1', creationTimestamp };
}

/** The raw Pod of a Deployment called `workload`. */
export function rawPod(
  name: string,
  workload: string,
  options: Place & {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly image?: string;
  } = {},
): Record<string, unknown> {
  const labels = { app: 'reviews', ...options.labels, 'pod-template-hash': 'abc' };
  const ownerReferences = [{ kind: 'ReplicaSet', name: `${workload}-abc`, controller: true }];
  return {
    metadata: { ...metadata({ ...options, name }, name), labels, ownerReferences, annotations: options.annotations },
    spec: { serviceAccountName: 'reviewer', containers: [{ image: options.image ?? 'reviews:1' }] },
    status: { podIP: '10.0.0.1', phase: 'Running' },
  };
}

export function aPod(...args: Parameters<typeof rawPod>): Pod {
  return podSchema.parse(rawPod(...args));
}

export function rawService(options: Place & { readonly ports?: readonly number[] } = {}): Record<string, unknown> {
  const { ports = [9080] } = options;
  return { metadata: metadata(options, 'reviews'), spec: { ports: ports.map((port) => ({ port })) } };
}

export function aService(...args: Parameters<typeof rawService>): Service {
  return serviceSchema.parse(rawService(...args));
}

/** The raw EndpointSlice of a Service, all pods ready but those in `notReady`. */
export function rawSlice(
  pods: readonly Pick<Pod, 'name'>[],
  options: Place & { readonly service?: string; readonly notReady?: readonly string[] } = {},
): Record<string, unknown> {
  const { service = 'reviews', notReady = [] } = options;
  return {
    metadata: { ...metadata(options, `${service}-slice`), labels: { 'kubernetes.io/service-name': service } },
    endpoints: pods.map(({ name }) => ({
      conditions: { ready: !notReady.includes(name) },
      targetRef: { kind: 'Pod', name },
    })),
  };
}

export function aSlice(...args: Parameters<typeof rawSlice>): EndpointSlice {
  return endpointSliceSchema.parse(rawSlice(...args));
}

export function aVirtualService(spec: Record<string, unknown>, place: Place = {}): VirtualService {
  return virtualServiceSchema.parse({ metadata: metadata(place, 'reviews'), spec });
}

/** One weighted destination of an http route, subset by subset: `split({ v1: 90, v2: 10 })`. */
export function split(weights: Readonly<Record<string, number>>, host = 'reviews'): Record<string, unknown>[] {
  return Object.entries(weights).map(([subset, weight]) => ({ destination: { host, subset }, weight }));
}

/** A DestinationRule whose subsets are told apart by the label `version`. */
export function aDestinationRule(
  subsets: Readonly<Record<string, string>>,
  place: Place & { readonly host?: string; readonly exportTo?: readonly string[] } = {},
): DestinationRule {
  const { host = 'reviews', exportTo } = place;
  return destinationRuleSchema.parse({
    metadata: metadata(place, 'reviews'),
    spec: {
      host,
      exportTo,
      subsets: Object.entries(subsets).map(([name, version]) => ({ name, labels: { version } })),
    },
  });
}

/** Three pods of v1, two of v2 behind Service reviews in namespace shop, with subsets for both and no VirtualService. */
export function aSnapshot(changes: Partial<Snapshot> = {}): Snapshot {
  const pods = [
    aPod('v1-a', 'reviews-v1', { labels: { version: 'v1' } }),
    aPod('v1-b', 'reviews-v1', { labels: { version: 'v1' } }),
    aPod('v1-c', 'reviews-v1', { labels: { version: 'v1' } }),
    aPod('v2-a', 'reviews-v2', { labels: { version: 'v2' } }),
    aPod('v2-b', 'reviews-v2', { labels: { version: 'v2' } }),
  ];
  return {
    virtualServices: [],
    destinationRules: [aDestinationRule({ v1: 'v1', v2: 'v2' })],
    services: [aService()],
    endpointSlices: [aSlice(pods)],
    pods,
    ...changes,
  };
}

export function aClient(changes: Partial<Client> = {}): Client {
  return {
    namespace: 'shop',
    labels: { app: 'web' },
    meshed: true,
    gateway: undefined,
    host: 'reviews',
    port: undefined,
    path: '/',
    headers: {},
    ...changes,
  };
}

export function aLoad(changes: Partial<LoadInput> = {}): Load {
  return loadSchema.parse({ host: 'reviews', rps: 100, clientWorkload: 'web', ...changes });
}
