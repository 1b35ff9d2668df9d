// Gateways, what callers see, and pairs whose routes do not carry a rollout.
import { describe, expect, it } from 'vitest';
import { webhookSchema } from '../../../../src/adapters/istio/doctor/kubernetes-objects.ts';
import { gatewaySchema, sidecarSchema } from '../../../../src/adapters/istio/doctor/mesh-objects.ts';
import { type FactsParts, finding, managed, pair, service, to, virtualService } from './facts.ts';

function gateway(name: string, hosts: readonly string[], port = 80) {
  return gatewaySchema.parse({
    metadata: { name, namespace: 'edge' },
    spec: { servers: [{ port: { number: port, name: 'http', protocol: 'HTTP' }, hosts }] },
  });
}

const atEdge = virtualService('checkout', { hosts: ['shop.example.com'], gateways: ['edge/public'] });
const older = { creationTimestamp: '2025-01-01T00:00:00Z' };
const newer = { creationTimestamp: '2026-01-01T00:00:00Z' };
const many = service('checkout', {
  ports: [
    { name: 'http', port: 8080 },
    { name: 'http-admin', port: 9090 },
  ],
});

function hooks(failurePolicy: string) {
  const webhooks = [{ name: 'v', failurePolicy, rules: [{ apiGroups: ['networking.istio.io'] }] }];
  return [webhookSchema.parse({ metadata: { name: 'istio-validator' }, webhooks })];
}

describe('of a managed Deployment the doctor finds', () => {
  it.each<[string, FactsParts, string, string, string]>([
    [
      'a Gateway that does not exist',
      { sources: { virtualServices: [atEdge] } },
      'gateway-missing',
      'warning',
      'names Gateway edge/public, which does not exist',
    ],
    [
      'a Gateway that does not take in the host',
      { sources: { virtualServices: [atEdge], gateways: [gateway('public', ['*.other.com'])] } },
      'gateway-missing',
      'warning',
      'takes in none of the hosts',
    ],
    [
      'a Gateway for another namespace',
      { sources: { virtualServices: [atEdge], gateways: [gateway('public', ['web/*.example.com'])] } },
      'gateway-missing',
      'warning',
      'takes in none',
    ],
    [
      'a Gateway that takes in the host',
      { sources: { virtualServices: [atEdge], gateways: [gateway('public', ['*/*.example.com'])] } },
      'gateway-missing',
      'fine',
      'Every Gateway',
    ],
    [
      'a gateway whose port the Service has not',
      { sources: { services: [many], virtualServices: [atEdge], gateways: [gateway('public', ['*'])] } },
      'destination-port',
      'blocking',
      'which the Service has not',
    ],
    [
      'a gateway whose port the Service has',
      { sources: { services: [many], virtualServices: [atEdge], gateways: [gateway('public', ['*'], 8080)] } },
      'destination-port',
      'warning',
      'takes its own port for meant',
    ],
    [
      'a gateway that cannot be read',
      { sources: { services: [many], virtualServices: [atEdge] }, unread: ['gateways'] },
      'destination-port',
      'warning',
      'without a port',
    ],
    ['several ports inside the mesh', { sources: { services: [many] } }, 'destination-port', 'fine', 'needs none'],
    [
      'a webhook that lets everything pass',
      { sources: { webhooks: hooks('Ignore') } },
      'istio-webhook',
      'warning',
      'lets everything pass',
    ],
    ['no webhook', { sources: { webhooks: [] } }, 'istio-webhook', 'warning', 'No webhook validates'],
  ])('%s', (_what, parts, id, level, words) => {
    const found = finding(id, managed(parts));

    expect(found).toMatchObject({ id, level });
    expect(found.message).toContain(words);
  });
});

const split = to('reviews', { v1: 100, v2: 0 });
const edgePair = virtualService('edge', {
  hosts: ['r.example.com'],
  gateways: ['edge/public'],
  http: [{ route: split }],
});
const edgePlain = virtualService('edge', {
  hosts: ['r.example.com'],
  gateways: ['edge/public'],
  http: [{ route: [{ destination: { host: 'reviews' } }] }],
});
const byHost = [
  service('reviews-v1', { selector: { app: 'reviews', version: 'v1' } }),
  service('reviews-v2', { selector: { app: 'reviews', version: 'v2' } }),
];

function sidecar(...hosts: readonly string[]) {
  return sidecarSchema.parse({ metadata: { name: 'default', namespace: 'web' }, spec: { egress: [{ hosts }] } });
}

describe('of a pair the doctor finds', () => {
  it.each<[string, FactsParts, string, string, string]>([
    [
      'a route at a Gateway alone that does not exist',
      { sources: { virtualServices: [edgePair] } },
      'gateway-missing',
      'blocking',
      'names Gateway edge/public, which does not exist',
    ],
    [
      'a gateway that leads to the plain host',
      { sources: { virtualServices: [edgePlain, virtualService('reviews', { http: [{ route: split }] })] } },
      'mesh-callers',
      'blocking',
      'leads a gateway to plain reviews',
    ],
    [
      'routes at gateways alone',
      { sources: { virtualServices: [edgePair] } },
      'mesh-callers',
      'warning',
      'callers inside are spread',
    ],
    [
      'an older VirtualService that leads elsewhere',
      {
        sources: {
          virtualServices: [
            virtualService('reviews', { http: [{ route: split }] }, newer),
            virtualService('old', { hosts: ['reviews'], http: [{ redirect: { uri: '/' } }] }, older),
          ],
        },
      },
      'two-virtual-services',
      'blocking',
      'the oldest alone',
    ],
    [
      'a route that nothing reaches',
      { sources: { virtualServices: [virtualService('reviews', { http: [{ redirect: {} }, { route: split }] })] } },
      'route-unreachable',
      'blocking',
      'no request gets there',
    ],
    [
      'a delegate that nobody delegates to',
      { sources: { virtualServices: [virtualService('reviews', { hosts: [], http: [{ route: split }] })] } },
      'delegate-orphan',
      'blocking',
      'it routes nothing',
    ],
    [
      'a Sidecar that hides the canary',
      { sources: { services: byHost, sidecars: [sidecar('shop/reviews-v1.shop.svc.cluster.local')] } },
      'sidecar-egress',
      'blocking',
      'Sidecar web/default',
    ],
    [
      'a Sidecar that hides nothing',
      { sources: { services: byHost, sidecars: [sidecar('./*', 'shop/*')] } },
      'sidecar-egress',
      'fine',
      'No Sidecar hides',
    ],
    [
      'a Sidecar that sees neither',
      { sources: { services: byHost, sidecars: [sidecar('./*')] } },
      'sidecar-egress',
      'fine',
      'No Sidecar hides',
    ],
  ])('%s', (_what, parts, id, level, words) => {
    const found = finding(id, pair(parts));

    expect(found).toMatchObject({ id, level });
    expect(found.message).toContain(words);
  });
});
