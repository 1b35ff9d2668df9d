// Metrics kept in memory, for tests of what is made of them.
import type { Metrics } from '../../controller/ports.ts';
import type { LatencyRow, RequestRow, Slot, SlotReading, Subject } from '../../domain/evidence.ts';
import type { Instant } from '../../domain/time.ts';

/** Requests of one kind that ended at one moment. */
interface Served extends RequestRow {
  readonly at: Instant;
  /** How long each of them took. */
  readonly millis: number;
}

/** A metrics source whose past is told to it. */
export interface MemoryMetrics extends Metrics {
  /** Counts requests. Each kind has rows from its first request on, of zero in slots without any. */
  serve(served: Served): void;
  /** Forgets a stretch of time: slots that overlap it have no rows, and its requests are never counted. */
  gap(from: Instant, to: Instant): void;
  /** Every read is `sourceDown` with this sentence, until `start`. */
  stop(message: string): void;
  start(): void;
  /** The share of every workload's requests that comes from outside the mesh; none until said. */
  outside(share: number | undefined): void;
  /** The slots read so far, in order. */
  readonly reads: readonly { readonly slot: Slot; readonly subjects: readonly Subject[] }[];
}

/** Requests of one kind in one slot. */
type Counted = Omit<Served, 'at'>;

/** Requests that differ in nothing but when they ended. */
interface Kind {
  readonly of: Omit<Served, 'at' | 'count'>;
  readonly ended: { readonly at: Instant; readonly count: number }[];
}

const boundsMs = [1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, Number.POSITIVE_INFINITY];

/** A metrics source that has seen nothing yet. */
export function memoryMetrics(): MemoryMetrics {
  const kinds = new Map<string, Kind>();
  const gaps: { readonly from: Instant; readonly to: Instant }[] = [];
  const reads: { slot: Slot; subjects: readonly Subject[] }[] = [];
  let outage: string | undefined;
  let unmeshed: number | undefined = 0;
  return {
    reads,
    serve({ at, count, ...of }) {
      const key = JSON.stringify(of);
      const kind = kinds.get(key) ?? { of, ended: [] };
      kind.ended.push({ at, count });
      kinds.set(key, kind);
    },
    gap: (from, to) => void gaps.push({ from, to }),
    stop: (message) => {
      outage = message;
    },
    start: () => {
      outage = undefined;
    },
    outside: (share) => {
      unmeshed = share;
    },
    unmeshed: async () => (outage === undefined ? unmeshed : undefined),
    async read(slot, subjects) {
      reads.push({ slot, subjects });
      if (outage !== undefined) return { kind: 'sourceDown', slot, message: outage };
      const lost = gaps.some(({ from, to }) => from < slot.end && to > slot.start);
      return readingOf(lost ? [] : [...kinds.values()].flatMap((kind) => servedBy(kind, slot)), slot, subjects);
    },
  };
}

/** What a slot has of the kind; nothing before its first request. */
function servedBy({ of, ended }: Kind, { start, end }: Slot): readonly Counted[] {
  const known = ended.filter(({ at }) => at <= end);
  if (known.length === 0) return [];
  return [{ ...of, count: known.reduce((sum, { at, count }) => sum + (at > start ? count : 0), 0) }];
}

function readingOf(past: readonly Counted[], slot: Slot, subjects: readonly Subject[]): SlotReading {
  const known = past.filter((served) => subjects.some((subject) => isAsked(served, subject)));
  const timed = past.filter((served) => subjects.some((subject) => subject.latency && isServedBy(served, subject)));
  const requests = sum(known.map(rowOf));
  const latency = sum(timed.flatMap(bucketsOf));
  const queries = latency.length === 0 ? { requests: 'memory' } : { requests: 'memory', latency: 'memory' };
  return { kind: 'data', slot, requests, latency, unreadable: [], queries };
}

function rowOf({ reporter, workload, namespace, service, ...outcome }: Counted): RequestRow {
  const { protocol, code, grpcStatus, flags, count } = outcome;
  return { reporter, workload, namespace, service, protocol, code, grpcStatus, flags, count };
}

function isServedBy(served: Counted, { namespace, stable, canary }: Subject): boolean {
  return served.namespace === namespace && (served.workload === stable || served.workload === canary);
}

function isAsked(served: Counted, subject: Subject): boolean {
  const unattributed = served.workload === 'unknown' && served.reporter !== 'destination';
  return isServedBy(served, subject) || (unattributed && subject.services.includes(served.service));
}

function bucketsOf({ reporter, workload, namespace, millis, count }: Counted): readonly LatencyRow[] {
  return boundsMs.map((bound) => ({ reporter, workload, namespace, bound, count: millis <= bound ? count : 0 }));
}

function sum<Row extends RequestRow | LatencyRow>(rows: readonly Row[]): readonly Row[] {
  const sums = new Map<string, Row>();
  for (const row of rows) {
    const key = JSON.stringify({ ...row, bound: 'bound' in row ? String(row.bound) : '', count: 0 });
    sums.set(key, { ...row, count: row.count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}
