// serin replay, the whole command, on the past that a real Prometheus holds: an hour, scrape by scrape.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prometheusGauge } from '../../src/adapters/prometheus/gauge.ts';
import { prometheusMetrics } from '../../src/adapters/prometheus/metrics.ts';
import { type TestCluster, testCluster } from '../cli/support/command.ts';
import { dawn } from '../support/builders.ts';
import { startPrometheus, type TestPrometheus } from '../support/prometheus.ts';
import { openMetrics, type PastTarget, requestLabels } from './metrics-samples.ts';

const scrapeMs = 15_000;
const scrapes = 260;
/** The first scrape is 4 s into a slot. */
const first = Math.floor((Date.now() - 6 * 3_600_000) / 7_200_000) * 7_200_000 + 60_000;
/** From this scrape on the bad release fails. */
const brokenAt = 120;
const from = new Date(first + 20 * scrapeMs).toISOString();
const to = new Date(first + (scrapes - 1) * scrapeMs).toISOString();

/** A workload's counters as one client saw them: so many requests per scrape, of which some failed; latencies of a tenth above 100 ms. */
function servedBy(
  workload: string,
  perScrape: number,
  failed: (scrape: number) => number,
): Required<Pick<PastTarget, 'requests' | 'buckets'>> {
  const labels = { destination_workload: workload };
  const sums = (of: (scrape: number) => number): number[] => {
    let sum = 0;
    return Array.from({ length: scrapes }, (_, scrape) => {
      sum += of(scrape);
      return sum;
    });
  };
  const bucket = (le: string, share: number) => ({
    labels: requestLabels({ ...labels, le }),
    values: sums(() => Math.round(perScrape * share)),
  });
  return {
    requests: [
      { labels: requestLabels(labels), values: sums((scrape) => perScrape - failed(scrape)) },
      { labels: requestLabels({ ...labels, response_code: '503' }), values: sums(failed) },
    ],
    buckets: [bucket('50', 0.5), bucket('100', 0.9), bucket('250', 1), bucket('+Inf', 1)],
  };
}

const usual = (perScrape: number) => (): number => Math.round(perScrape / 200);
const parts = [
  servedBy('cart-v1', 1_800, usual(1_800)),
  servedBy('cart-v2', 600, usual(600)),
  servedBy('cart-v3', 600, (scrape) => (scrape < brokenAt ? 3 : 60)),
];
const target: PastTarget = {
  instance: 'client:15020',
  labels: { namespace: 'shop', pod: 'client' },
  up: Array.from({ length: scrapes }, () => 1 as const),
  requests: parts.flatMap(({ requests }) => requests),
  buckets: parts.flatMap(({ buckets }) => buckets),
};

/** A queue that grows when the bad release begins to fail, whoever is asked about. */
const depths = ['cart-v1', 'cart-v2'].flatMap((workload) =>
  Array.from({ length: scrapes }, (_, scrape) => {
    const depth = workload === 'cart-v2' && scrape >= brokenAt ? 8 : 3;
    return `depth{workload="${workload}"} ${depth} ${(first + 4_000 + scrape * scrapeMs) / 1_000}`;
  }),
);

/** OpenMetrics ends with a line of its own. */
function withDepths(text: string): string {
  return text.replace('# EOF\n', ['# TYPE depth gauge', ...depths, '# EOF', ''].join('\n'));
}

let prometheus: TestPrometheus;

beforeAll(async () => {
  prometheus = await startPrometheus({ backfill: withDepths(openMetrics([target], first + 4_000, scrapeMs)) });
}, 60_000);

afterAll(() => prometheus.dispose());

/** A cluster without rollouts, at the present time, with the real source. */
function clusterOfNow(): TestCluster {
  const cluster = testCluster();
  cluster.clock.pass(Date.now() - dawn);
  const source = { url: prometheus.url, timeoutMs: 10_000 };
  cluster.managed.metrics = prometheusMetrics(source);
  cluster.managed.gauge = prometheusGauge(source);
  return cluster;
}

