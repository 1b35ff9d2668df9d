// What Prometheus sees: which sidecars there are to scrape, and each one's metrics page.
import type { Scrape } from './control.ts';
import { page } from './meter.ts';
import { newest } from './propagation.ts';
import { keyOf } from './table.ts';
import { behaviourOf, type Traffic } from './traffic.ts';

/** A sidecar that Prometheus is to scrape. */
export interface ScrapeTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly instance: string;
}

/** Every running pod behind a Service and every virtual client pod. */
export function scrapeTargets(traffic: Traffic): readonly ScrapeTarget[] {
  const behindServices = newest(traffic.history)?.inbound;
  const servers = [...traffic.cluster.pods.values()]
    .filter((pod) => pod.running && (behindServices?.has(keyOf(pod)) || traffic.servers.has(keyOf(pod))))
    .map((pod) => ({
      namespace: pod.namespace,
      pod: pod.name,
      instance: pod.ip === '' ? keyOf(pod) : `${pod.ip}:15020`,
    }));
  const clients = [...traffic.clients.values()].map((client) => ({
    namespace: client.namespace,
    pod: client.name,
    instance: keyOf(client),
  }));
  return [...servers, ...clients];
}

/** The answer of `GET /sd` (Prometheus' http_sd): every target is this server, at a path of its own. */
export function serviceDiscovery(
  targets: readonly ScrapeTarget[],
  address: string,
): readonly { readonly targets: readonly string[]; readonly labels: Readonly<Record<string, string>> }[] {
  return targets.map(({ namespace, pod, instance }) => ({
    targets: [address],
    labels: { __metrics_path__: `/metrics/${namespace}/${pod}`, namespace, pod, instance },
  }));
}

/** A sidecar's metrics page; undefined when there is no such pod. A silent pod's is empty. */
export function metricsPage(traffic: Traffic, key: string): string | undefined {
  const client = traffic.clients.get(key);
  if (client !== undefined) return page(client.meter);
  const pod = traffic.cluster.pods.get(key);
  if (pod === undefined) return undefined;
  if (behaviourOf(traffic, pod).kind === 'silent') return '';
  return page(traffic.servers.get(key)?.meter ?? new Map());
}

/** Scrape modes by namespace; the empty key holds for those without a mode of their own. */
export type ScrapeModes = Map<string, Scrape>;

/** Sets the mode of one namespace, or of all, whose own modes are then forgotten. */
export function setScrapeMode(modes: ScrapeModes, scrape: Scrape): void {
  if (scrape.namespace === undefined) modes.clear();
  modes.set(scrape.namespace ?? '', scrape);
}

/** The mode in which a namespace's pods are scraped. */
export function scrapeModeOf(modes: ScrapeModes, namespace: string): Scrape {
  return modes.get(namespace) ?? modes.get('') ?? { mode: 'normal' };
}
