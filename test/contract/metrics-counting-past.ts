// A past in which every case of counting happens: 20 scrapes, 15 s apart, of workloads of their own.
import type { Slot, Subject } from '../../src/domain/evidence.ts';
import { type PastTarget, requestLabels } from './metrics-samples.ts';

const scrapes = 20;
/** The width of a slot, and the time between two scrapes. */
export const slotMs = 15_000;
/** The start of slot 0; scrape `i` happens 4 s into slot `i`. */
export const origin = Math.floor((Date.now() - 6 * 3_600_000) / 7_200_000) * 7_200_000 + 60_000;

/** A slot, counted from the first. */
export function slotOf(index: number): Slot {
  return { start: origin + index * slotMs, end: origin + (index + 1) * slotMs };
}

/** A pair of workloads of this name. */
export function aSubject(name: string, more: Partial<Subject> = {}): Subject {
  const services = [`${name}.shop.svc.cluster.local`];
  return { namespace: 'shop', stable: `${name}-v1`, canary: `${name}-v2`, services, latency: false, ...more };
}

/** A value for every scrape. */
export function each<T>(value: (index: number) => T): T[] {
  return Array.from({ length: scrapes }, (_, index) => value(index));
}

function aTarget(pod: string, more: Partial<PastTarget> = {}): PastTarget {
  return { instance: `${pod}:15020`, labels: { namespace: 'shop', pod }, up: each(() => 1), ...more };
}

/** Labels of a request as the proxy of the pod that served it counts it. */
function receivedFrom(workload: string, client: string, policy: string): Readonly<Record<string, string>> {
  const parties = { destination_workload: workload, source_workload: client, connection_security_policy: policy };
  return requestLabels({ reporter: 'destination', ...parties });
}

const alwaysUp = { up: each(() => 1 as const) };
const beforeAndAfterGap = (index: number): boolean => index < 5 || index > 8;

