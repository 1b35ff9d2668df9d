// Istio's metrics in Prometheus, read slot by slot.
import type { Metrics } from '../../controller/ports.ts';
import type { LatencyRow, RequestRow, Slot, SlotReading, Subject, UnreadableRow } from '../../domain/evidence.ts';
import type { Instant } from '../../domain/time.ts';
import { type Ask, type PrometheusOptions, prometheusClient } from './client.ts';
import { latencyQuery, requestsQuery, unmeshedQuery } from './query.ts';
import { latencyRows, type Rows, requestRows, unreadableOf } from './rows.ts';
import { type Pod, type PodAge, youngPods } from './young-pods.ts';

/**
 * Reads slots from Prometheus 2.42 or later. One query per metric family and read, whatever the number of subjects; the
 * caller keeps a read to about 200 workloads. Without `podAge` every newborn row on an unseen target is unreadable.
 */
export function prometheusMetrics(options: PrometheusOptions & { readonly podAge?: PodAge }): Metrics {
  const ask = prometheusClient(options);
  const young = (slot: Slot, pods: readonly Pod[]) => youngPods(slot, pods, options.podAge, options.timeoutMs);
  return {
    async read(slot, subjects) {
      if (subjects.length === 0) return { kind: 'data', slot, ...nothing, queries: { requests: '' } };
      const queries = { requests: requestsQuery(slot, subjects), latency: latencyQuery(slot, subjects) };
      const answer = await askBoth(ask, queries, slot.end);
      if (answer.kind === 'down') return { kind: 'sourceDown', slot, message: answer.message };
      const isYoung = await young(slot, [...answer.requests.newborn, ...answer.latency.newborn]);
      return readingOf(slot, shownQueries(queries), answer, isYoung);
    },
    async unmeshed(slot, subject) {
      const answer = await ask(unmeshedQuery(slot, subject), slot.end);
      const share = answer.kind === 'vector' ? answer.samples[0]?.value : undefined;
      return share !== undefined && Number.isFinite(share) ? share : undefined;
    },
  };
}

/** The queries that give the numbers of one subject alone, for showing behind a verdict. */
export function queriesFor(slot: Slot, subject: Subject): { readonly requests: string; readonly latency?: string } {
  return shownQueries({ requests: requestsQuery(slot, [subject]), latency: latencyQuery(slot, [subject]) });
}

const nothing = { requests: [], latency: [], unreadable: [] };

type Queries = { readonly requests: string; readonly latency: string | undefined };
type Families = { readonly requests: Rows<RequestRow>; readonly latency: Rows<LatencyRow> };
type Both = ({ readonly kind: 'rows' } & Families) | { readonly kind: 'down'; readonly message: string };

async function askBoth(ask: Ask, { requests, latency }: Queries, at: Instant): Promise<Both> {
  const none = { kind: 'vector' as const, samples: [] };
  const [first, second] = await Promise.all([ask(requests, at), latency === undefined ? none : ask(latency, at)]);
  if (first.kind === 'down') return first;
  if (second.kind === 'down') return second;
  return { kind: 'rows', requests: requestRows(first.samples), latency: latencyRows(second.samples) };
}

function readingOf(
  slot: Slot,
  queries: { readonly requests: string; readonly latency?: string },
  { requests, latency }: Families,
  isYoung: (pod: Pod) => boolean,
): SlotReading {
  const settled = { requests: settle(requests, isYoung), latency: settle(latency, isYoung) };
  const unreadable = [...settled.requests.unreadable, ...settled.latency.unreadable];
  return {
    kind: 'data',
    slot,
    requests: settled.requests.rows,
    latency: settled.latency.rows,
    unreadable: distinct(unreadable),
    queries,
  };
}

/** Takes newborn rows off, unless their pods are young, and lists them. A row of which nothing is left is no row. */
function settle<Row extends RequestRow | LatencyRow>(
  { counted, newborn, unreadable }: Rows<Row>,
  isYoung: (pod: Pod) => boolean,
): { readonly rows: readonly Row[]; readonly unreadable: readonly UnreadableRow[] } {
  const old = newborn.filter((each) => !isYoung(each)).map(({ row }) => row);
  const lost = Map.groupBy(old, keyOf);
  const byKind = [...Map.groupBy(counted, keyOf)].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = byKind.flatMap(([key, same]) => {
    const off = sumOf(lost.get(key) ?? []);
    const count = sumOf(same) - off;
    return count > 0 || off === 0 ? same.slice(0, 1).map((row) => ({ ...row, count })) : [];
  });
  return { rows, unreadable: [...unreadable, ...old.map(unreadableOf)] };
}

/** Everything of a row but its count, so that rows of one kind add up. */
function keyOf(row: RequestRow | LatencyRow): string {
  return JSON.stringify({ ...row, bound: 'bound' in row ? String(row.bound) : '', count: 0 });
}

function sumOf(rows: readonly (RequestRow | LatencyRow)[]): number {
  return rows.reduce((sum, { count }) => sum + count, 0);
}

function distinct(rows: readonly UnreadableRow[]): readonly UnreadableRow[] {
  const byText = new Map(rows.map((row) => [JSON.stringify(row), row]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

function shownQueries({ requests, latency }: Queries): { readonly requests: string; readonly latency?: string } {
  return latency === undefined ? { requests } : { requests, latency };
}
