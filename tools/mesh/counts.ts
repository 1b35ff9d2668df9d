// How many requests of each load ended how and where: what a test proves a split or a failure with.
import type { Count } from './control.ts';
import type { Exchange } from './exchange.ts';

type Tally = { -readonly [Field in keyof Count]: Count[Field] };

/** Tallies by the namespace of the load, then by load and end. */
export type Counts = Map<string, Map<string, Tally>>;

/** Counts one request, which ended at `at`, in milliseconds since 1970. */
export function count(counts: Counts, namespace: string, load: string, exchange: Exchange, at: number): void {
  const { answer, flags } = exchange;
  const pod = 'pod' in exchange ? exchange.pod : undefined;
  const workload = pod?.workload.name ?? 'unknown';
  const workloadNamespace = pod?.namespace ?? 'unknown';
  const tallies = counts.get(namespace) ?? new Map<string, Tally>();
  const image = pod?.image ?? '';
  const key = [load, workload, workloadNamespace, flags, answer.code, answer.grpcStatus, image].join(' ');
  const tally = tallies.get(key);
  if (tally !== undefined) {
    tally.requests += 1;
    return;
  }
  tallies.set(key, { load, workload, workloadNamespace, flags, ...answer, image, firstAt: at, requests: 1 });
  counts.set(namespace, tallies);
}

/** The tallies of a namespace's loads since they were last forgotten. */
export function countsOf(counts: Counts, namespace: string): readonly Count[] {
  return [...(counts.get(namespace)?.values() ?? [])];
}

/** Forgets the tallies of one namespace, or of all. */
export function forget(counts: Counts, namespace: string | undefined): void {
  if (namespace === undefined) counts.clear();
  else counts.delete(namespace);
}
