// The cluster as last seen through the API server, and whether it changed since someone looked.
import type { Access } from './access.ts';
import { follow, type Kind, type Sink, type Surroundings } from './follow.ts';
import {
  type DestinationRule,
  destinationRuleSchema,
  type VirtualService,
  virtualServiceSchema,
} from './istio-objects.ts';
import {
  type EndpointSlice,
  endpointSliceSchema,
  type Pod,
  podSchema,
  type Service,
  serviceSchema,
} from './objects.ts';
import { keyOf, type Snapshot } from './table.ts';

/** All objects the mesh heeds, by key. Written by `followCluster` alone. */
export interface Cluster {
  readonly virtualServices: Map<string, VirtualService>;
  readonly destinationRules: Map<string, DestinationRule>;
  readonly services: Map<string, Service>;
  readonly endpointSlices: Map<string, EndpointSlice>;
  readonly pods: Map<string, Pod>;
  /** The kinds that were listed at least once. */
  readonly listed: Set<string>;
  /** When the first change since the last snapshot came, in milliseconds of a steady clock; undefined when none did. */
  changedAtMs: number | undefined;
}

const KINDS = {
  virtualServices: { path: '/apis/networking.istio.io/v1/virtualservices', schema: virtualServiceSchema },
  destinationRules: { path: '/apis/networking.istio.io/v1/destinationrules', schema: destinationRuleSchema },
  services: { path: '/api/v1/services', schema: serviceSchema },
  endpointSlices: { path: '/apis/discovery.k8s.io/v1/endpointslices', schema: endpointSliceSchema },
  pods: { path: '/api/v1/pods', schema: podSchema },
} as const;

/** A cluster of which nothing has been seen. */
export function unseenCluster(): Cluster {
  return {
    virtualServices: new Map(),
    destinationRules: new Map(),
    services: new Map(),
    endpointSlices: new Map(),
    pods: new Map(),
    listed: new Set(),
    changedAtMs: undefined,
  };
}

/** Whether every kind was listed, so that a missing object is really missing. */
export function seenWhole(cluster: Cluster): boolean {
  return cluster.listed.size === Object.keys(KINDS).length;
}

/** The objects as they are; from now on there is no change. */
export function takeSnapshot(cluster: Cluster): Snapshot {
  cluster.changedAtMs = undefined;
  return {
    virtualServices: [...cluster.virtualServices.values()],
    destinationRules: [...cluster.destinationRules.values()],
    services: [...cluster.services.values()],
    endpointSlices: [...cluster.endpointSlices.values()],
    pods: [...cluster.pods.values()],
  };
}

/**
 * Keeps the cluster up to date until the signal aborts. Outlives an API server that goes and comes. `nowMs` reads a steady
 * clock in milliseconds.
 */
export async function followCluster(
  access: Access,
  cluster: Cluster,
  nowMs: () => number,
  around: Surroundings,
): Promise<void> {
  function into<T extends { readonly namespace: string; readonly name: string }>(
    kind: Kind<T>,
    objects: Map<string, T>,
  ): Promise<void> {
    return follow(access, kind, sinkInto(cluster, kind.path, objects, nowMs), around);
  }
  await Promise.all([
    into(KINDS.virtualServices, cluster.virtualServices),
    into(KINDS.destinationRules, cluster.destinationRules),
    into(KINDS.services, cluster.services),
    into(KINDS.endpointSlices, cluster.endpointSlices),
    into(KINDS.pods, cluster.pods),
  ]);
}

/** A sink that writes into one of the cluster's maps and notes the change. */
function sinkInto<T extends { readonly namespace: string; readonly name: string }>(
  cluster: Cluster,
  path: string,
  objects: Map<string, T>,
  nowMs: () => number,
): Sink<T> {
  function changed(): void {
    cluster.changedAtMs ??= nowMs();
  }
  return {
    replace(found) {
      objects.clear();
      for (const object of found) objects.set(keyOf(object), object);
      cluster.listed.add(path);
      changed();
    },
    put(object) {
      objects.set(keyOf(object), object);
      changed();
    },
    remove(key) {
      objects.delete(keyOf(key));
      changed();
    },
  };
}
