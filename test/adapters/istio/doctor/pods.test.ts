// Sidecars, pods and Services: what is found, and what is not.
import { describe, expect, it } from 'vitest';
import { type FactsParts, finding, managed, ordinaryTraffic, pair, plain, pod, service } from './facts.ts';

const bare = [pod('checkout', { sidecar: null })];
const injected = { 'sidecar.istio.io/status': '{}' };
const ambient = { 'ambient.istio.io/redirection': 'enabled' };

describe('of a managed Deployment the doctor finds', () => {
  it.each<[string, FactsParts, string, string, string]>([
    [
      'pods without a sidecar',
      { sources: { pods: bare }, unread: ['traffic'] },
      'sidecar-missing',
      'blocking',
      '1 of 1 pods have no sidecar',
    ],
    [
      'pods without a sidecar whose clients report',
      { sources: { pods: bare } },
      'sidecar-missing',
      'warning',
      "Their clients' proxies obey the weights",
    ],
    [
      'a sidecar noted by its injector',
      { sources: { pods: [pod('checkout', { sidecar: null, annotations: injected })] } },
      'sidecar-missing',
      'fine',
      'in the mesh',
    ],
    [
      'pods in ambient mode',
      { sources: { pods: [pod('checkout', { sidecar: null, annotations: ambient })] } },
      'sidecar-missing',
      'fine',
      'in the mesh',
    ],
    ['no pods at all', { sources: { pods: [] } }, 'sidecar-missing', 'unknown', 'No pod of checkout runs'],
    [
      'a template that leaves the sidecar out',
      { target: { labels: { app: 'checkout', 'sidecar.istio.io/inject': 'false' } }, runs: {} },
      'sidecar-parity',
      'blocking',
      'differ in sidecar.istio.io/inject',
    ],
    [
      'a template for another control plane',
      { target: { labels: { app: 'checkout', 'istio.io/rev': 'next' } }, runs: {} },
      'sidecar-parity',
      'blocking',
      'under another control plane',
    ],
    [
      'sidecars of two versions',
      {
        sources: {
          pods: [pod('checkout'), pod('checkout', { sidecar: { name: 'istio-proxy', image: 'proxyv2:1.29.0' } })],
        },
      },
      'proxy-versions',
      'warning',
      'proxyv2:1.29.0, proxyv2:1.30.1',
    ],
    [
      'ambient pods without a waypoint',
      { sources: { pods: [pod('checkout', { sidecar: null, annotations: ambient })] } },
      'ambient-waypoint',
      'blocking',
      'shop/checkout has no waypoint',
    ],
    [
      'ambient pods behind a waypoint',
      {
        sources: {
          pods: [pod('checkout', { sidecar: null, annotations: ambient })],
          namespaceObject: plain({ name: 'shop', labels: { 'istio.io/use-waypoint': 'waypoint' } }),
        },
      },
      'ambient-waypoint',
      'warning',
      'subsets are not promised',
    ],
    [
      "a container that runs as the sidecar's user",
      { target: { podSpec: { containers: [{ name: 'app', securityContext: { runAsUser: 1337 } }] } } },
      'reserved-user',
      'blocking',
      'runs as user 1337',
    ],
    [
      'pods without a place',
      { sources: { pods: [pod('checkout', { phase: 'Pending', ready: false })] } },
      'pods-pending',
      'warning',
      'Insufficient cpu.',
    ],
    [
      'pods that are not ready',
      { sources: { pods: [pod('checkout'), pod('checkout', { ready: false })] } },
      'stable-ready',
      'warning',
      'Only 1 of 2 pods are ready',
    ],
    [
      'nothing that serves',
      { target: { replicas: 0 }, sources: { pods: [] } },
      'stable-ready',
      'warning',
      'is scaled to 0',
    ],
    [
      'no Service',
      { sources: { services: [service('other')] } },
      'service-missing',
      'blocking',
      'No Service of namespace shop chooses the pods of checkout',
    ],
    [
      'a Service without a selector only',
      { sources: { services: [service('checkout', { selector: {} })] } },
      'service-missing',
      'blocking',
      'No Service',
    ],
    [
      'a Service that the new template leaves',
      {
        target: { labels: { app: 'checkout' } },
        runs: { labels: { app: 'checkout', tier: 'web' } },
        sources: { services: [service('checkout', { selector: { tier: 'web' } })] },
      },
      'service-parity',
      'blocking',
      'for want of the label tier=web',
    ],
    [
      'a Service that the new template joins',
      {
        target: { labels: { app: 'checkout', tier: 'web' } },
        runs: { labels: { app: 'checkout' } },
        sources: { services: [service('web', { selector: { tier: 'web' } })] },
      },
      'service-parity',
      'blocking',
      'selects the new template',
    ],
    [
      "another one's pods behind the Service",
      { sources: { pods: [pod('checkout'), pod('checkout-old', { labels: { app: 'checkout' } })] } },
      'foreign-pods',
      'blocking',
      'pods of checkout-old',
    ],
    [
      'its own copy behind the Service',
      {
        sources: {
          pods: [
            pod('checkout'),
            pod('checkout-0a1b2c3d4e', { labels: { app: 'checkout', 'serin.dev/revision': '0a1b2c3d4e' } }),
          ],
        },
      },
      'foreign-pods',
      'fine',
      'no pods but those',
    ],
    [
      'a headless Service',
      { sources: { services: [service('checkout', { clusterIP: 'None' })] } },
      'headless-service',
      'blocking',
      'shop/checkout is headless',
    ],
  ])('%s', (_what, parts, id, level, words) => {
    const found = finding(id, managed(parts));

    expect(found).toMatchObject({ id, level });
    expect(found.message).toContain(words);
  });
});

