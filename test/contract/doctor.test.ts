// The doctor on a real API server with Istio's real definitions, and its questions on a real Prometheus.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingIds, istioDoctor, preliminaries } from '../../src/adapters/istio/doctor/doctor.ts';
import { questionsAbout } from '../../src/adapters/istio/doctor/questions.ts';
import { istioMesh } from '../../src/adapters/istio/mesh.ts';
import type { Cluster } from '../../src/adapters/kubernetes/connection.ts';
import { clusterHolds } from '../../src/adapters/kubernetes/holds.ts';
import { clusterPolicies } from '../../src/adapters/kubernetes/policies.ts';
import { clusterWorkloads } from '../../src/adapters/kubernetes/workloads.ts';
import { prometheusClient } from '../../src/adapters/prometheus/client.ts';
import type { Finding } from '../../src/controller/ports.ts';
import { eventually } from '../support/eventually.ts';
import { startPrometheus, type TestPrometheus } from '../support/prometheus.ts';
import { connectionsForTests, createDeployment, demand, newNamespace } from './crds-bench.ts';
import { openMetrics, requestLabels } from './metrics-samples.ts';

const connections = connectionsForTests();
const clock = { now: () => Date.now() };
const injected = { 'sidecar.istio.io/status': '{}' };
const account = 'system:serviceaccount:serin-system:serin';

function doctorOf(cluster: Cluster, parts: { readonly account?: string; readonly whole?: boolean } = {}) {
  const workloads = clusterWorkloads(cluster, clock);
  return istioDoctor({
    requests: cluster,
    policies: clusterPolicies(cluster),
    query: async () => 1,
    ...(parts.account === undefined ? {} : { account: parts.account }),
    ...(parts.whole === true
      ? {
          routes: { mesh: istioMesh({ requests: cluster }), workloads },
          holds: { holds: clusterHolds(cluster, clock), workloads },
        }
      : {}),
  });
}

function byId(findings: readonly Finding[]): Readonly<Record<string, Finding>> {
  return Object.fromEntries(findings.map((each) => [each.id, each]));
}

async function put(namespace: string, place: string, object: Record<string, unknown>): Promise<void> {
  await demand(connections().admin, 'POST', place.replace('*', namespace), { body: object });
}

const places = {
  services: '/api/v1/namespaces/*/services',
  virtualServices: '/apis/networking.istio.io/v1/namespaces/*/virtualservices',
  destinationRules: '/apis/networking.istio.io/v1/namespaces/*/destinationrules',
  authorizationPolicies: '/apis/security.istio.io/v1/namespaces/*/authorizationpolicies',
  telemetries: '/apis/telemetry.istio.io/v1/namespaces/*/telemetries',
  autoscalers: '/apis/autoscaling/v2/namespaces/*/horizontalpodautoscalers',
  quotas: '/api/v1/namespaces/*/resourcequotas',
};

/** A service as Istio's example has it: reviews-v1 serves, reviews-v2 asks to be its canary. */
async function reviews(annotations: Readonly<Record<string, string>> = { 'serin.dev/canary-of': 'reviews-v1' }) {
  const { admin } = connections();
  const namespace = await newNamespace(admin, 'doctor');
  await createDeployment(admin, namespace, { name: 'reviews-v1', podAnnotations: injected });
  await createDeployment(admin, namespace, { name: 'reviews-v2', podAnnotations: injected, annotations });
  await put(namespace, places.services, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'reviews' },
    spec: { selector: { app: 'reviews' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  });
  await put(namespace, places.destinationRules, {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: 'reviews' },
    spec: { host: 'reviews', subsets: ['v1', 'v2'].map((name) => ({ name, labels: { version: `reviews-${name}` } })) },
  });
  const route = ['v1', 'v2'].map((subset, index) => ({
    destination: { host: 'reviews', subset },
    weight: 100 - 100 * index,
  }));
  await put(namespace, places.virtualServices, {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'reviews' },
    spec: { hosts: ['reviews'], http: [{ name: 'main', route }] },
  });
  return namespace;
}

