// How much traffic a Deployment has at present, for a plan's expected times.
import type { Metrics, Workload } from '../controller/ports.ts';
import type { Reporter } from '../domain/evidence.ts';
import type { Instant, Millis } from '../domain/time.ts';

/** Requests a second over the last minute, or why that is not known. */
export type Traffic =
  | { readonly kind: 'rate'; readonly perSecond: number }
  | { readonly kind: 'unknown'; readonly message: string };

const widthMs: Millis = 60_000;
/** Later samples may not have been scraped yet. */
const lagMs: Millis = 30_000;

/** Reads the traffic of the last minute, as the reporter that saw most of it counted. Never throws. */
export async function trafficOf(
  metrics: Pick<Metrics, 'read'>,
  { namespace, name }: Workload,
  now: Instant,
): Promise<Traffic> {
  const end = now - lagMs;
  const subject = { namespace, stable: name, canary: name, services: [], latency: false };
  const reading = await metrics.read({ start: end - widthMs, end }, [subject]);
  if (reading.kind !== 'data') return { kind: 'unknown', message: reading.message };
  const isOwn = (row: { readonly workload: string; readonly namespace: string }) =>
    row.workload === name && row.namespace === namespace;
  const counts = new Map<Reporter, number>();
  for (const { reporter, count } of reading.requests.filter(isOwn))
    counts.set(reporter, (counts.get(reporter) ?? 0) + count);
  if (counts.size === 0 && reading.unreadable.some(isOwn))
    return { kind: 'unknown', message: `the counters of ${name} are younger than a minute.` };
  return { kind: 'rate', perSecond: Math.max(0, ...counts.values()) / (widthMs / 1_000) };
}
