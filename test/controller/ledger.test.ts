import { describe, expect, test } from 'vitest';
import { memoryMetrics } from '../../src/adapters/memory/metrics.ts';
import { evidenceLedger, type LedgerOptions } from '../../src/controller/ledger.ts';
import type { Metrics } from '../../src/controller/ports.ts';
import type { Subject } from '../../src/domain/evidence.ts';

const slotMs = 15_000;
const lagMs = 15_000;
const origin = 1_000_000 * slotMs;

function aSubject(name: string): Subject {
  return {
    namespace: 'shop',
    stable: `${name}-v1`,
    canary: `${name}-v2`,
    services: [`${name}.shop.svc`],
    latency: false,
  };
}

/** A ledger over a memory source, with a clock that is set by hand. */
function aWorld(more: Partial<LedgerOptions> = {}) {
  const metrics = memoryMetrics();
  const clock = { at: origin, now: () => clock.at };
  const live: Subject[] = [];
  const ledger = evidenceLedger({ metrics, clock, subjects: () => live, slotMs, lagMs, ...more });
  return { metrics, clock, live, ledger, ends: () => metrics.reads.map(({ slot }) => (slot.end - origin) / slotMs) };
}

describe('Readings since', () => {
  test('are the slots that ended at least a scrape interval ago, in order, and each on the grid', async () => {
    const { ledger, clock } = aWorld();
    clock.at = origin + 4 * slotMs - 1;

    const { readings, rebasedFrom } = await ledger.readingsSince(origin, aSubject('cart'));

    expect(readings.map(({ slot }) => slot)).toEqual([
      { start: origin, end: origin + slotMs },
      { start: origin + slotMs, end: origin + 2 * slotMs },
    ]);
    expect(rebasedFrom).toBeUndefined();
  });

  test('begin at the first grid line when what was counted ends between two', async () => {
    const { ledger, clock } = aWorld();
    clock.at = origin + 4 * slotMs;

    const { readings } = await ledger.readingsSince(origin + 1, aSubject('cart'));

    expect(readings.map(({ slot }) => slot.start)).toEqual([origin + slotMs, origin + 2 * slotMs]);
  });

  test('are none when no new slot has ended', async () => {
    const { ledger, clock, ends } = aWorld();
    clock.at = origin + 2 * slotMs;

    const { readings } = await ledger.readingsSince(origin + slotMs, aSubject('cart'));

    expect(readings).toEqual([]);
    expect(ends()).toEqual([]);
  });

  test('carry the rows that the source gives', async () => {
    const { ledger, clock, metrics } = aWorld();
    const row = { protocol: 'http', code: '200', grpcStatus: '', flags: '-', service: 'cart.shop.svc' };
    metrics.serve({
      ...row,
      reporter: 'source',
      workload: 'cart-v2',
      namespace: 'shop',
      count: 3,
      at: origin + 1,
      millis: 5,
    });
    clock.at = origin + 2 * slotMs;

    const { readings } = await ledger.readingsSince(origin, aSubject('cart'));

    expect(readings).toMatchObject([{ kind: 'data', requests: [{ workload: 'cart-v2', count: 3 }] }]);
  });
});

describe('A slot', () => {
  test('is read once for all rollouts under way, however many ask and however often', async () => {
    const { ledger, clock, live, metrics } = aWorld();
    live.push(...Array.from({ length: 90 }, (_, index) => aSubject(`s${index}`)));
    clock.at = origin + 2 * slotMs;

    await Promise.all(live.map((subject) => ledger.readingsSince(origin, subject)));
    await ledger.readingsSince(origin, aSubject('s7'));

    expect(metrics.reads).toHaveLength(1);
    expect(metrics.reads[0]?.subjects).toHaveLength(90);
  });

  test('is read in shards of at most two hundred workloads', async () => {
    const { ledger, clock, live, metrics } = aWorld();
    live.push(...Array.from({ length: 250 }, (_, index) => aSubject(`s${index}`)));
    clock.at = origin + 2 * slotMs;

    await Promise.all(live.map((subject) => ledger.readingsSince(origin, subject)));

    expect(metrics.reads.map(({ subjects }) => subjects.length).sort((a, b) => a - b)).toEqual([50, 100, 100]);
  });

  test('is read apart for a rollout that was not there when it was first read', async () => {
    const { ledger, clock, live, metrics } = aWorld();
    live.push(aSubject('early'));
    clock.at = origin + 2 * slotMs;
    await ledger.readingsSince(origin, aSubject('early'));

    await ledger.readingsSince(origin, aSubject('late'));
    await ledger.readingsSince(origin, aSubject('late'));

    expect(metrics.reads.map(({ subjects }) => subjects.map(({ canary }) => canary))).toEqual([
      ['early-v2'],
      ['late-v2'],
    ]);
  });

  test('includes who asks, also when the list of rollouts does not', async () => {
    const { ledger, clock, live, metrics } = aWorld();
    live.push(aSubject('other'));
    clock.at = origin + 2 * slotMs;

    await ledger.readingsSince(origin, aSubject('cart'));

    expect(metrics.reads.map(({ subjects }) => subjects.map(({ canary }) => canary))).toEqual([
      ['cart-v2', 'other-v2'],
    ]);
  });
});

