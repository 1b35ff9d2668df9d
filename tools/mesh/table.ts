// The routing table: everything the sidecars know at one moment, and where it sends a caller. Pure.
import { candidatesFor, clientHost, fullHost, type HostIndex, hostIndex } from './hosts.ts';
import { byAge, type DestinationRule, type VirtualService, type WeightedDestination } from './istio-objects.ts';
import type { EndpointSlice, Pod, Service } from './objects.ts';
import { subsetFor } from './subsets.ts';
import { type Caller, ruleFor, virtualServiceFor } from './virtual-service.ts';

/** What the cluster holds, as lists. */
export interface Snapshot {
  readonly virtualServices: readonly VirtualService[];
  readonly destinationRules: readonly DestinationRule[];
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
  readonly pods: readonly Pod[];
}

/** A Service as metrics name it. */
export interface ServiceIdentity {
  readonly host: string;
  readonly name: string;
  readonly namespace: string;
}

/** Where a destination leads: the ready pods of a cluster, or nowhere because Envoy knows no such cluster (NC). */
export type Target =
  | { readonly kind: 'cluster'; readonly service: ServiceIdentity; readonly endpoints: readonly Pod[] }
  | { readonly kind: 'absent' };

/** One destination with its share of the route's total weight. */
export interface Leg {
  readonly weight: number;
  readonly target: Target;
}

/** What happens to a caller's requests: split over legs, answered by the client's proxy, or met by no route (NR). */
export type Route =
  | { readonly kind: 'split'; readonly legs: readonly Leg[] }
  | { readonly kind: 'local'; readonly code: number }
  | { readonly kind: 'none' };

