// One sidecar's counters, and their page in Prometheus' text format.
import type { RequestLabels } from './labels.ts';

/** Upper bounds in milliseconds (Envoy's default, source/common/stats/histogram_impl.cc). */
export const BUCKET_BOUNDS_MS = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000,
] as const;

/** Every sidecar tells its version, traffic or none. */
const BUILD = '# TYPE istio_build gauge\nistio_build{component="proxy",tag="1.31.0"} 1\n';

interface Series {
  requests: number;
  sumMs: number;
  /** Requests at or under each bound and over the one before it; the last is for those over all bounds. */
  readonly buckets: number[];
}

/** The counters of one sidecar since it started: series by their label text. */
export type Meter = Map<string, Series>;

/** A sidecar that has just started. */
export function newMeter(): Meter {
  return new Map();
}

/** Counts one request. Envoy measures in whole milliseconds. */
export function record(meter: Meter, labels: RequestLabels, durationMs: number): void {
  const key = labelText(labels);
  const series = meter.get(key) ?? { requests: 0, sumMs: 0, buckets: new Array(BUCKET_BOUNDS_MS.length + 1).fill(0) };
  const wholeMs = Math.floor(durationMs);
  const bound = BUCKET_BOUNDS_MS.findIndex((limit) => wholeMs <= limit);
  const bucket = bound === -1 ? BUCKET_BOUNDS_MS.length : bound;
  series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
  series.requests += 1;
  series.sumMs += wholeMs;
  meter.set(key, series);
}

/** The metrics page. */
export function page(meter: Meter): string {
  if (meter.size === 0) return BUILD;
  const counters: string[] = ['# TYPE istio_requests_total counter'];
  const histograms: string[] = ['# TYPE istio_request_duration_milliseconds histogram'];
  for (const [labels, series] of meter) {
    counters.push(`istio_requests_total{${labels}} ${series.requests}`);
    histograms.push(histogramText(labels, series));
  }
  return `${BUILD}${counters.join('\n')}\n${histograms.join('\n')}\n`;
}

function histogramText(labels: string, series: Series): string {
  const name = 'istio_request_duration_milliseconds';
  let below = 0;
  const buckets = BUCKET_BOUNDS_MS.map((bound, index) => {
    below += series.buckets[index] ?? 0;
    return `${name}_bucket{${labels},le="${bound}"} ${below}`;
  });
  return [
    ...buckets,
    `${name}_bucket{${labels},le="+Inf"} ${series.requests}`,
    `${name}_sum{${labels}} ${series.sumMs}`,
    `${name}_count{${labels}} ${series.requests}`,
  ].join('\n');
}

function labelText(labels: RequestLabels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',');
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