function replay(words: string, cluster = clusterOfNow()) {
  return cluster.run(`replay ${words} --from ${from} --to ${to} --prometheus-url ${prometheus.url}`);
}

describe('a replay of a real past', () => {
  test('promotes a release that was like stable, step by step', async () => {
    const { code, out } = await replay('cart --canary cart-v2 --stable cart-v1');

    expect(code).toBe(0);
    expect(out.match(/ step passed: /g)).toHaveLength(3);
    expect(out).toMatch(/It would have been promoted after \d+m/);
    expect(out).toContain('the canary received 25% of the requests');
  });

  test('rolls back, with its reason, minutes after the release began to fail, and not before', async () => {
    const cluster = clusterOfNow();
    cluster.files['policy.yaml'] = 'kind: CanaryPolicy\nspec: {steps: [10, 100], bake: 1h, maxBake: 2h}\n';

    const { out } = await replay(
      'cart --canary cart-v3 --stable cart-v1 -f policy.yaml -o json --html page.html',
      cluster,
    );

    const record = JSON.parse(out);
    expect(record.end).toMatchObject({ kind: 'rolledBack', reason: 'ErrorRateWorse', step: 1 });
    const broken = first + brokenAt * scrapeMs;
    const ended = Date.parse(record.end.time);
    expect(ended).toBeGreaterThan(broken);
    expect(ended).toBeLessThan(broken + 180_000);
    expect(cluster.files['page.html']).toContain('margin of the step');
  });

  test('tells a workload from what it was before', async () => {
    const at = new Date(first + brokenAt * scrapeMs).toISOString();
    const { code, out } = await replay(`cart-v3 --split-at ${at}`);

    expect(code).toBe(0);
    expect(out).toMatch(/rolled back: .* canary requests failed against .* of stable/);
    expect(out).toMatch(/It would have been rolled back after \S+ at 10% \(step 1 of 4\): ErrorRateWorse\./);
  });

  test('asks custom gates for what was true then, and goes back by them alone', async () => {
    const cluster = clusterOfNow();
    cluster.files['policy.yaml'] = [
      'kind: CanaryPolicy',
      'spec:',
      '  steps: [10, 100]',
      '  bake: 1h',
      '  maxBake: 2h',
      '  gates:',
      '    - name: slots-of-work',
      '      query: max(depth{workload="{{canary}}"})',
      '      max: 5',
      '    - name: beside-stable',
      '      compare:',
      '        canary: depth{workload="{{canary}}"}',
      '        stable: depth{workload="{{stable}}"}',
      '        maxIncrease: 2',
      '      shadow: true',
      '    - name: refused',
      '      query: nonsense(',
      '      max: 1',
      '      shadow: true',
      '',
    ].join('\n');

    const { out } = await replay('cart --canary cart-v2 --stable cart-v1 -f policy.yaml -o json', cluster);

    const { end, looks } = JSON.parse(out);
    expect(end).toMatchObject({ kind: 'rolledBack', reason: 'OutsideLimit', step: 1 });
    expect(end.message).toBe('slots-of-work is 8, above its limit of 5, in 2 looks in a row.');
    const deep = first + 4_000 + brokenAt * scrapeMs;
    expect(Date.parse(end.time)).toBeGreaterThan(deep);
    expect(Date.parse(end.time)).toBeLessThanOrEqual(deep + 3 * scrapeMs);
    const last = new Map(looks.at(-1).verdicts.map((said: { gate: string }) => [said.gate, said]));
    expect(last.get('custom/beside-stable')).toMatchObject({ verdict: 'fail', shadow: true });
    expect(last.get('custom/refused')).toMatchObject({ verdict: 'sourceDown', shadow: true });
  });

  test('says that a name is not known', async () => {
    const { code, err } = await replay('cart --canary cart-v9 --stable cart-v1');

    expect(code).toBe(8);
    expect(err).toContain('Prometheus knows no requests to cart-v9 in namespace shop');
  });
});