// Every case has workloads of its own, so that all of them can stand in one past.
export const targets: readonly PastTarget[] = [
  ...[1, 2, 3, 4, 5].map((client) =>
    aTarget(`sparse-${client}`, {
      requests: [
        {
          labels: requestLabels({ destination_workload: 'sparse-v2', response_code: '503' }),
          values: each((i) => (i < 6 ? undefined : 1)),
        },
      ],
    }),
  ),
  aTarget('reset', {
    requests: [
      {
        labels: requestLabels({ destination_workload: 'reset-v2' }),
        values: each((i) => (i < 6 ? 100 + 10 * i : 7 + (i - 6))),
      },
    ],
  }),
  aTarget('gap', {
    up: each((i) => (beforeAndAfterGap(i) ? 1 : undefined)),
    requests: [
      {
        labels: requestLabels({ destination_workload: 'gap-v2' }),
        values: each((i) => (beforeAndAfterGap(i) ? 1_000 * (i + 1) : undefined)),
      },
    ],
  }),
  aTarget('missed', {
    up: each((i) => (i === 6 ? 0 : 1)),
    requests: [
      {
        labels: requestLabels({ destination_workload: 'missed-v2' }),
        values: each((i) => (i === 6 ? undefined : 10 * i)),
      },
    ],
  }),
  aTarget('unseen', {
    up: each((i) => (i < 6 ? undefined : 1)),
    requests: [
      {
        labels: requestLabels({ destination_workload: 'unseen-v2' }),
        values: each((i) => (i < 6 ? undefined : 5_000 + i)),
      },
      { labels: requestLabels({ destination_workload: 'unseen-v1' }), values: each((i) => (i < 6 ? undefined : 0)) },
    ],
  }),
  aTarget('relabelled', {
    up: each((i) => (i < 6 ? 1 : undefined)),
    requests: [
      {
        labels: requestLabels({ destination_workload: 'relabelled-v2' }),
        values: each((i) => (i < 6 ? 500 + i : undefined)),
      },
    ],
  }),
  aTarget('relabelled', {
    labels: { namespace: 'shop', pod: 'relabelled', role: 'active' },
    up: each((i) => (i < 6 ? undefined : 1)),
    requests: [
      {
        labels: requestLabels({ destination_workload: 'relabelled-v2' }),
        values: each((i) => (i < 6 ? undefined : 500 + i)),
      },
    ],
  }),
  aTarget('blinked', {
    up: each((i) => (i === 5 ? 0 : 1)),
    requests: [
      {
        labels: requestLabels({ destination_workload: 'blinked-v2' }),
        values: each((i) => (i < 6 ? undefined : 4 + i - 6)),
      },
    ],
  }),
  aTarget('federated', {
    up: [],
    requests: [
      {
        labels: requestLabels({ destination_workload: 'federated-v2' }),
        values: each((i) => (i < 6 ? 100 + 10 * i : 7 + (i - 6))),
      },
    ],
  }),
  aTarget('leaving', {
    up: each((i) => (i < 7 ? 1 : undefined)),
    requests: [
      {
        labels: requestLabels({ destination_workload: 'leaving-v1' }),
        values: each((i) => (i < 7 ? 10 * i : undefined)),
      },
    ],
  }),
  aTarget('kinds', {
    ...alwaysUp,
    requests: [
      { labels: requestLabels({ destination_workload: 'kinds-v1' }), values: each((i) => 9 * i) },
      {
        labels: requestLabels({
          destination_workload: 'kinds-v2',
          request_protocol: 'grpc',
          grpc_response_status: '14',
        }),
        values: each((i) => 2 * i),
      },
      {
        labels: requestLabels({ destination_workload: 'kinds-v2', response_code: '0', response_flags: 'DC' }),
        values: each((i) => i),
      },
      { labels: requestLabels({ destination_workload: 'kinds-v2', response_code: '404' }), values: each(() => 3) },
      {
        labels: requestLabels({
          destination_workload: 'unknown',
          destination_workload_namespace: 'unknown',
          destination_service: 'kinds.shop.svc.cluster.local',
          response_code: '503',
          response_flags: 'UH',
        }),
        values: each((i) => 4 * i),
      },
      {
        labels: requestLabels({
          destination_workload: 'unknown',
          destination_workload_namespace: 'unknown',
          destination_service: 'kindsXshop.svc.cluster.local',
          response_code: '503',
          response_flags: 'UH',
        }),
        values: each((i) => 100 * i),
      },
      {
        labels: requestLabels({ destination_workload: 'kinds-v2', destination_workload_namespace: 'other' }),
        values: each((i) => 70 * i),
      },
      { labels: requestLabels({ destination_workload: 'kinds-v22' }), values: each((i) => 80 * i) },
    ],
  }),
  aTarget('kinds-v2-pod', {
    requests: [
      {
        labels: requestLabels({ reporter: 'destination', destination_workload: 'kinds-v2' }),
        values: each((i) => 5 * i),
      },
    ],
  }),
  aTarget('slow', {
    requests: [{ labels: requestLabels({ destination_workload: 'slow-v2' }), values: each((i) => 20 * i) }],
    buckets: (
      [
        ['250', 10],
        ['500.0', 18],
        ['+Inf', 20],
      ] as const
    ).map(([le, perScrape]) => ({
      labels: { ...requestLabels({ destination_workload: 'slow-v2' }), le },
      values: each((i) => perScrape * i),
    })),
  }),
  aTarget('mixed-v1-pod', {
    requests: [
      { labels: receivedFrom('mixed-v1', 'cart', 'mutual_tls'), values: each((i) => 90 * i) },
      { labels: receivedFrom('mixed-v1', 'cart', 'none'), values: each((i) => 6 * i) },
      { labels: receivedFrom('mixed-v1', 'unknown', 'none'), values: each((i) => 3 * i) },
      { labels: receivedFrom('mixed-v1', 'unknown', 'mutual_tls'), values: each((i) => i) },
      { labels: requestLabels({ destination_workload: 'mixed-v1' }), values: each((i) => 1_000 * i) },
    ],
  }),
  aTarget('mixed-v2-pod', {
    requests: [{ labels: receivedFrom('mixed-v2', 'unknown', 'none'), values: each((i) => (i < 10 ? 0 : 100 * i)) }],
  }),
  aTarget('quiet-v1-pod', {
    requests: [{ labels: receivedFrom('quiet-v1', 'unknown', 'none'), values: each(() => 7) }],
  }),
  aTarget('odd', {
    requests: [
      { labels: requestLabels({ destination_workload: 'odd-v1' }), values: each((i) => (i < 6 ? i : Number.NaN)) },
      {
        labels: requestLabels({ destination_workload: 'odd-v2' }),
        values: each((i) => (i < 6 ? i : Number.POSITIVE_INFINITY)),
      },
    ],
  }),
];
