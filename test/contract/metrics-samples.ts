// A past for Prometheus: series with a value per scrape, as OpenMetrics text to backfill from.
import type { Instant } from '../../src/domain/time.ts';

/** One series; `values[i]` is what scrape `i` saw, undefined where there was no sample. */
interface PastSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (number | undefined)[];
}

/** A scraped pod: whether each scrape reached it, and its request and bucket series. */
export interface PastTarget {
  readonly instance: string;
  /** Labels of the target besides job and instance. */
  readonly labels: Readonly<Record<string, string>>;
  readonly up: readonly (0 | 1 | undefined)[];
  readonly requests?: readonly PastSeries[];
  readonly buckets?: readonly PastSeries[];
}

/** Labels of a request counter, of a successful HTTP request of a client unless said otherwise. */
export function requestLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return {
    reporter: 'source',
    source_workload: 'client',
    destination_workload_namespace: 'shop',
    destination_service: 'cart.shop.svc.cluster.local',
    request_protocol: 'http',
    response_code: '200',
    grpc_response_status: '',
    response_flags: '-',
    ...labels,
  };
}

/** The targets' samples as OpenMetrics text; scrape `i` happened at `first + i * everyMs`. */
export function openMetrics(targets: readonly PastTarget[], first: Instant, everyMs: number): string {
  const lines = (name: string, target: PastTarget, series: PastSeries): string[] =>
    series.values.flatMap((value, index) => {
      if (value === undefined) return [];
      const all = { job: 'istio', instance: target.instance, ...target.labels, ...series.labels };
      const text = Object.entries(all).map(([key, part]) => `${key}=${JSON.stringify(part)}`);
      return [`${name}{${text.join(',')}} ${spelled(value)} ${(first + index * everyMs) / 1_000}`];
    });
  const up = targets.flatMap((target) => lines('up', target, { labels: {}, values: target.up }));
  const requests = targets.flatMap((target) =>
    (target.requests ?? []).flatMap((series) => lines('istio_requests_total', target, series)),
  );
  const buckets = targets.flatMap((target) =>
    (target.buckets ?? []).flatMap((series) => lines('istio_request_duration_milliseconds_bucket', target, series)),
  );
  const families = [['# TYPE up gauge', ...up], ['# TYPE istio_requests counter', ...requests], buckets];
  return `${families.flat().join('\n')}\n# EOF\n`;
}

function spelled(value: number): string {
  return value === Number.POSITIVE_INFINITY ? '+Inf' : String(value);
}
