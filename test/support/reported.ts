// What Prometheus has of the requests that the mesh has played, and whether it is all of them.
import { z } from 'zod';
import type { Count } from '../../tools/mesh/control.ts';
import { eventually } from './eventually.ts';
import type { Story } from './story.ts';

const labelNames = [
  'reporter',
  'destination_workload',
  'destination_service',
  'destination_app',
  'request_protocol',
  'response_code',
  'grpc_response_status',
  'response_flags',
] as const;

const answerSchema = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.partialRecord(z.enum(labelNames), z.string()),
        value: z.tuple([z.number(), z.string()]),
      }),
    ),
  }),
});

/** Labels of a series. */
export type Labels = Readonly<Partial<Record<(typeof labelNames)[number], string>>>;

/** Requests under the same labels. */
export interface Row {
  readonly labels: Labels;
  readonly requests: number;
}

/** What Prometheus has of the requests that the namespace's clients sent, by the labels that matter to a verdict. */
async function rowsOf({ stack, namespace }: Story): Promise<readonly Row[]> {
  const query = `sum by (${labelNames.join(', ')}) (istio_requests_total{source_workload_namespace="${namespace}"})`;
  const url = `${stack.prometheus.url}/api/v1/query?query=${encodeURIComponent(query)}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const { data } = answerSchema.parse(await response.json());
  return data.result.map(({ metric, value }) => ({ labels: metric, requests: Number(value[1]) }));
}

/** The requests of all rows. */
export function total(rows: readonly Row[]): number {
  return rows.reduce((all, { requests }) => all + requests, 0);
}

type Ends = readonly (readonly [words: readonly string[], requests: number])[];

/** By who reported them, how they ended and where: lines such as `source reviews-v2 503 UF: 17`, in order. */
function byEnd(ends: Ends): string {
  const sums = new Map<string, number>();
  for (const [words, requests] of ends) {
    const key = words.filter((word) => word !== '').join(' ');
    sums.set(key, (sums.get(key) ?? 0) + requests);
  }
  const lines = [...sums].filter(([, requests]) => requests > 0).map(([key, requests]) => `${key}: ${requests}`);
  return lines.sort().join(', ');
}

/** Every request as the client's sidecar has to report it, and once more as the pod's does where it arrived at one. */
function endsCounted(counts: readonly Count[], gone: string | undefined): Ends {
  const arrived = counts.filter(({ workload, flags }) => workload !== 'unknown' && workload !== gone && flags !== 'UF');
  const reported = (reporter: string, { workload, code, grpcStatus, flags, requests }: Count) =>
    [[reporter, workload, String(code), grpcStatus, flags], requests] as const;
  return [
    ...counts.map((count) => reported('source', count)),
    ...arrived.map((count) => reported('destination', count)),
  ];
}

function endsReported(rows: readonly Row[], gone: string | undefined): Ends {
  const words = [
    'reporter',
    'destination_workload',
    'response_code',
    'grpc_response_status',
    'response_flags',
  ] as const;
  return rows
    .filter(({ labels }) => labels.reporter !== 'destination' || labels.destination_workload !== gone)
    .map(({ labels, requests }) => [words.map((word) => labels[word] ?? ''), requests]);
}

/**
 * Waits until Prometheus has, from both sides, exactly what the mesh counted, and gives its rows. The pods of `gone` have taken
 * with them what they would have reported.
 */
export async function rowsWhenEqual(of: Story, counts: readonly Count[], gone?: string): Promise<readonly Row[]> {
  const wanted = byEnd(endsCounted(counts, gone));
  let last = '';
  async function seen(): Promise<readonly Row[] | undefined> {
    const rows = await rowsOf(of);
    last = byEnd(endsReported(rows, gone));
    return last === wanted ? rows : undefined;
  }
  try {
    return await eventually('Prometheus to have what was counted', seen);
  } catch (cause) {
    throw new Error(`The mesh counted ${wanted}. Prometheus has ${last}.`, { cause });
  }
}

/** The rows that carry all of these labels. */
export function having(rows: readonly Row[], wanted: Labels): readonly Row[] {
  const entries = Object.entries(wanted);
  return rows.filter(({ labels }) =>
    entries.every(([key, value]) => new Map(Object.entries(labels)).get(key) === value),
  );
}
