import { describe, expect, it } from 'vitest';
import type { Traffic } from '../../../../src/adapters/istio/doctor/facts.ts';
import { telemetrySchema } from '../../../../src/adapters/istio/doctor/mesh-objects.ts';
import { questionsAbout } from '../../../../src/adapters/istio/doctor/questions.ts';
import { defaultPlan, type Plan } from '../../../../src/domain/plan.ts';
import { type FactsParts, finding, managed, ordinaryTraffic, pair, pod } from './facts.ts';

function traffic(parts: Partial<Traffic>): FactsParts {
  return { sources: { traffic: { ...ordinaryTraffic, ...parts } } };
}

function plan(parts: Partial<Plan>): FactsParts {
  return { examined: { plan: { ...defaultPlan, ...parts } } };
}

const unseen = { bySource: undefined, byDestination: undefined };
const off = plan({ analysis: 'off' });
const silent = [pod('checkout', { annotations: { 'prometheus.io/scrape': 'false' } })];

function telemetry(override: Record<string, unknown>, namespace = 'shop') {
  const spec = { metrics: [{ overrides: [override] }] };
  return { sources: { telemetries: [telemetrySchema.parse({ metadata: { name: 'mesh', namespace }, spec })] } };
}

const noFlags = { match: { metric: 'REQUEST_COUNT' }, tagOverrides: { response_flags: { operation: 'REMOVE' } } };
const named = { app: 'checkout', 'service.istio.io/workload-name': 'checkout' };
const buckets = { 'sidecar.istio.io/statsHistogramBuckets': '{"istiocustom":[1,5]}' };

