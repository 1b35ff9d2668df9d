// Requests to the service under rollout, split by the weights that its route carries at the moment.
import type { MemoryMetrics } from '../../src/adapters/memory/metrics.ts';
import type { Instant } from '../../src/domain/time.ts';

/** How the requests of a simulated service go. May be changed at any time. */
export interface Traffic {
  /** Requests per second of the whole service. */
  rps: number;
  /** The share of requests that a workload answers with 503. */
  readonly errors: Record<string, number>;
}

/** The share of the requests that each workload receives, in percent. */
export type Split = Readonly<Record<string, number>>;

const everyMs = 5_000;

/** Serves requests as time passes; counts are exact and the same in every run. */
export function trafficOf(
  metrics: MemoryMetrics,
  traffic: Traffic,
  service = 'reviews.shop.svc.cluster.local',
): (from: Instant, to: Instant, split: Split) => void {
  const rest = new Map<string, number>();

  /** Whole requests, with what is left over kept for the next time. */
  function whole(key: string, amount: number): number {
    const sum = amount + (rest.get(key) ?? 0);
    rest.set(key, sum - Math.floor(sum));
    return Math.floor(sum);
  }

  return (from, to, split) => {
    for (let at = (Math.floor(from / everyMs) + 1) * everyMs; at <= to; at += everyMs) {
      for (const [workload, percent] of Object.entries(split)) {
        const requests = whole(workload, (traffic.rps * (everyMs / 1_000) * percent) / 100);
        const failed = Math.min(requests, whole(`${workload} failed`, requests * (traffic.errors[workload] ?? 0)));
        serve(metrics, at, { service, workload, code: '200' }, requests - failed);
        serve(metrics, at, { service, workload, code: '503' }, failed);
      }
    }
  };
}

function serve(
  metrics: MemoryMetrics,
  at: Instant,
  kind: { readonly service: string; readonly workload: string; readonly code: string },
  count: number,
): void {
  if (count === 0) return;
  const row = { ...kind, namespace: 'shop', protocol: 'http', grpcStatus: '', flags: '-', count };
  for (const reporter of ['source', 'destination'] as const) metrics.serve({ ...row, reporter, at, millis: 20 });
}