describe('A source that is down', () => {
  test('ends the readings with the slot that could not be read, and a failing shard touches only its own', async () => {
    const working = memoryMetrics();
    const failing: Metrics = {
      unmeshed: () => Promise.resolve(undefined),
      read: (slot, subjects) =>
        subjects.some(({ canary }) => canary === 's0-v2') && slot.start > origin
          ? Promise.resolve({ kind: 'sourceDown', slot, message: 'Too slow.' })
          : working.read(slot, subjects),
    };
    const live = Array.from({ length: 150 }, (_, index) => aSubject(`s${index}`));
    const { ledger, clock } = aWorld({ metrics: failing, subjects: () => live });
    clock.at = origin + 6 * slotMs;

    const hit = await ledger.readingsSince(origin, aSubject('s0'));
    const spared = await ledger.readingsSince(origin, aSubject('s99'));

    expect(hit.readings.map(({ kind }) => kind)).toEqual(['data', 'sourceDown']);
    expect(spared.readings.map(({ kind }) => kind)).toEqual(['data', 'data', 'data', 'data', 'data']);
  });

  test('is asked again after a slot, not at every call', async () => {
    const { ledger, clock, metrics } = aWorld();
    metrics.stop('Prometheus is away.');
    clock.at = origin + 2 * slotMs;
    await ledger.readingsSince(origin, aSubject('cart'));

    clock.at += slotMs / 3;
    const soon = await ledger.readingsSince(origin, aSubject('cart'));
    const readsSoon = metrics.reads.length;
    metrics.start();
    clock.at += slotMs;
    const later = await ledger.readingsSince(origin, aSubject('cart'));

    expect(soon.readings.map(({ kind }) => kind)).toEqual(['sourceDown']);
    expect(readsSoon).toBe(1);
    expect(later.readings.map(({ kind }) => kind)).toEqual(['data', 'data']);
  });
});

describe('Catching up', () => {
  test('takes at most so many slots per call, the oldest first, and goes on with the next', async () => {
    const { ledger, clock } = aWorld({ slotsPerCall: 10 });
    clock.at = origin + 26 * slotMs;

    const first = await ledger.readingsSince(origin, aSubject('cart'));
    const second = await ledger.readingsSince(first.readings.at(-1)?.slot.end ?? 0, aSubject('cart'));

    expect([first.readings.length, second.readings.length]).toEqual([10, 10]);
    expect(second.readings[0]?.slot.start).toBe(origin + 10 * slotMs);
  });

  test('reaches back an hour; beyond it is re-based, and said', async () => {
    const { ledger, clock } = aWorld();
    clock.at = origin + 1_000 * slotMs;

    const { readings, rebasedFrom } = await ledger.readingsSince(origin, aSubject('cart'));

    expect(rebasedFrom).toBe(origin);
    expect(readings).toHaveLength(240);
    expect(readings[0]?.slot.start).toBe(clock.at - lagMs - 3_600_000);
  });

  test('forgets slots that are too old, and reads them anew only when they are asked for', async () => {
    const { ledger, clock, ends } = aWorld({ keepMs: 4 * slotMs });
    clock.at = origin + 3 * slotMs;
    await ledger.readingsSince(origin, aSubject('cart'));
    clock.at = origin + 5 * slotMs;
    await ledger.readingsSince(origin, aSubject('cart'));

    clock.at = origin + 7 * slotMs;
    await ledger.readingsSince(origin + 5 * slotMs, aSubject('cart'));
    await ledger.readingsSince(origin + 2 * slotMs, aSubject('cart'));

    expect(ends()).toEqual([1, 2, 3, 4, 6, 5]);
  });
});

describe('Memory', () => {
  test('holds so many rows at most: older slots are let go and read again when somebody asks', async () => {
    const row = {
      reporter: 'source',
      workload: 'w',
      namespace: 'n',
      service: 's',
      protocol: 'http',
      code: '200',
    } as const;
    const requests = Array.from({ length: 40_000 }, () => ({ ...row, grpcStatus: '', flags: '-', count: 1 }));
    const reads: number[] = [];
    const huge: Metrics = {
      unmeshed: () => Promise.resolve(undefined),
      async read(slot) {
        reads.push((slot.end - origin) / slotMs);
        return { kind: 'data', slot, requests, latency: [], unreadable: [], queries: { requests: '' } };
      },
    };
    const live = [aSubject('a'), aSubject('b')];
    const { ledger, clock } = aWorld({ metrics: huge, subjects: () => live });
    clock.at = origin + 6 * slotMs;

    await ledger.readingsSince(origin, aSubject('a'));
    await ledger.readingsSince(origin, aSubject('b'));

    expect(reads).toEqual([1, 2, 3, 4, 5, 1, 2, 3]);
  });
});

describe('The time before', () => {
  test('is one wide reading for the subject alone, which ends where it can be read by now', async () => {
    const { ledger, clock, live, metrics } = aWorld();
    live.push(aSubject('other'));
    clock.at = origin + 100 * slotMs;

    await ledger.before(clock.at, 300_000, aSubject('cart'));
    await ledger.before(origin, 300_000, aSubject('cart'));

    expect(metrics.reads.map(({ slot }) => slot)).toEqual([
      { start: clock.at - lagMs - 300_000, end: clock.at - lagMs },
      { start: origin - 300_000, end: origin },
    ]);
    expect(metrics.reads[0]?.subjects).toEqual([aSubject('cart')]);
  });
});

describe('Shown queries', () => {
  test('are those of the subject alone where the source can tell them', async () => {
    const { ledger, clock } = aWorld({ queries: (_, subject) => ({ requests: `requests of ${subject.canary}` }) });
    clock.at = origin + 2 * slotMs;

    const { readings } = await ledger.readingsSince(origin, aSubject('cart'));

    expect(readings).toMatchObject([{ queries: { requests: 'requests of cart-v2' } }]);
  });
});
