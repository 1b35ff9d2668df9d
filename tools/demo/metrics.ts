// Whether Prometheus knows of the scenes' traffic yet: what was begun sooner would be told of as a cluster without metrics.
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Stack } from '../stack/description.ts';

/** A workload that serves from the beginning. */
export interface Serving {
  readonly namespace: string;
  readonly workload: string;
}

/** How often each series must have been scraped: a rate takes two, and the others are to spare. */
const scrapes = 5;
const withinMs = 60_000;
const againMs = 250;
const askMs = 5_000;

const answer = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});

/** Waits until each workload's requests have been scraped several times at all their reporters. Throws after a minute. */
export async function untilCounted(stack: Stack, all: readonly Serving[]): Promise<void> {
  await Promise.all(all.map((serving) => untilScraped(stack.prometheus.url, serving)));
}

async function untilScraped(prometheus: string, { namespace, workload }: Serving): Promise<void> {
  const series = `istio_requests_total{destination_workload_namespace="${namespace}",destination_workload="${workload}"}`;
  const deadline = Date.now() + withinMs;
  while ((await asked(prometheus, `min(count_over_time(${series}[1m]))`)) < scrapes) {
    if (Date.now() >= deadline)
      throw new Error(`Prometheus has not scraped requests of ${namespace}/${workload} ${scrapes} times in a minute.`);
    await pause(againMs);
  }
}

/** The value of a query that gives one; 0 where it gives none. */
async function asked(prometheus: string, query: string): Promise<number> {
  const url = `${prometheus}/api/v1/query?query=${encodeURIComponent(query)}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(askMs) });
  const { data } = answer.parse(await response.json());
  return Number(data.result[0]?.value[1] ?? 0);
}
