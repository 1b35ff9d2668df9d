// The queries behind a slot, as text. Pure.
//
//   slot                   start          end
//   ────────┼──────────────┼──────────────┼──▶
//           └────────── now ──────────────┘     last sample within two widths before `end`
//   └─────── before ───────┘                    the same, one width earlier
//
// A series' count is now - before, or now after a reset. Because `before` of a slot is `now` of the slot before it, the
// counts of successive slots add up to what the proxies counted, also when a scrape was missed. A series without `before`
// is new and counts from zero. That is right on a target that was scraped then; otherwise its value may be a lifetime of
// requests, and it is returned once more, by pod and marked `serin="newborn"`, to be taken off unless the pod is young.
import type { Slot, Subject } from '../../domain/evidence.ts';

/** The mark of rows that are new on a target nobody had scraped before; they are contained in the unmarked ones. */
export const newbornLabel = 'serin';

const requestLabels = [
  'reporter',
  'destination_workload',
  'destination_workload_namespace',
  'destination_service',
  'request_protocol',
  'response_code',
  'grpc_response_status',
  'response_flags',
];
const latencyLabels = ['reporter', 'destination_workload', 'destination_workload_namespace', 'le'];

/** Requests of the slot by everything a verdict needs. To be evaluated at the slot's end. Owes at least one subject. */
export function requestsQuery(slot: Slot, subjects: readonly Subject[]): string {
  return countsQuery('istio_requests_total', [servedBy(subjects), unattributedTo(subjects)], requestLabels, slot);
}

/** Requests of the slot by latency bucket, for the subjects that judge latency; undefined when none does. */
export function latencyQuery(slot: Slot, subjects: readonly Subject[]): string | undefined {
  const judged = subjects.filter((subject) => subject.latency);
  if (judged.length === 0) return undefined;
  return countsQuery('istio_request_duration_milliseconds_bucket', [servedBy(judged)], latencyLabels, slot);
}

/**
 * The share of the subject's requests in the slot that came from clients without a sidecar, as the pods' own proxies counted them. To
 * be evaluated at the slot's end. No element without a series, NaN without requests. A client whose plain text a sidecar sent is known
 * by its name.
 */
export function unmeshedQuery(slot: Slot, { namespace, stable, canary }: Subject): string {
  const served = `reporter="destination",destination_workload_namespace=~${oneOf([namespace])},destination_workload=~${oneOf([stable, canary])}`;
  const outside = `${served},connection_security_policy="none",source_workload="unknown"`;
  const [some, all] = [outside, served].map(
    (selector) => `sum(${counts('istio_requests_total', [selector], slot).each})`,
  );
  return `(${some} or vector(0)) / ${all}`;
}

function countsQuery(metric: string, selectors: readonly string[], labels: readonly string[], slot: Slot): string {
  const { now, before, each, reach, width } = counts(metric, selectors, slot);
  const counted = `sum by (${labels.join(', ')}) (${each})`;
  const newborn = `${now} unless ${before} unless on (job, instance) ${scrapedBefore(reach, width)}`;
  const apart = `sum by (${[...labels, 'namespace', 'pod'].join(', ')}) (${newborn})`;
  return `${counted} or label_replace(${apart}, "${newbornLabel}", "newborn", "", "")`;
}

/** A counter's last values of the slot and of the one before, and what it counted between them. */
function counts(metric: string, selectors: readonly string[], slot: Slot) {
  const width = durationText(slot.end - slot.start);
  const reach = durationText(2 * (slot.end - slot.start));
  const now = anyOf(selectors.map((selector) => `last_over_time(${metric}{${selector}}[${reach}])`));
  const before = anyOf(selectors.map((selector) => `last_over_time(${metric}{${selector}}[${reach}] offset ${width})`));
  return { now, before, each: `(${now} - ${before}) >= 0 or ${now}`, reach, width };
}

/**
 * Targets that were scraped before the slot. One that now goes by other labels is not among them (an address used again by
 * another pod, a pod relabelled while it runs): all its series look new and carry their lifetime.
 */
function scrapedBefore(reach: string, width: string): string {
  const renamed = `(last_over_time(up[${reach}]) unless last_over_time(up[${reach}] offset ${width}))`;
  return `((max_over_time(up[${reach}] offset ${width}) == 1) unless on (job, instance) ${renamed})`;
}

function servedBy(subjects: readonly Subject[]): string {
  const namespaces = oneOf(subjects.map((subject) => subject.namespace));
  const workloads = oneOf(subjects.flatMap((subject) => [subject.stable, subject.canary]));
  return `reporter=~"source|destination|waypoint",destination_workload_namespace=~${namespaces},destination_workload=~${workloads}`;
}

/** Requests for which no endpoint was chosen carry no workload: only the service asked for is known. */
function unattributedTo(subjects: readonly Subject[]): string {
  const services = oneOf(subjects.flatMap((subject) => subject.services));
  return `reporter=~"source|waypoint",destination_workload="unknown",destination_service=~${services}`;
}

function anyOf(vectors: readonly string[]): string {
  return vectors.length === 1 ? vectors.join() : `(${vectors.join(' or ')})`;
}

/** A quoted regular expression that matches exactly these texts; the matcher anchors it at both ends. */
function oneOf(texts: readonly string[]): string {
  const distinct = [...new Set(texts)].sort();
  return JSON.stringify(distinct.map((text) => text.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`)).join('|'));
}

function durationText(millis: number): string {
  return millis % 1_000 === 0 ? `${millis / 1_000}s` : `${millis}ms`;
}
