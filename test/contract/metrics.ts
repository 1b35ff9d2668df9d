// What every metrics source owes, whatever is behind it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Metrics } from '../../src/controller/ports.ts';
import type { RequestRow, Slot, SlotReading, Subject } from '../../src/domain/evidence.ts';

/** A metrics source whose proxies the suite can make count. */
export interface MetricsWorld {
  readonly metrics: Metrics;
  /** Counts requests at a proxy, now. */
  serve(row: RequestRow, millis: number): void;
  /** Lets the workload's own proxies count requests, this many of them from clients without a sidecar. */
  receive(workload: string, requests: { readonly all: number; readonly outside: number }): void;
  /** Lets the slot end in which everything served so far was counted; gives all slots since the last time, once they can be read. */
  settle(): Promise<readonly Slot[]>;
  /** Makes the source unreadable, and readable again. */
  stop(): Promise<void>;
  start(): Promise<void>;
  dispose(): Promise<void>;
}

type DataReading = SlotReading & { kind: 'data' };

/** A row of one successful request to stable, as the client saw it, unless said otherwise. */
export function aRow(more: Partial<RequestRow>): RequestRow {
  return {
    reporter: 'source',
    workload: 'cart-v1',
    namespace: 'shop',
    service: 'cart.shop.svc.cluster.local',
    protocol: 'http',
    code: '200',
    grpcStatus: '',
    flags: '-',
    count: 1,
    ...more,
  };
}

/** A rollout of `<name>-v1` to `<name>-v2`. */
export function subjectNamed(name: string, more: Partial<Subject> = {}): Subject {
  const services = [`${name}.shop.svc.cluster.local`];
  return { namespace: 'shop', stable: `${name}-v1`, canary: `${name}-v2`, services, latency: false, ...more };
}

/** Reads a slot, and fails the test when it cannot be read. */
export async function readData(metrics: Metrics, slot: Slot, ...subjects: readonly Subject[]): Promise<DataReading> {
  const reading = await metrics.read(slot, subjects);
  if (reading.kind === 'sourceDown') throw new Error(reading.message);
  return reading;
}

