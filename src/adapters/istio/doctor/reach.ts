// What leads to the two versions: Services by their selectors, routes by their destinations, pods by their owners.
import { closeness, fullHost, serviceHost, serviceOf } from '../hosts.ts';
import { rootNamespace } from '../surroundings.ts';
import type { Examined } from './facts.ts';
import type { Metadata } from './fields.ts';
import type { Pod, Service } from './kubernetes-objects.ts';
import { carries } from './labels.ts';
import type { DestinationRule, HttpRoute, VirtualService } from './mesh-objects.ts';

/** A Service that leads to pods of a version. */
export interface Door {
  readonly service: Service;
  readonly host: string;
  readonly toStable: boolean;
  readonly toCanary: boolean;
}

/** The Services that lead to a version, or to both; one without a selector leads nowhere. */
export function doorsOf({ namespace, stable, canary }: Examined, services: readonly Service[]): readonly Door[] {
  return services
    .filter(({ spec }) => Object.keys(spec.selector).length > 0)
    .map((service) => ({
      service,
      host: serviceHost(service.metadata.name, namespace),
      toStable: carries(stable.labels, service.spec.selector),
      toCanary: carries(canary.labels, service.spec.selector),
    }))
    .filter(({ toStable, toCanary }) => toStable || toCanary);
}

type Weighted = VirtualService['spec']['tcp'][number]['route'][number];

/** A destination of a route, wherever it leads. */
export interface Lane {
  readonly object: VirtualService;
  readonly protocol: 'http' | 'tls' | 'tcp';
  /** The whole route, of http alone. */
  readonly http?: HttpRoute;
  /** The route's place in its list, from 0. */
  readonly index: number;
  /** The fully qualified host. */
  readonly host: string;
  readonly destination: Weighted['destination'];
  /** Whether it gets any traffic by its weight. */
  readonly served: boolean;
}

/** Every destination of the VirtualServices. */
export function lanesOf(virtualServices: readonly VirtualService[]): readonly Lane[] {
  return virtualServices.flatMap((object) => [
    ...object.spec.http.flatMap((http, index) =>
      lanesIn(object, 'http', index, http.route).map((lane) => ({ ...lane, http })),
    ),
    ...object.spec.tls.flatMap(({ route }, index) => lanesIn(object, 'tls', index, route)),
    ...object.spec.tcp.flatMap(({ route }, index) => lanesIn(object, 'tcp', index, route)),
  ]);
}

function lanesIn(
  object: VirtualService,
  protocol: Lane['protocol'],
  index: number,
  route: readonly Weighted[],
): readonly Lane[] {
  return route.map(({ destination, weight }) => ({
    object,
    protocol,
    index,
    destination,
    host: fullHost(destination.host, object.metadata.namespace),
    served: route.length === 1 || (weight ?? 0) > 0,
  }));
}

/** The destinations that lead to one of the Services. */
export function lanesTo(doors: readonly Door[], virtualServices: readonly VirtualService[]): readonly Lane[] {
  const hosts = new Set(doors.map(({ host }) => host));
  return lanesOf(virtualServices).filter(({ host }) => hosts.has(host));
}

/** A route in words: `http route "main" of VirtualService shop/checkout`. */
export function laneName({ object, protocol, index, http }: Lane): string {
  const name = http === undefined || http.name === '' ? `${protocol} route ${index + 1}` : `http route "${http.name}"`;
  return `${name} of VirtualService ${placeOf(object)}`;
}

/** `namespace/name`. */
export function placeOf({ metadata }: { readonly metadata: Pick<Metadata, 'namespace' | 'name'> }): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** Whether a VirtualService is meant for the clients inside the mesh. */
export function isForMesh({ spec }: VirtualService): boolean {
  return spec.gateways.length === 0 || spec.gateways.includes('mesh');
}

/** The VirtualServices whose hosts name a host. */
export function naming(host: string, virtualServices: readonly VirtualService[]): readonly VirtualService[] {
  return virtualServices.filter(({ metadata, spec }) =>
    spec.hosts.some((written) => fullHost(written, metadata.namespace) === host),
  );
}

/** The DestinationRules whose host is this one or a wildcard around it, the closest first. */
export function rulesAbout(host: string, rules: readonly DestinationRule[]): readonly DestinationRule[] {
  return rules
    .map((rule) => ({ rule, rating: closeness(fullHost(rule.spec.host, rule.metadata.namespace), host) }))
    .filter(({ rating }) => rating > 0)
    .toSorted((a, b) => (a.rating === b.rating ? 0 : b.rating - a.rating))
    .map(({ rule }) => rule);
}

/**
 * The rules that clients of a namespace obey for a host: those of the closest host name in the first of their own namespace, the
 * Service's and the root that has any (istio/istio pilot/pkg/model/push_context.go, destinationRule).
 */
export function rulesFor(host: string, client: string, rules: readonly DestinationRule[]): readonly DestinationRule[] {
  for (const place of new Set([client, serviceOf(host)?.namespace ?? client, rootNamespace])) {
    const here = rulesAbout(host, rules).filter(
      ({ metadata, spec }) => metadata.namespace === place && (spec.workloadSelector ?? null) === null,
    );
    const [closest] = here;
    if (closest !== undefined)
      return here.filter(({ spec }) => fullHost(spec.host, place) === fullHost(closest.spec.host, place));
  }
  return [];
}

/** The Deployment that a pod belongs to, by the name of its ReplicaSet. */
export function workloadOf({ metadata }: Pod): string | undefined {
  const owner = metadata.ownerReferences.find(({ kind }) => kind === 'ReplicaSet')?.name;
  const suffix = `-${metadata.labels['pod-template-hash']}`;
  return owner?.endsWith(suffix) === true ? owner.slice(0, -suffix.length) : undefined;
}

/** Whether a pod runs one of the two versions, copies that Serin makes of a managed Deployment included. */
export function isOurs({ mode, stable, canary, target }: Examined, pod: Pod): boolean {
  const workload = workloadOf(pod);
  if (workload === undefined) return false;
  if (workload === stable.workload || workload === canary.workload) return true;
  return (
    mode === 'managed' &&
    pod.metadata.labels['serin.dev/revision'] !== undefined &&
    workload.startsWith(`${target.metadata.name}-`)
  );
}

/** The pods of the two versions that are not on their way out. */
export function ownPods(examined: Examined, pods: readonly Pod[]): readonly Pod[] {
  return pods.filter((pod) => isRunning(pod) && isOurs(examined, pod));
}

/** Whether a pod is neither finished nor being deleted. */
export function isRunning({ metadata, status }: Pod): boolean {
  return (metadata.deletionTimestamp ?? null) === null && status.phase !== 'Succeeded' && status.phase !== 'Failed';
}