describe('on a cluster, the doctor', () => {
  it('finds a versioned pair in good order, every source read', async () => {
    const namespace = await reviews();
    const doctor = doctorOf(connections().admin, { whole: true, account });

    // Pods get ready one by one, and lists of a busy cluster may be late: what is odd for good is what is left.
    let findings: readonly Finding[] = [];
    const odd = () => findings.filter(({ level }) => level !== 'fine').map(({ id, level }) => `${id} ${level}`);
    await eventually('everything else to be fine', async () => {
      findings = await doctor.examine(namespace, 'reviews-v2');
      return odd().length <= 5 && byId(findings)['stable-ready']?.level === 'fine';
    });

    // No webhook of istiod's is here, and every number of Prometheus is 1.
    expect(odd().toSorted()).toEqual([
      'control-plane warning',
      'istio-webhook warning',
      'stable-failing warning',
      'traffic-volume warning',
      'unmeshed-clients warning',
    ]);
    expect(findings.map(({ id }) => id).toSorted()).toEqual(
      findingIds.filter((id) => !(preliminaries as readonly string[]).includes(id)).toSorted(),
    );
  }, 150_000);

  it('finds what is wrong with a managed one, worst first', async () => {
    const namespace = await reviews({ 'serin.dev/canary': 'enabled' });
    await put(namespace, places.authorizationPolicies, {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'old-only' },
      spec: { selector: { matchLabels: { 'pod-template-hash': 'gone' } }, rules: [{}] },
    });
    await put(namespace, places.telemetries, {
      apiVersion: 'telemetry.istio.io/v1',
      kind: 'Telemetry',
      metadata: { name: 'quiet' },
      spec: { metrics: [{ overrides: [{ match: { metric: 'REQUEST_COUNT' }, disabled: true }] }] },
    });
    await put(namespace, places.autoscalers, {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'reviews' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'reviews-v2' },
        minReplicas: 1,
        maxReplicas: 3,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
        ],
        behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
      },
    });
    await put(namespace, places.quotas, {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'small' },
      spec: { hard: { pods: '3' } },
    });

    const findings = await eventually('the quota to be counted', async () => {
      const found = await doctorOf(connections().admin, { whole: true }).examine(namespace, 'reviews-v2');
      return byId(found)['quota']?.level === 'warning' && found;
    });

    expect(byId(findings)).toMatchObject({
      'foreign-pods': { level: 'blocking' },
      'telemetry-overrides': { level: 'blocking' },
      'policy-parity': { level: 'fine' },
      autoscaler: { level: 'warning' },
      route: { level: 'blocking' },
    });
    const levels = findings.map(({ level }) => ['blocking', 'warning', 'unknown', 'fine'].indexOf(level));
    expect(levels).toEqual(levels.toSorted((a, b) => a - b));
  }, 150_000);

  it('reads as the account that deploy/ gives the controller, and what that may not read is unknown', async () => {
    const namespace = await reviews();

    const found = byId(await doctorOf(connections().controller).examine(namespace, 'reviews-v2'));

    expect(found['permissions']).toMatchObject({ level: 'fine' });
    expect(found['service-missing']).toMatchObject({ level: 'fine' });
    expect(Object.values(found).filter(({ level }) => level === 'blocking')).toEqual([]);
  });

  it('says nothing but why to somebody who may read nothing', async () => {
    const namespace = await reviews();

    const findings = await doctorOf(connections().person('bob')).examine(namespace, 'reviews-v2');

    expect(findings).toMatchObject([{ id: 'deployment-missing', level: 'unknown' }]);
    expect(findings[0]?.message).toContain('User "bob" cannot get resource "deployments"');
  });

  it('names rights that an account lacks', async () => {
    const namespace = await reviews({ 'serin.dev/canary': 'enabled' });

    const { permissions } = byId(
      await doctorOf(connections().admin, { account: 'system:serviceaccount:shop:nobody' }).examine(
        namespace,
        'reviews-v2',
      ),
    );

    expect(permissions).toMatchObject({ level: 'blocking' });
    expect(permissions?.message).toContain('may not get canaryrollouts.serin.dev, list canaryrollouts.serin.dev');
  });

  it('finds that there is no such Deployment, or no such stable', async () => {
    const { admin } = connections();
    const namespace = await newNamespace(admin, 'doctor');
    await createDeployment(admin, namespace, { annotations: { 'serin.dev/canary-of': 'reviews-v1' } });

    const doctor = doctorOf(admin);

    expect(await doctor.examine(namespace, 'checkout')).toMatchObject([
      { id: 'deployment-missing', level: 'blocking' },
    ]);
    expect(await doctor.examine(namespace, 'reviews-v2')).toMatchObject([{ id: 'stable-missing', level: 'blocking' }]);
  });

  it('writes nothing', async () => {
    const { admin } = connections();
    const namespace = await reviews({ 'serin.dev/canary': 'enabled' });
    const written: string[] = [];
    const watched: Cluster = {
      ...admin,
      request(method, path, parts) {
        if (method !== 'GET' && !path.startsWith('/apis/authorization.k8s.io/')) written.push(`${method} ${path}`);
        return admin.request(method, path, parts);
      },
    };

    await doctorOf(watched).examine(namespace, 'reviews-v2');

    expect(written).toEqual([]);
  });
});