/** Runs the suite on a source of one kind. All tests share one past, because a real source counts in real time. */
export function metricsContract(name: string, open: () => Promise<MetricsWorld>): void {
  describe(`Metrics of ${name}`, () => {
    let world: MetricsWorld;
    let first: readonly Slot[];
    let second: readonly Slot[];

    beforeAll(async () => {
      world = await open();
      await world.settle();
      for (const [row, millis] of servedFirst) world.serve(row, millis);
      world.receive('open-v1', { all: 40, outside: 10 });
      first = await world.settle();
      world.serve(aRow({ ...failed, count: 2 }), 10);
      second = await world.settle();
    });

    afterAll(() => world.dispose());

    function readAll(slots: readonly Slot[], ...subjects: readonly Subject[]): Promise<readonly DataReading[]> {
      return Promise.all(slots.map((slot) => readData(world.metrics, slot, ...subjects)));
    }

    test('give every request once, in the slot it ended in, with all of its labels', async () => {
      const [before, after] = [await readAll(first, subjectNamed('once')), await readAll(second, subjectNamed('once'))];

      expect(total(before, aRow({ workload: 'once-v1' }))).toBe(7);
      expect(total(before, aRow(failed))).toBe(3);
      expect(total(after, aRow({ workload: 'once-v1' }))).toBe(0);
      expect(total(after, aRow(failed))).toBe(2);
    });

    test('keep a row of zero for what has been counted before, so that idle is told from vanished', async () => {
      const readings = await readAll(second, subjectNamed('idle'));

      expect(readings.at(-1)?.requests).toEqual([aRow({ workload: 'idle-v1', count: 0 })]);
    });

    test('give no rows for workloads that never had a request', async () => {
      const readings = await readAll([...first, ...second], subjectNamed('silent'));

      expect(readings.flatMap(({ requests }) => requests)).toEqual([]);
    });

    test('give failures without a workload for the services asked about, and no others', async () => {
      const readings = await readAll(first, subjectNamed('lost'));

      const services = new Set(readings.flatMap(({ requests }) => requests).map(({ service }) => service));
      expect([...services]).toEqual(['lost.shop.svc.cluster.local']);
      expect(total(readings, aRow({ ...lost, service: 'lost.shop.svc.cluster.local' }))).toBe(4);
    });

    test('keep reporters apart, and subjects together in one reading', async () => {
      const readings = await readAll(first, subjectNamed('pair'), subjectNamed('twin'));

      expect(total(readings, aRow({ workload: 'pair-v1' }))).toBe(5);
      expect(total(readings, aRow({ workload: 'pair-v1', reporter: 'destination' }))).toBe(6);
      expect(total(readings, aRow({ workload: 'twin-v2' }))).toBe(8);
    });

    test('count latencies up to each bound, and only for subjects that judge them', async () => {
      const readings = await readAll(first, subjectNamed('timed', { latency: true }), subjectNamed('untimed'));

      const rows = readings.flatMap(({ latency }) => latency);
      const within = (limit: number): number =>
        rows.filter(({ bound }) => bound === limit).reduce((sum, { count }) => sum + count, 0);
      expect([within(100), within(500), within(1_000), within(Number.POSITIVE_INFINITY)]).toEqual([9, 9, 10, 10]);
      expect(new Set(rows.map(({ workload }) => workload))).toEqual(new Set(['timed-v2']));
    });

    test('tell the share of requests that came from outside the mesh', async () => {
      const all = { start: first[0]?.start ?? 0, end: newest(first).end };

      expect(await world.metrics.unmeshed(all, subjectNamed('open'))).toBeCloseTo(0.25, 10);
    });

    test('say in a sentence that the source is down, without throwing, and read on afterwards', async () => {
      const slot = newest(second);
      await world.stop();
      const down = await world.metrics.read(slot, [subjectNamed('once')]);
      const share = await world.metrics.unmeshed(slot, subjectNamed('open'));
      await world.start();
      const back = await readData(world.metrics, slot, subjectNamed('once'));

      expect(down).toMatchObject({ kind: 'sourceDown', slot, message: expect.stringMatching(/^[A-Z].* .*\.$/) });
      expect(share).toBeUndefined();
      expect(back.slot).toEqual(slot);
    });
  });
}

const failed = { workload: 'once-v2', code: '503', flags: 'UF,URX' };
const lost = { workload: 'unknown', namespace: 'unknown', code: '503', flags: 'UH', count: 4 };
const servedFirst: readonly (readonly [RequestRow, number])[] = [
  [aRow({ workload: 'once-v1', count: 7 }), 10],
  [aRow({ ...failed, count: 3 }), 10],
  [aRow({ workload: 'idle-v1' }), 10],
  [aRow({ ...lost, service: 'lost.shop.svc.cluster.local' }), 0],
  [aRow({ ...lost, service: 'other.shop.svc.cluster.local' }), 0],
  [aRow({ workload: 'pair-v1', count: 5 }), 10],
  [aRow({ workload: 'pair-v1', reporter: 'destination', count: 6 }), 10],
  [aRow({ workload: 'twin-v2', count: 8 }), 10],
  [aRow({ workload: 'timed-v2', count: 9 }), 80],
  [aRow({ workload: 'timed-v2', count: 1 }), 700],
  [aRow({ workload: 'untimed-v2', count: 1 }), 700],
];

function newest(slots: readonly Slot[]): Slot {
  const slot = slots.at(-1);
  if (slot === undefined) throw new Error('No slot has ended.');
  return slot;
}

function total(readings: readonly DataReading[], like: RequestRow): number {
  const key = JSON.stringify({ ...like, count: 0 });
  return readings
    .flatMap(({ requests }) => requests)
    .filter((row) => JSON.stringify({ ...row, count: 0 }) === key)
    .reduce((sum, { count }) => sum + count, 0);
}
