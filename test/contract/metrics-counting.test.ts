// What is counted from a past that Prometheus holds, scrape by scrape. Slots are 15 s wide and scrapes 15 s apart.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prometheusMetrics } from '../../src/adapters/prometheus/metrics.ts';
import type { PodAge } from '../../src/adapters/prometheus/young-pods.ts';
import type { Slot, SlotReading, Subject } from '../../src/domain/evidence.ts';
import { startPrometheus, type TestPrometheus } from '../support/prometheus.ts';
import { aSubject, each, origin, slotMs, slotOf, targets } from './metrics-counting-past.ts';
import { openMetrics } from './metrics-samples.ts';

let prometheus: TestPrometheus;

beforeAll(async () => {
  prometheus = await startPrometheus({ backfill: openMetrics(targets, origin + 4_000, slotMs) });
}, 60_000);

afterAll(() => prometheus.dispose());

type DataReading = SlotReading & { kind: 'data' };

async function read(subject: Subject, slot: Slot, podAge?: PodAge): Promise<DataReading> {
  const metrics = prometheusMetrics({
    url: prometheus.url,
    timeoutMs: 10_000,
    ...(podAge === undefined ? {} : { podAge }),
  });
  const reading = await metrics.read(slot, [subject]);
  if (reading.kind === 'sourceDown') throw new Error(reading.message);
  return reading;
}

