// How much traffic a Deployment has at present, for a plan's expected times.
import type { Metrics, Workload } from '../controller/ports.ts';
import { errorsOf, reporters, tallyRequests } from '../domain/counts.ts';
import type { Reporter, Subject } from '../domain/evidence.ts';
import type { Level } from '../domain/forecast.ts';
import { expectedRate } from '../domain/statistics/prediction.ts';
import type { Instant, Millis } from '../domain/time.ts';

/** Requests a second over the last minute, or why that is not known; and how many failed of those of the last ten. */
export type Traffic =
  | { readonly kind: 'rate'; readonly perSecond: number; readonly lately: Lately }
  | { readonly kind: 'unknown'; readonly message: string };

interface Lately {
  readonly requests: number;
  readonly failures: number;
}

const widthMs: Millis = 60_000;
const latelyMs: Millis = 600_000;
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
  const lately = await latelyOf(metrics, subject, end);
  return { kind: 'rate', perSecond: Math.max(0, ...counts.values()) / (widthMs / 1_000), lately };
}

/** What a forecast takes for granted: the failures that were counted, with half a failure in a hundred requests where little was. */
export function levelOf({ perSecond, lately }: Traffic & { readonly kind: 'rate' }): Level {
  return { perSecond, errorRate: expectedRate({ n: lately.requests, x: lately.failures }) };
}

/** As the reporter that saw most of it counted; nothing where ten minutes cannot be read. */
async function latelyOf(metrics: Pick<Metrics, 'read'>, subject: Subject, end: Instant): Promise<Lately> {
  const reading = await metrics.read({ start: end - latelyMs, end }, [subject]);
  const tallies = reading.kind === 'data' ? tallyRequests(reading.requests) : {};
  const arms = reporters.flatMap((reporter) => {
    const arm = tallies[reporter]?.workloads[`${subject.namespace}/${subject.canary}`];
    return arm === undefined ? [] : [{ requests: arm.requests, failures: errorsOf(arm) }];
  });
  return arms.reduce((most, next) => (next.requests > most.requests ? next : most), { requests: 0, failures: 0 });
}
