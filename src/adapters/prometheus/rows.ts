// Samples to rows.
import type { LatencyRow, Reporter, RequestRow, UnreadableRow } from '../../domain/evidence.ts';
import type { Sample } from './client.ts';
import { newbornLabel } from './query.ts';

/** Rows of one family. */
export interface Rows<Row> {
  readonly counted: readonly Row[];
  /** What of the counted rows may be a lifetime of requests, by pod. */
  readonly newborn: readonly Newborn<Row>[];
  /** Rows whose count is no number of requests. */
  readonly unreadable: readonly UnreadableRow[];
}

/** A row that is new on a target nobody had scraped before, with some requests. */
interface Newborn<Row> {
  readonly row: Row;
  /** The reporting pod; empty where the scrape adds no such label. */
  readonly namespace: string;
  readonly pod: string;
}

/** Rows of the request counter. Samples of an unknown reporter are left out. */
export function requestRows(samples: readonly Sample[]): Rows<RequestRow> {
  return rowsOf(samples, ({ labels, value }, reporter) => ({
    ...placeOf(labels, reporter),
    protocol: labels['request_protocol'] ?? 'unknown',
    code: labels['response_code'] ?? '',
    grpcStatus: labels['grpc_response_status'] ?? '',
    flags: labels['response_flags'] ?? '-',
    count: value,
  }));
}

/** Rows of the latency histogram. Prometheus 2 spells a bound "500", Prometheus 3 "500.0". */
export function latencyRows(samples: readonly Sample[]): Rows<LatencyRow> {
  return rowsOf(samples, ({ labels, value }, reporter) => {
    const { workload, namespace } = placeOf(labels, reporter);
    const bound = Number((labels['le'] ?? '').replace(/Inf$/, 'Infinity'));
    return { reporter, workload, namespace, bound, count: value };
  });
}

/** The workload of a row as it is listed when its count is unknown. */
export function unreadableOf(row: RequestRow | LatencyRow): UnreadableRow {
  const { reporter, workload, namespace } = row;
  return { reporter, workload, namespace, service: 'service' in row ? row.service : 'unknown' };
}

function rowsOf<Row extends RequestRow | LatencyRow>(
  samples: readonly Sample[],
  read: (sample: Sample, reporter: Reporter) => Row,
): Rows<Row> {
  const counted: Row[] = [];
  const newborn: Newborn<Row>[] = [];
  const unreadable: UnreadableRow[] = [];
  for (const sample of samples) {
    const reporter = reporterOf(sample.labels['reporter']);
    if (reporter === undefined) continue;
    const row = read(sample, reporter);
    if (!isCount(row)) unreadable.push(unreadableOf(row));
    else if (sample.labels[newbornLabel] === undefined) counted.push(row);
    else if (row.count > 0)
      newborn.push({ row, namespace: sample.labels['namespace'] ?? '', pod: sample.labels['pod'] ?? '' });
  }
  return { counted, newborn, unreadable };
}

function isCount(row: RequestRow | LatencyRow): boolean {
  return Number.isFinite(row.count) && row.count >= 0 && !('bound' in row && Number.isNaN(row.bound));
}

function placeOf(labels: Sample['labels'], reporter: Reporter) {
  return {
    reporter,
    workload: labels['destination_workload'] ?? 'unknown',
    namespace: labels['destination_workload_namespace'] ?? 'unknown',
    service: labels['destination_service'] ?? 'unknown',
  };
}

function reporterOf(text: string | undefined): Reporter | undefined {
  return text === 'source' || text === 'destination' || text === 'waypoint' ? text : undefined;
}
