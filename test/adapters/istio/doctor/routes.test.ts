// Routes, delegates, gateways and what callers see of them.
import { describe, expect, it } from 'vitest';
import { apiRouteSchema } from '../../../../src/adapters/istio/doctor/mesh-objects.ts';
import { type FactsParts, finding, managed, rule, service, to, virtualService } from './facts.ts';

const plain = [{ destination: { host: 'checkout' } }];
const toCheckout = { name: 'main', route: plain };

function routes(...http: readonly unknown[]): FactsParts {
  return { sources: { virtualServices: [virtualService('checkout', { http })] } };
}

const older = { creationTimestamp: '2025-01-01T00:00:00Z' };
const newer = { creationTimestamp: '2026-01-01T00:00:00Z' };
const grpc = apiRouteSchema.parse({
  metadata: { name: 'r', namespace: 'edge' },
  spec: {
    parentRefs: [{ kind: 'Gateway', name: 'g' }],
    rules: [{ backendRefs: [{ name: 'checkout', namespace: 'shop' }] }],
  },
});
const root = virtualService('root', {
  hosts: ['shop.example.com'],
  gateways: ['edge/public'],
  http: [{ match: [{ uri: { prefix: '/api' } }], delegate: { name: 'child' } }],
});

function child(match: readonly unknown[]) {
  return virtualService('child', { hosts: [], http: [{ match, route: plain }] });
}