function counts(reading: DataReading): readonly (readonly [string, number])[] {
  const named = reading.requests.map((row) => [`${row.reporter} ${row.workload} ${row.code}`, row.count] as const);
  return named.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The sum over all slots, and how many of them were unreadable. */
async function overAll(subject: Subject, podAge?: PodAge): Promise<{ requests: number; unreadable: number }> {
  const readings = await Promise.all(each((index) => read(subject, slotOf(index), podAge)));
  return {
    requests: readings.flatMap(({ requests }) => requests).reduce((sum, { count }) => sum + count, 0),
    unreadable: readings.filter(({ unreadable }) => unreadable.length > 0).length,
  };
}

describe('New and reset counters', () => {
  test('five new series that are born at one count five, once', async () => {
    const inSlot = await read(aSubject('sparse'), slotOf(6));
    const later = await read(aSubject('sparse'), slotOf(7));

    expect(counts(inSlot)).toEqual([['source sparse-v2 503', 5]]);
    expect(counts(later)).toEqual([['source sparse-v2 503', 0]]);
    expect(inSlot.unreadable).toEqual([]);
  });

  test('a counter that was reset counts what is there now', async () => {
    const before = await read(aSubject('reset'), slotOf(5));
    const reset = await read(aSubject('reset'), slotOf(6));
    const after = await read(aSubject('reset'), slotOf(7));

    expect([before, reset, after].map((reading) => counts(reading)[0]?.[1])).toEqual([10, 7, 1]);
  });
});

describe('Targets without a record of their scrapes', () => {
  test('still count growth and resets; only what is new there cannot be told', async () => {
    const readings = await Promise.all([0, 5, 6, 7].map((index) => read(aSubject('federated'), slotOf(index))));

    expect(readings.map((reading) => counts(reading)[0]?.[1])).toEqual([undefined, 10, 7, 1]);
    expect(readings.map(({ unreadable }) => unreadable.length)).toEqual([1, 0, 0, 0]);
  });
});

describe('Scrapes that are missing', () => {
  test('do not make a target unseen that was scraped just before', async () => {
    const reading = await read(aSubject('blinked'), slotOf(6));

    expect(counts(reading)).toEqual([['source blinked-v2 200', 4]]);
    expect(reading.unreadable).toEqual([]);
  });

  test('requests of a missed scrape are counted once, with the next one', async () => {
    const readings = await Promise.all([5, 6, 7, 8].map((index) => read(aSubject('missed'), slotOf(index))));

    expect(readings.map((reading) => counts(reading)[0]?.[1])).toEqual([10, 0, 20, 10]);
  });

  test('a gap gives no rows at all, and what follows it is no lifetime of requests', async () => {
    const within = await Promise.all([6, 7, 8].map((index) => read(aSubject('gap'), slotOf(index))));
    const behind = await read(aSubject('gap'), slotOf(9));
    const later = await read(aSubject('gap'), slotOf(10));

    expect(within.map(({ requests }) => requests)).toEqual([[], [], []]);
    expect(behind.requests).toEqual([]);
    expect(behind.unreadable).toEqual([
      { reporter: 'source', workload: 'gap-v2', namespace: 'shop', service: 'cart.shop.svc.cluster.local' },
    ]);
    expect(counts(later)).toEqual([['source gap-v2 200', 1_000]]);
  });

  test('the last requests of a pod that left are counted, and it leaves no lifetime behind', async () => {
    const readings = await Promise.all([6, 7, 8, 9].map((index) => read(aSubject('leaving'), slotOf(index))));

    expect(readings.map((reading) => counts(reading)[0]?.[1])).toEqual([10, 0, undefined, undefined]);
  });
});

describe('A target nobody had scraped before, with a large counter', () => {
  const born = slotOf(6);

  test('is unreadable when its pod is older than the slot reaches back', async () => {
    const reading = await read(aSubject('unseen'), born, async () => born.start - slotMs - 1);

    expect(reading.unreadable.map(({ workload }) => workload)).toEqual(['unseen-v2']);
    expect(counts(reading)).toEqual([['source unseen-v1 200', 0]]);
  });

  test('is counted from zero when its pod is young', async () => {
    const asked: string[] = [];
    const reading = await read(aSubject('unseen'), born, async (namespace, pod) => {
      asked.push(`${namespace}/${pod}`);
      return born.start - slotMs;
    });

    expect(asked).toEqual(['shop/unseen']);
    expect(reading.unreadable).toEqual([]);
    expect(counts(reading)).toContainEqual(['source unseen-v2 200', 5_006]);
  });

  test.each([
    ['nobody knows its pod', async () => undefined],
    ['asking for its pod fails', () => Promise.reject(new Error('forbidden'))],
  ] satisfies [string, PodAge][])('is unreadable when %s', async (_, podAge) => {
    const reading = await read(aSubject('unseen'), born, podAge);

    expect(reading.unreadable).toHaveLength(1);
  });

  test('is unreadable when it is an old pod under new labels, although its address was scraped', async () => {
    const reading = await read(aSubject('relabelled'), born, async () => origin - 3_600_000);
    const later = await read(aSubject('relabelled'), slotOf(7));

    expect(counts(reading)).toEqual([]);
    expect(reading.unreadable.map(({ workload }) => workload)).toEqual(['relabelled-v2']);
    expect(counts(later)).toEqual([['source relabelled-v2 200', 1]]);
  });
});

describe('What belongs to a subject', () => {
  test('rows keep every label a verdict needs, stand at zero without new requests, and name no other workload or service', async () => {
    const reading = await read(aSubject('kinds'), slotOf(7));

    expect(counts(reading)).toEqual([
      ['destination kinds-v2 200', 5],
      ['source kinds-v1 200', 9],
      ['source kinds-v2 0', 1],
      ['source kinds-v2 200', 2],
      ['source kinds-v2 404', 0],
      ['source unknown 503', 4],
    ]);
    expect(reading.requests).toContainEqual({
      reporter: 'source',
      workload: 'kinds-v2',
      namespace: 'shop',
      service: 'cart.shop.svc.cluster.local',
      protocol: 'grpc',
      code: '200',
      grpcStatus: '14',
      flags: '-',
      count: 2,
    });
  });

  test('latency is read only when asked for, with bounds as numbers however they are spelled', async () => {
    const without = await read(aSubject('slow'), slotOf(7));
    const reading = await read(aSubject('slow', { latency: true }), slotOf(7));

    const bounds = reading.latency.map(({ bound, count }) => [bound, count]);
    expect(without.latency).toEqual([]);
    expect(without.queries.latency).toBeUndefined();
    expect(bounds.sort(([a = 0], [b = 0]) => a - b)).toEqual([
      [250, 10],
      [500, 18],
      [Number.POSITIVE_INFINITY, 20],
    ]);
  });

  test('a counter that is no number is unreadable, not zero', async () => {
    const reading = await read(aSubject('odd'), slotOf(6));

    expect(reading.requests).toEqual([]);
    expect(reading.unreadable.map(({ workload }) => workload)).toEqual(['odd-v1', 'odd-v2']);
  });

  test('two hundred workloads are asked for in one query', async () => {
    const many = Array.from({ length: 99 }, (_, index) => aSubject(`a-service-with-a-rather-long-name-${index}`));
    const metrics = prometheusMetrics({ url: prometheus.url, timeoutMs: 10_000 });

    const reading = await metrics.read(slotOf(7), [...many, aSubject('reset')]);

    expect(reading.kind === 'data' && reading.requests.map(({ count }) => count)).toEqual([1]);
  });
});

describe('The share from outside the mesh', () => {
  const over = (from: number, to: number): Slot => ({ start: slotOf(from).start, end: slotOf(to).end });
  const shareOf = (name: string, slot: Slot): Promise<number | undefined> =>
    prometheusMetrics({ url: prometheus.url, timeoutMs: 10_000 }).unmeshed(slot, aSubject(name));

  test('is what the pods received in plain text from clients that no sidecar names', async () => {
    expect(await shareOf('mixed', over(4, 8))).toBeCloseTo(0.03, 10);
  });

  test('counts the pods of stable and of the canary together', async () => {
    expect(await shareOf('mixed', over(9, 10))).toBeCloseTo((6 + 1_000) / (200 + 1_000), 10);
  });

  test('is zero where all are in the mesh, and unknown where nothing was asked or nothing is known', async () => {
    const shares = await Promise.all(['kinds', 'quiet', 'silent'].map((name) => shareOf(name, over(4, 8))));

    expect(shares).toEqual([0, undefined, undefined]);
  });
});

describe('The sum over all slots', () => {
  test.each([
    ['sparse', 5],
    ['reset', 50 + 7 + 13],
    ['missed', 190],
    ['leaving', 60],
    ['kinds', 19 * (9 + 2 + 1 + 4 + 5)],
  ])('of %s is what its proxies counted', async (name, total) => {
    const sum = await overAll(aSubject(name));

    expect(sum.requests).toBe(total);
  });
});