describe('of a managed Deployment the doctor finds', () => {
  it.each<[string, FactsParts, string, string, string]>([
    [
      'no metrics at all',
      traffic({ ...unseen, series: undefined }),
      'metrics-missing',
      'blocking',
      'no istio_requests_total at all',
    ],
    [
      'no metrics where none are needed',
      { ...traffic({ ...unseen, series: undefined }), ...off },
      'metrics-missing',
      'warning',
      'at all',
    ],
    ['metrics of others alone', traffic(unseen), 'metrics-missing', 'warning', 'none of checkout'],
    [
      'pods that are not scraped',
      { sources: { pods: silent, traffic: { ...ordinaryTraffic, ...unseen } } },
      'scrape-annotations',
      'warning',
      'prometheus.io/scrape: "false"',
    ],
    [
      'pods that are scraped by other means',
      { sources: { pods: silent } },
      'scrape-annotations',
      'fine',
      'by other means',
    ],
    [
      'a template that will not be scraped',
      { target: { podAnnotations: { 'prometheus.istio.io/merge-metrics': 'false' } }, ...traffic(unseen) },
      'scrape-annotations',
      'warning',
      'merge-metrics',
    ],
    [
      'clients alone that report',
      traffic({ byDestination: undefined }),
      'reporters',
      'warning',
      'by its clients alone',
    ],
    ['pods alone that report', traffic({ bySource: undefined }), 'reporters', 'warning', 'by its own pods alone'],
    ['nobody who reports yet', traffic(unseen), 'reporters', 'unknown', 'Nobody has reported'],
    [
      'a label taken away',
      telemetry(noFlags),
      'telemetry-overrides',
      'blocking',
      'Telemetry shop/mesh removes the label response_flags',
    ],
    [
      'a label taken away in the whole mesh',
      telemetry(noFlags, 'istio-system'),
      'telemetry-overrides',
      'blocking',
      'istio-system/mesh',
    ],
    ['a label taken away elsewhere', telemetry(noFlags, 'web'), 'telemetry-overrides', 'fine', 'No Telemetry'],
    ['counting turned off', telemetry({ disabled: true }), 'telemetry-overrides', 'blocking', 'turns ALL_METRICS off'],
    [
      'counting turned off where nothing is judged',
      { ...telemetry({ disabled: true }), ...off },
      'telemetry-overrides',
      'warning',
      'turns',
    ],
    [
      'latency turned off that is not judged',
      telemetry({ match: { metric: 'REQUEST_DURATION' }, disabled: true }),
      'telemetry-overrides',
      'fine',
      'No Telemetry',
    ],
    [
      'latency turned off that is judged',
      {
        ...telemetry({ match: { metric: 'REQUEST_DURATION' }, disabled: true }),
        ...plan({ maxLatency: [{ kind: 'absolute', quantile: 0.99, millis: 500, text: 'p99<500ms' }] }),
      },
      'telemetry-overrides',
      'blocking',
      'turns REQUEST_DURATION off',
    ],
    [
      'a label that nobody needs taken away',
      telemetry({ tagOverrides: { source_app: { operation: 'REMOVE' } } }),
      'telemetry-overrides',
      'fine',
      'No Telemetry',
    ],
    ['pods scraped twice', traffic({ jobs: 2 }), 'double-scrape', 'warning', '2 scrape jobs'],
    ['scrapes wider apart than a slot', traffic({ scrapeSeconds: 60 }), 'scrape-interval', 'warning', 'about every 1m'],
    ['scrapes as wide apart as a slot', traffic({}), 'scrape-interval', 'fine', 'often enough'],
    ['scrapes of nobody', traffic({ scrapeSeconds: undefined }), 'scrape-interval', 'unknown', 'Nobody'],
    ['pods nobody has scraped', traffic({ jobs: undefined }), 'double-scrape', 'unknown', 'nobody can say'],
    [
      'a name that both versions share',
      { target: { labels: named }, runs: { labels: named } },
      'workload-name',
      'blocking',
      'one name',
    ],
    [
      'buckets of its own in the new template',
      { target: { podAnnotations: buckets }, runs: {} },
      'stats-annotations',
      'warning',
      'statsHistogramBuckets',
    ],
    [
      'the same buckets in both',
      { target: { podAnnotations: buckets } },
      'stats-annotations',
      'fine',
      'in the same way',
    ],
    [
      'counters that begin anew',
      { target: { podAnnotations: { 'sidecar.istio.io/statsEvictionInterval': '60s' } } },
      'stats-annotations',
      'warning',
      'begin anew',
    ],
    [
      'too few requests',
      traffic({ perSecond: 0.5 }),
      'traffic-volume',
      'warning',
      'a step of 10% sees 36 of them within max-bake (12m), and 100 are needed',
    ],
    ['enough requests', traffic({ perSecond: 2 }), 'traffic-volume', 'fine', 'sees 144 requests at most'],
    ['no known requests', traffic({ perSecond: undefined }), 'traffic-volume', 'unknown', 'not known yet'],
    [
      'few requests where nothing is judged',
      { ...traffic({ perSecond: 0 }), ...off },
      'traffic-volume',
      'fine',
      'analysis is off',
    ],
    [
      'stable that fails',
      traffic({ failing: 0.2 }),
      'stable-failing',
      'warning',
      '20% of the requests to checkout fail already',
    ],
    [
      'stable above its ceiling',
      { ...traffic({ failing: 0.02 }), ...plan({ maxErrorRate: 0.01 }) },
      'stable-failing',
      'warning',
      '2% of',
    ],
    ['stable that nobody knows', traffic({ failing: undefined }), 'stable-failing', 'unknown', 'not known yet'],
    [
      'clients outside the mesh',
      traffic({ unmeshed: 0.12 }),
      'unmeshed-clients',
      'blocking',
      '12% of the requests to checkout',
    ],
    [
      'clients outside the mesh who are accepted',
      { ...traffic({ unmeshed: 0.12 }), ...plan({ maxUnmeshed: 0.2 }) },
      'unmeshed-clients',
      'fine',
      '12% of',
    ],
    ['clients who are not known', traffic({ unmeshed: undefined }), 'unmeshed-clients', 'unknown', 'not known yet'],
    ['pods in several clusters', traffic({ clusters: 2 }), 'several-clusters', 'warning', 'in 2 clusters'],
    ['refused configuration', traffic({ rejected: 3 }), 'control-plane', 'warning', 'Proxies refused'],
    ['slow proxies', traffic({ convergenceSeconds: 9.5 }), 'control-plane', 'warning', '9.5 s'],
    [
      'a control plane that is not scraped',
      traffic({ rejected: undefined, convergenceSeconds: undefined }),
      'control-plane',
      'unknown',
      'pilot_*',
    ],
  ])('%s', (_what, parts, id, level, words) => {
    const found = finding(id, managed(parts));

    expect(found).toMatchObject({ id, level });
    expect(found.message).toContain(words);
  });
});

describe('of a pair the doctor finds', () => {
  const label = (version: string, name: string) => ({
    app: 'reviews',
    version,
    'service.istio.io/workload-name': name,
  });

  it.each<[string, FactsParts, string, string]>([
    [
      'one name for both versions',
      { target: { labels: label('v2', 'reviews') }, runs: { labels: label('v1', 'reviews') } },
      'workload-name',
      'blocking',
    ],
    [
      'names that are not the Deployments',
      { target: { labels: label('v2', 'new') }, runs: { labels: label('v1', 'old') } },
      'workload-name',
      'warning',
    ],
    ['clients outside the mesh', traffic({ unmeshed: 0.12 }), 'unmeshed-clients', 'warning'],
  ])('%s', (_what, parts, id, level) => {
    expect(finding(id, pair(parts)).level).toBe(level);
  });
});

it('asks Prometheus about the workload and namespace, quoted', () => {
  const { bySource, unmeshed, failing } = questionsAbout('shop', 'checkout');

  expect(bySource).toBe(
    'count(last_over_time(istio_requests_total{destination_workload_namespace="shop",destination_workload="checkout",reporter=~"source|waypoint"}[5m]))',
  );
  expect(unmeshed).toContain('or vector(0)');
  expect(failing).toContain('response_code=~"5.."');
});