describe('of a managed Deployment the doctor finds', () => {
  it.each<[string, FactsParts, string, string, string]>([
    [
      'a cluster without Istio',
      { sources: { istioServed: false } },
      'istio-missing',
      'blocking',
      'does not serve networking.istio.io',
    ],
    [
      'why no rollout could begin',
      { sources: { routeProblem: { reason: 'FaultOnRoute', message: 'Route x injects faults.' } } },
      'route',
      'blocking',
      'Route x injects faults.',
    ],
    [
      'routes that a rollout is moving',
      { examined: { live: true }, sources: { routeProblem: { reason: 'RouteClaimed', message: 'x' } } },
      'route',
      'fine',
      'is moving',
    ],
    [
      'a subset that nobody defines',
      routes({ route: to('checkout', { v1: 100 }) }),
      'subset-undefined',
      'blocking',
      'names subset v1 of checkout, which no DestinationRule',
    ],
    [
      'a subset that is defined',
      {
        sources: {
          ...routes({ route: to('checkout', { v1: 100 }) }).sources,
          destinationRules: [rule('checkout', { subsets: [{ name: 'v1', labels: { app: 'checkout' } }] })],
        },
      },
      'subset-undefined',
      'fine',
      'is defined',
    ],
    [
      'a route to a Service that is not there',
      routes(toCheckout, { route: [{ destination: { host: 'checkuot' } }] }),
      'destination-host',
      'blocking',
      'leads to checkuot.shop.svc.cluster.local',
    ],
    [
      'a short name in another namespace',
      {
        sources: {
          virtualServices: [
            virtualService('edge', { hosts: ['x.example.com'], http: [toCheckout] }, { namespace: 'edge' }),
          ],
        },
      },
      'destination-host',
      'warning',
      'means checkout.edge.svc.cluster.local',
    ],
    [
      'a short name of a namesake in another namespace',
      {
        sources: {
          namesakes: [service('checkout').metadata, { ...service('checkout').metadata, namespace: 'edge' }],
          virtualServices: [
            virtualService('edge', { hosts: ['x.example.com'], http: [toCheckout] }, { namespace: 'edge' }),
          ],
        },
      },
      'destination-host',
      'fine',
      'Every host',
    ],
    [
      'two VirtualServices for one host',
      {
        sources: {
          virtualServices: [
            virtualService('checkout', {}, newer),
            virtualService('old', { hosts: ['checkout'] }, older),
          ],
        },
      },
      'two-virtual-services',
      'warning',
      'the oldest alone: shop/old, not shop/checkout',
    ],
    [
      'two that are not seen by all',
      {
        sources: {
          virtualServices: [
            virtualService('checkout'),
            virtualService('own', { hosts: ['checkout'], exportTo: ['.'] }),
          ],
        },
      },
      'two-virtual-services',
      'fine',
      'one VirtualService',
    ],
    [
      'a route of the Gateway API',
      { sources: { apiRoutes: [grpc] } },
      'gateway-api-route',
      'blocking',
      'Route edge/r of the Gateway API',
    ],
    [
      'a delegate that nobody delegates to',
      { sources: { virtualServices: [child([])] } },
      'delegate-orphan',
      'warning',
      'shop/child has no hosts',
    ],
    [
      'a delegate that is delegated to',
      { sources: { virtualServices: [root, child([{ uri: { prefix: '/api/v2' } }])] } },
      'delegate-orphan',
      'fine',
      'is delegated to',
    ],
    [
      'a delegate that matches more than its root',
      { sources: { virtualServices: [root, child([{ uri: { prefix: '/web' } }])] } },
      'delegate-match',
      'blocking',
      'matches a path',
    ],
    [
      'a delegate without a path below one with a path',
      { sources: { virtualServices: [root, child([{ headers: { x: { exact: 'y' } } }])] } },
      'delegate-match',
      'blocking',
      'matches a path',
    ],
    [
      'a delegate within its root',
      { sources: { virtualServices: [root, child([{ uri: { exact: '/api/v2' } }])] } },
      'delegate-match',
      'fine',
      'No delegate',
    ],
    [
      'a route below one that takes everything',
      routes({ route: [{ destination: { host: 'cart' } }] }, toCheckout),
      'route-unreachable',
      'warning',
      'http route "main" of VirtualService shop/checkout stands below',
    ],
    [
      'a route below one with a match',
      routes({ match: [{ uri: { prefix: '/x' } }], route: plain }, toCheckout),
      'route-unreachable',
      'fine',
      'No route stands',
    ],
    [
      'a fault',
      routes({ ...toCheckout, fault: { abort: { httpStatus: 500 } } }),
      'fault-on-route',
      'blocking',
      'injects faults',
    ],
    [
      'a fault on another route',
      routes({ route: [{ destination: { host: 'cart' } }], fault: {} }, toCheckout),
      'fault-on-route',
      'fine',
      'No route injects',
    ],
    [
      'requests mirrored to it',
      routes({ route: [{ destination: { host: 'cart' } }], name: 'cart', mirror: { host: 'checkout' } }),
      'mirror-on-route',
      'warning',
      'shop/checkout "cart" mirrors requests',
    ],
    [
      'requests mirrored to it among others',
      routes({ ...toCheckout, mirrors: [{ destination: { host: 'checkout' } }] }),
      'mirror-on-route',
      'warning',
      'mirrors requests',
    ],
    [
      'retries that hide errors',
      { ...routes({ ...toCheckout, retries: { attempts: 3, retryOn: 'connect-failure,5xx' } }), unread: ['traffic'] },
      'retries-mask-errors',
      'warning',
      'retries on connect-failure,5xx',
    ],
    [
      'retries whose attempts are counted',
      routes({ ...toCheckout, retries: { attempts: 3, retryOn: '503' } }),
      'retries-mask-errors',
      'fine',
      'counted at the pods as well',
    ],
    [
      'retries that hide none',
      routes({ ...toCheckout, retries: { attempts: 3, retryOn: 'connect-failure' } }),
      'retries-mask-errors',
      'fine',
      'No route retries',
    ],
    [
      'retries turned off',
      routes({ ...toCheckout, retries: { attempts: 0, retryOn: '5xx' } }),
      'retries-mask-errors',
      'fine',
      'No route retries',
    ],
    [
      'requests as long as a bake',
      routes({ ...toCheckout, timeout: '120s' }),
      'slow-requests',
      'warning',
      'a bake of 2m',
    ],
    ['requests of some seconds', routes({ ...toCheckout, timeout: '15s' }), 'slow-requests', 'fine', 'over before'],
  ])('%s', (_what, parts, id, level, words) => {
    const found = finding(id, managed(parts));

    expect(found).toMatchObject({ id, level });
    expect(found.message).toContain(words);
  });
});
