// The ways in which a service's users route to it, each as its own set of Istio objects.
import type { Manifest } from './managed.ts';

/**
 * - `none`: no VirtualService at all.
 * - `plain`: a VirtualService to the host, with a timeout and retries of its own.
 * - `subset`: the same with a subset of the user's, whose DestinationRule has a policy.
 * - `gateway`: a VirtualService for a public name, bound to a gateway and not to the mesh.
 * - `delegate`: a root that delegates to a VirtualService without hosts.
 * - `second-namespace`: `plain`, and another VirtualService in the namespace `<namespace>-edge` under a name of its own.
 * - `two-services`: `plain` for the one Service, and nothing for the other.
 */
export type Routing = 'none' | 'plain' | 'subset' | 'gateway' | 'delegate' | 'second-namespace' | 'two-services';

/**
 * The name under which the gateway's clients and those of the second namespace call the service. One of each namespace: of two
 * VirtualServices for one name the older is obeyed.
 */
export function publicHostOf(namespace: string): string {
  return `${namespace}.example.org`;
}

/** The service that is routed to. */
interface Routed {
  readonly namespace: string;
  readonly name: string;
}

/** The Istio objects of a routing, with the namespaces they need. */
export function managedRoutes(routed: Routed, routing: Routing): readonly Manifest[] {
  switch (routing) {
    case 'none':
      return [];
    case 'plain':
    case 'two-services':
      return [plain(routed)];
    case 'subset':
      return [destinationRule(routed), plain(routed, 'all')];
    case 'gateway':
      return [
        virtualService(routed, 'public', {
          hosts: [publicHostOf(routed.namespace)],
          gateways: ['public'],
          http: [toHost(routed)],
        }),
      ];
    case 'delegate':
      return delegated(routed);
    case 'second-namespace':
      return [plain(routed), ...edge(routed)];
  }
}

function plain(routed: Routed, subset?: string): Manifest {
  const rule = {
    name: 'main',
    ...toHost(routed, subset),
    timeout: '5s',
    retries: { attempts: 2, perTryTimeout: '2s', retryOn: '5xx' },
    headers: { request: { add: { 'x-team': 'shop' } } },
  };
  return virtualService(routed, routed.name, { hosts: [routed.name], http: [rule] });
}

function delegated(routed: Routed): readonly Manifest[] {
  const rule = { name: 'routes', delegate: { name: `${routed.name}-routes`, namespace: routed.namespace } };
  return [
    virtualService(routed, routed.name, { hosts: [routed.name], http: [rule] }),
    virtualService(routed, `${routed.name}-routes`, { http: [toHost(routed)] }),
  ];
}

function edge({ namespace, name }: Routed): readonly Manifest[] {
  const there = { namespace: `${namespace}-edge`, name };
  const host = `${name}.${namespace}.svc.cluster.local`;
  const http = [{ name: 'public', route: [{ destination: { host } }] }];
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: there.namespace } },
    virtualService(there, 'public', { hosts: [publicHostOf(namespace)], http }),
  ];
}

function toHost({ name }: Routed, subset?: string): Manifest {
  return { route: [{ destination: { host: name, ...(subset === undefined ? {} : { subset }) } }] };
}

function virtualService({ namespace }: Routed, name: string, spec: Manifest): Manifest {
  return { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name, namespace }, spec };
}

function destinationRule({ namespace, name }: Routed): Manifest {
  const trafficPolicy = { connectionPool: { http: { http1MaxPendingRequests: 64 } } };
  const subsets = [
    { name: 'all', labels: { app: name }, trafficPolicy: { loadBalancer: { simple: 'LEAST_REQUEST' } } },
  ];
  const spec = { host: name, trafficPolicy, subsets };
  return { apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule', metadata: { name, namespace }, spec };
}