describe('on Prometheus, the questions', () => {
  const scrapes = 50;
  const everyMs = 15_000;
  const first = Math.floor((Date.now() - 6 * 3_600_000) / 7_200_000) * 7_200_000 + 60_000;
  const last = first + (scrapes - 1) * everyMs;
  let prometheus: TestPrometheus;

  beforeAll(async () => {
    const grown = (perScrape: number) => Array.from({ length: scrapes }, (_, scrape) => 1_000 + scrape * perScrape);
    const row = (labels: Record<string, string>, perScrape: number) => ({
      labels: requestLabels({ destination_workload: 'checkout', destination_cluster: 'one', ...labels }),
      values: grown(perScrape),
    });
    const up = Array.from({ length: scrapes }, () => 1 as const);
    const own = { reporter: 'destination', connection_security_policy: 'mutual_tls' };
    const outside = { reporter: 'destination', connection_security_policy: 'none', source_workload: 'unknown' };
    const targets = [
      {
        instance: 'client',
        labels: { pod: 'client' },
        up,
        requests: [row({}, 135), row({ response_code: '503' }, 15)],
      },
      { instance: 'checkout', labels: { pod: 'checkout' }, up, requests: [row(own, 135), row(outside, 45)] },
    ];
    prometheus = await startPrometheus({ backfill: openMetrics(targets, first, everyMs) });
  });
  afterAll(() => prometheus?.dispose());

  async function answer(name: keyof ReturnType<typeof questionsAbout>, workload = 'checkout') {
    const ask = prometheusClient({ url: prometheus.url, timeoutMs: 5_000 });
    const found = await ask(questionsAbout('shop', workload)[name], last);
    if (found.kind === 'down') throw new Error(found.message);
    return found.samples[0]?.value;
  }

  it.each([
    ['series', 4],
    ['bySource', 2],
    ['byDestination', 2],
    ['perSecond', 12],
    ['failing', 0.1],
    ['unmeshed', 0.25],
    ['jobs', 1],
    ['clusters', 1],
    ['rejected', undefined],
    ['convergenceSeconds', undefined],
  ] as const)('tell %s', async (name, value) => {
    const told = await answer(name);

    if (value === undefined) expect(told).toBeUndefined();
    else expect(told).toBeCloseTo(value, 1);
  });

  it('tell nothing of a workload without requests', async () => {
    expect(await answer('bySource', 'cart')).toBeUndefined();
    expect(await answer('unmeshed', 'cart')).toBeUndefined();
    expect(await answer('failing', 'cart')).toBeUndefined();
  });
});
