// Proxies that count requests and are scraped, as small as can be: one HTTP server, one target per pod.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestRow } from '../../src/domain/evidence.ts';

/** A few pods with Istio's two metrics. */
export interface Exporter {
  /** What Prometheus is to scrape, every half second. */
  readonly scrape: readonly unknown[];
  /** Announces a pod and has it scraped; idempotent. */
  addPod(pod: string): void;
  /** Counts requests at a pod; `client` are labels that say who asked, and how. */
  count(pod: string, row: RequestRow, millis: number, client?: Readonly<Record<string, string>>): void;
  /** Sets a pod's counters back to nothing, as a restarted container does. */
  restart(pod: string): void;
  /** How often a pod was scraped since it was announced. */
  scrapesOf(pod: string): number;
  dispose(): Promise<void>;
}

interface Counter {
  requests: number;
  readonly within: Map<number, number>;
}

const boundsMs = [100, 500, 1_000];

/** Starts the server on a free loopback port. */
export async function startExporter(): Promise<Exporter> {
  const pods = new Map<string, Map<string, Counter>>();
  const scrapes = new Map<string, number>();
  const server = createServer((request, response) => {
    const pod = request.url?.replace('/metrics/', '') ?? '';
    const counters = pods.get(pod);
    if (request.url === '/sd') {
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify([...pods.keys()].map((each) => target(each, address()))));
    } else if (counters === undefined) {
      response.writeHead(404).end();
    } else {
      scrapes.set(pod, (scrapes.get(pod) ?? 0) + 1);
      response.setHeader('content-type', 'text/plain; version=0.0.4').end(page(counters));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  function address(): string {
    const at = server.address();
    return at === null || typeof at === 'string' ? '' : `127.0.0.1:${at.port}`;
  }

  function countersOf(pod: string): Map<string, Counter> {
    const counters = pods.get(pod) ?? new Map<string, Counter>();
    pods.set(pod, counters);
    return counters;
  }

  const discovery = { url: `http://${address()}/sd`, refresh_interval: '1s' };
  const timing = { scrape_interval: '500ms', scrape_timeout: '500ms' };
  return {
    scrape: [{ job_name: 'istio', ...timing, http_sd_configs: [discovery] }],
    addPod: (pod) => void countersOf(pod),
    restart: (pod) => void pods.set(pod, new Map()),
    scrapesOf: (pod) => scrapes.get(pod) ?? 0,
    count(pod, row, millis, client = {}) {
      const counters = countersOf(pod);
      const key = labelText(row, client);
      const counter = counters.get(key) ?? { requests: 0, within: new Map() };
      counter.requests += row.count;
      for (const bound of boundsMs) {
        if (millis <= bound) counter.within.set(bound, (counter.within.get(bound) ?? 0) + row.count);
      }
      counters.set(key, counter);
    },
    async dispose() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function target(pod: string, address: string): unknown {
  const labels = { __metrics_path__: `/metrics/${pod}`, instance: `${pod}:15020`, namespace: 'shop', pod };
  return { targets: [address], labels };
}

function labelText(row: RequestRow, client: Readonly<Record<string, string>>): string {
  const labels = {
    ...client,
    reporter: row.reporter,
    destination_workload: row.workload,
    destination_workload_namespace: row.namespace,
    destination_service: row.service,
    request_protocol: row.protocol,
    response_code: row.code,
    grpc_response_status: row.grpcStatus,
    response_flags: row.flags,
  };
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',');
}

function page(counters: ReadonlyMap<string, Counter>): string {
  const lines = [...counters].flatMap(([labels, { requests, within }]) => [
    `istio_requests_total{${labels}} ${requests}`,
    ...boundsMs.map(
      (bound) => `istio_request_duration_milliseconds_bucket{${labels},le="${bound}"} ${within.get(bound) ?? 0}`,
    ),
    `istio_request_duration_milliseconds_bucket{${labels},le="+Inf"} ${requests}`,
  ]);
  return `${['istio_build{component="proxy"} 1', ...lines].join('\n')}\n`;
}
