// The metrics contract on the memory adapter and on a real Prometheus, and what only a real one can show.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memoryMetrics } from '../../src/adapters/memory/metrics.ts';
import { prometheusMetrics } from '../../src/adapters/prometheus/metrics.ts';
import { gridAfter, type Slot } from '../../src/domain/evidence.ts';
import { eventually } from '../support/eventually.ts';
import { startPrometheus, type TestPrometheus } from '../support/prometheus.ts';
import { aRow, type MetricsWorld, metricsContract, readData, subjectNamed } from './metrics.ts';
import { type Exporter, startExporter } from './metrics-exporter.ts';

const slotMs = 2_000;
const lagMs = 1_000;

metricsContract('memory', async () => {
  const metrics = memoryMetrics();
  let now = 1_000_000_000_000;
  return {
    metrics,
    serve: (row, millis) => metrics.serve({ ...row, millis, at: now + 1 }),
    receive: (_workload, { all, outside }) => metrics.outside(outside / all),
    async settle() {
      const slot = { start: now, end: now + slotMs };
      now = slot.end;
      return [slot];
    },
    stop: async () => metrics.stop('The source is away.'),
    start: async () => metrics.start(),
    dispose: async () => undefined,
  };
});

metricsContract('Prometheus', async () => {
  const exporter = await startExporter();
  exporter.addPod('gateway');
  const prometheus = await startPrometheus({ scrape: exporter.scrape });
  await eventually('the first scrapes', async () => exporter.scrapesOf('gateway') > 2);
  const settle = settling();
  return {
    metrics: prometheusMetrics({ url: prometheus.url, timeoutMs: 5_000 }),
    serve: (row, millis) => exporter.count('gateway', row, millis),
    receive(workload, { all, outside }) {
      const row = aRow({ reporter: 'destination', workload });
      const meshed = { connection_security_policy: 'mutual_tls', source_workload: 'cart' };
      const unmeshed = { connection_security_policy: 'none', source_workload: 'unknown' };
      exporter.count('gateway', { ...row, count: all - outside }, 10, meshed);
      exporter.count('gateway', { ...row, count: outside }, 10, unmeshed);
    },
    settle,
    stop: () => prometheus.stop(),
    start: () => prometheus.start(),
    async dispose() {
      await prometheus.dispose();
      await exporter.dispose();
    },
  } satisfies MetricsWorld;
});

/** Real slots: waits until what was counted by now has been scraped and its slot may be read. */
function settling(): () => Promise<readonly Slot[]> {
  let from = gridAfter(Date.now(), slotMs);
  return async () => {
    const end = gridAfter(Math.max(Date.now() + lagMs, from + 1), slotMs);
    await until(end + lagMs);
    const slots = Array.from({ length: (end - from) / slotMs }, (_, index) => ({
      start: from + index * slotMs,
      end: from + (index + 1) * slotMs,
    }));
    from = end;
    return slots;
  };
}

async function until(at: number): Promise<void> {
  while (Date.now() < at) await pause(Math.max(1, at - Date.now()));
}

describe('Prometheus that scrapes proxies', () => {
  let exporter: Exporter;
  let prometheus: TestPrometheus;

  beforeAll(async () => {
    exporter = await startExporter();
    for (const pod of ['client-1', 'client-2', 'cart-v2-a']) exporter.addPod(pod);
    prometheus = await startPrometheus({ scrape: exporter.scrape });
    await eventually('the first scrapes', async () => exporter.scrapesOf('cart-v2-a') > 2);
  });

  afterAll(async () => {
    await prometheus.dispose();
    await exporter.dispose();
  });

  test('adds up to what the proxies counted, through restarts, new codes and new pods', async () => {
    const settle = settling();
    const created = new Map<string, number>();
    const metrics = prometheusMetrics({
      url: prometheus.url,
      timeoutMs: 5_000,
      podAge: async (_, pod) => created.get(pod),
    });
    let counted = 0;
    function count(pod: string, code: string, requests: number): void {
      exporter.count(pod, aRow({ workload: 'cart-v2', code, count: requests }), 10);
      counted += requests;
    }
    async function scraped(pod: string): Promise<void> {
      const before = exporter.scrapesOf(pod);
      await eventually(`two scrapes of ${pod}`, async () => exporter.scrapesOf(pod) >= before + 2);
    }
    await settle();

    count('client-1', '200', 1_000);
    count('client-2', '503', 1);
    await scraped('client-1');
    exporter.restart('client-1');
    count('client-1', '200', 30);
    count('client-1', '500', 5);
    count('client-3', '200', 77);
    await scraped('client-3');
    // Prometheus takes seconds to discover a target; the pod shall have been created shortly before its first scrape.
    created.set('client-3', Date.now() - slotMs);
    count('client-2', '200', 11);
    count('client-3', '503', 2);
    const slots = await settle();
    const readings = await Promise.all(slots.map((slot) => readData(metrics, slot, subjectNamed('cart'))));

    const sum = readings.flatMap(({ requests }) => requests).reduce((all, row) => all + row.count, 0);
    expect(sum).toBe(counted);
    expect(readings.flatMap(({ unreadable }) => unreadable)).toEqual([]);
  });

  test('that hangs is down once the time-out is over', async () => {
    const slot = { start: gridAfter(Date.now(), slotMs) - 10_000, end: gridAfter(Date.now(), slotMs) - 8_000 };
    const metrics = prometheusMetrics({ url: prometheus.url, timeoutMs: 300 });
    prometheus.pause();
    const reading = await metrics.read(slot, [subjectNamed('cart')]);
    prometheus.resume();

    expect(reading).toMatchObject({
      kind: 'sourceDown',
      message: expect.stringContaining('did not answer within 300ms'),
    });
  });

  test('refuses a query that is none in words that say so', async () => {
    const slot = { start: 0, end: 0.5 };
    const reading = await prometheusMetrics({ url: prometheus.url, timeoutMs: 5_000 }).read(slot, [
      subjectNamed('cart'),
    ]);

    expect(reading).toMatchObject({ kind: 'sourceDown', message: expect.stringContaining('answered 400 (bad_data)') });
  });
});