describe('of a pair the doctor finds', () => {
  it.each<[string, FactsParts, string, string, string]>([
    [
      'a canary that no Service chooses',
      { sources: { services: [service('reviews', { selector: { version: 'v1' } })] } },
      'service-parity',
      'blocking',
      'No Service chooses the pods of reviews-v2',
    ],
    [
      'a third version behind the Service',
      { sources: { pods: [pod('reviews-v3', { labels: { app: 'reviews', version: 'v3' } })] } },
      'foreign-pods',
      'warning',
      'pods of reviews-v3',
    ],
    [
      'a headless Service',
      { sources: { services: [service('reviews', { clusterIP: 'None' })] } },
      'headless-service',
      'warning',
      'is headless',
    ],
  ])('%s', (_what, parts, id, level, words) => {
    const found = finding(id, pair(parts));

    expect(found).toMatchObject({ id, level });
    expect(found.message).toContain(words);
  });
});

describe('a port is taken', () => {
  function portsOf(...ports: readonly Record<string, unknown>[]): FactsParts {
    return { sources: { services: [service('checkout', { ports })] } };
  }

  it.each([
    ['for http by its name', [{ name: 'http-web', port: 8080 }], 'fine'],
    ['for grpc by its name', [{ name: 'grpc', port: 9090 }], 'fine'],
    ['for http by its appProtocol, whatever its name', [{ name: 'tcp-x', port: 80, appProtocol: 'http' }], 'fine'],
    ['for http by the h2c of Kubernetes', [{ name: 'x', port: 80, appProtocol: 'kubernetes.io/h2c' }], 'fine'],
    [
      'for http beside one that is not',
      [
        { name: 'tcp', port: 1 },
        { name: 'http', port: 80 },
      ],
      'fine',
    ],
    ['for what its bytes look like', [{ name: 'web', port: 80 }], 'warning'],
    ['for tcp by its name', [{ name: 'tcp-web', port: 80 }], 'blocking'],
    ['for tls by its name', [{ name: 'https', port: 443 }], 'blocking'],
    ['for tcp by its number', [{ port: 3306 }], 'blocking'],
    ['for udp', [{ name: 'http', port: 80, protocol: 'UDP' }], 'blocking'],
  ] as const)('%s', (_what, ports, level) => {
    expect(finding('port-protocol', managed(portsOf(...ports))).level).toBe(level);
  });

  it('for tcp without harm where nothing is judged', () => {
    const parts = portsOf({ name: 'tcp', port: 80 });
    const { plan } = managed().examined;

    expect(
      finding('port-protocol', managed({ ...parts, examined: { plan: { ...plan, analysis: 'off' } } })).level,
    ).toBe('warning');
  });

  it('for two things by two Services', () => {
    const services = [
      service('checkout'),
      service('checkout-raw', { selector: { app: 'checkout' }, ports: [{ name: 'tcp', port: 81, targetPort: 8080 }] }),
    ];

    const found = finding('port-conflict', managed({ sources: { services } }));

    expect(found).toMatchObject({ level: 'warning' });
    expect(found.message).toContain('port 8080 of the pods');
  });
});

it('looks into pods of nobody else', () => {
  const pods = [pod('checkout'), pod('cart', { sidecar: null })];

  expect(
    finding('sidecar-missing', managed({ sources: { pods, traffic: { ...ordinaryTraffic, bySource: 0 } } })).level,
  ).toBe('fine');
});