/** A client as the table sees it: `host` as the client writes it, `port` undefined for the Service's first. */
export interface Client {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly meshed: boolean;
  /** The gateway that the client is; undefined for a pod with or without a sidecar. */
  readonly gateway: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A Service with the pods its slices list: those that may be sent requests, and all of them. */
interface Backing {
  readonly service: Service;
  readonly identity: ServiceIdentity;
  readonly ready: readonly Pod[];
  readonly all: readonly Pod[];
}

/** One moment's routing, indexed. */
export interface RoutingTable {
  readonly virtualServices: HostIndex<VirtualService>;
  readonly delegates: readonly VirtualService[];
  readonly destinationRules: HostIndex<DestinationRule>;
  readonly backings: ReadonlyMap<string, Backing>;
  /** The Service a pod's own sidecar reports for requests it receives: the oldest that selects it. By pod key. */
  readonly inbound: ReadonlyMap<string, ServiceIdentity>;
}

/** The key of a namespaced object in this program's maps. */
export function keyOf(object: { readonly namespace: string; readonly name: string }): string {
  return `${object.namespace}/${object.name}`;
}

/** Indexes a snapshot. */
export function routingTable(snapshot: Snapshot): RoutingTable {
  const pods = new Map(snapshot.pods.map((pod) => [keyOf(pod), pod]));
  const slices = Map.groupBy(snapshot.endpointSlices, (slice) => `${slice.namespace}/${slice.service}`);
  const backings = snapshot.services
    .toSorted(byAge)
    .map((service) => backingOf(service, slices.get(keyOf(service)) ?? [], pods));
  const inbound = new Map<string, ServiceIdentity>();
  for (const { identity, all } of backings) {
    for (const pod of all) if (!inbound.has(keyOf(pod))) inbound.set(keyOf(pod), identity);
  }
  return {
    virtualServices: hostIndex(snapshot.virtualServices, ({ hosts, namespace }) =>
      hosts.map((host) => fullHost(host, namespace)),
    ),
    delegates: snapshot.virtualServices.filter(({ hosts }) => hosts.length === 0),
    destinationRules: hostIndex(snapshot.destinationRules, ({ host, namespace }) => [fullHost(host, namespace)]),
    backings: new Map(backings.map((backing) => [backing.identity.host, backing])),
    inbound,
  };
}

/** Where the table sends a client's requests. */
export function routeOf(table: RoutingTable, client: Client): Route {
  const host = clientHost(client.host, client.namespace);
  const backing = table.backings.get(host);
  const port = client.port ?? backing?.service.ports[0] ?? 80;
  const candidates = client.meshed ? candidatesFor(table.virtualServices, host) : [];
  const bound = client.gateway ?? 'mesh';
  const virtualService = virtualServiceFor(candidates, host, { namespace: client.namespace, gateway: bound });
  // A gateway has routes for the hosts of its VirtualServices and for no others.
  if (virtualService === undefined && client.gateway !== undefined) return { kind: 'none' };
  if (virtualService === undefined) {
    const target = targetOf(table, client, { host, subset: undefined, port });
    return target.kind === 'absent' ? { kind: 'none' } : { kind: 'split', legs: [{ weight: 1, target }] };
  }
  const caller: Caller = { ...client, gateway: bound, port, authority: authorityOf(client) };
  const chosen = ruleFor(virtualService, caller, table.delegates);
  if (chosen === undefined) return { kind: 'none' };
  const code = chosen.rule.redirect?.redirectCode ?? chosen.rule.directResponse?.status;
  if (code !== undefined) return { kind: 'local', code };
  return splitOf(table, caller, chosen.rule.route, chosen.namespace);
}

/** The host header of a client's requests. */
export function authorityOf(client: { readonly host: string; readonly headers: Client['headers'] }): string {
  return client.headers['host'] ?? client.host;
}

/**
 * Weights are relative. A lone destination has all traffic whatever its weight; of several, those without weight get no
 * cluster entry at all, and when none has any Envoy would reject the route, so that no route is left.
 */
function splitOf(
  table: RoutingTable,
  caller: Caller,
  destinations: readonly WeightedDestination[],
  namespace: string,
): Route {
  const legs = destinations.map(({ destination, weight }): Leg => {
    const { subset } = destination;
    const host = fullHost(destination.host, namespace);
    const port = destination.port?.number ?? impliedPort(table, host, caller.port);
    return { weight, target: targetOf(table, caller, { host, subset, port }) };
  });
  const [only, ...others] = legs;
  if (only !== undefined && others.length === 0) return { kind: 'split', legs: [{ ...only, weight: 1 }] };
  const weighted = legs.filter(({ weight }) => weight > 0);
  return weighted.length === 0 ? { kind: 'none' } : { kind: 'split', legs: weighted };
}

/** A destination that names no port means the Service's only one, else the port the caller used. */
function impliedPort(table: RoutingTable, host: string, callersPort: number): number {
  const [only, ...others] = table.backings.get(host)?.service.ports ?? [];
  return only !== undefined && others.length === 0 ? only : callersPort;
}

function targetOf(
  table: RoutingTable,
  client: { readonly namespace: string },
  wanted: { readonly host: string; readonly subset: string | undefined; readonly port: number },
): Target {
  const backing = table.backings.get(wanted.host);
  if (backing === undefined || !backing.service.ports.includes(wanted.port)) return { kind: 'absent' };
  const service = backing.identity;
  if (wanted.subset === undefined) return { kind: 'cluster', service, endpoints: backing.ready };
  const query = {
    host: wanted.host,
    clientNamespace: client.namespace,
    serviceNamespace: service.namespace,
  };
  const subset = subsetFor(candidatesFor(table.destinationRules, wanted.host), query, wanted.subset);
  if (subset === undefined) return { kind: 'absent' };
  return { kind: 'cluster', service, endpoints: backing.ready.filter((pod) => carries(pod, subset.labels)) };
}

function carries(pod: Pod, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([name, value]) => pod.labels[name] === value);
}

function backingOf(service: Service, slices: readonly EndpointSlice[], pods: ReadonlyMap<string, Pod>): Backing {
  const { namespace, name } = service;
  const endpoints = slices.flatMap((slice) => slice.endpoints);
  const ready = new Set(endpoints.filter((endpoint) => endpoint.ready).map(({ pod }) => pod));
  // Sorted and once each: a dual-stack Service lists a pod twice, and round robin must not depend on arrival.
  const names = [...new Set(endpoints.map(({ pod }) => pod))].toSorted();
  const all = names.flatMap((pod) => pods.get(`${namespace}/${pod}`) ?? []);
  return {
    service,
    identity: { host: `${name}.${namespace}.svc.cluster.local`, name, namespace },
    ready: all.filter((pod) => ready.has(pod.name)),
    all,
  };
}
