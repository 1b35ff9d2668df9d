// From rows to counts: what is a request, what is an error, and whose it is.
import type { Reporter, RequestRow, Subject, UnreadableRow } from './evidence.ts';

/** All reporters, the one nearest to the people served first. */
export const reporters = ['source', 'waypoint', 'destination'] as const satisfies readonly Reporter[];

/** Requests of one workload as one reporter counted them; the classes of failure do not overlap. */
export interface Arm {
  /** All of them, failed and unanswered ones included. */
  readonly requests: number;
  /** Answered with a 5xx. */
  readonly server: number;
  /** Answered with a gRPC status that blames the server. */
  readonly grpc: number;
  /** Code 0: no response was started, because either side gave up. An error as far as stable has fewer of them. */
  readonly unanswered: number;
  /** Answered with a 4xx, or a gRPC status that blames the caller: an error as far as stable has clearly fewer of them. */
  readonly client: number;
}

/** What one reporter counted of everything under a rollout. */
export interface Tally {
  /** By `namespace/workload`. */
  readonly workloads: Readonly<Record<string, Arm>>;
  /** Failures for which no endpoint was chosen, by the service asked for. */
  readonly unattributed: Readonly<Record<string, number>>;
}

/** What one reporter counted for one rollout. */
export interface ReporterCounts {
  readonly canary: Arm;
  readonly stable: Arm;
  /** Failures of the rollout's services for which no endpoint was chosen, so that nobody can say which version failed. */
  readonly unattributed: number;
}

/** By reporter; one without any row is absent, which is not the same as zero. */
export type ByReporter<T> = Readonly<Partial<Record<Reporter, T>>>;

/** No requests. */
export const noRequests: Arm = { requests: 0, server: 0, grpc: 0, unanswered: 0, client: 0 };

/** gRPC statuses that blame the server: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const grpcFaults = new Set(['2', '4', '12', '13', '14', '15']);
/**
 * Those that blame the caller: INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, RESOURCE_EXHAUSTED,
 * FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE, UNAUTHENTICATED.
 */
const grpcComplaints = new Set(['3', '5', '6', '7', '8', '9', '10', '11', '16']);
/** Response flags of failures made before an endpoint was chosen or reached. */
const unplacedFlags = new Set(['UH', 'UF', 'UO', 'NC', 'NR']);
/** Faults injected on purpose say nothing of either version. */
const injectedFlags = new Set(['FI', 'DI']);

/** Failures that need no comparison to be called so. */
export function errorsOf(arm: Arm): number {
  return arm.server + arm.grpc;
}

/** Both together. */
export function addArms(a: Arm, b: Arm): Arm {
  return {
    requests: a.requests + b.requests,
    server: a.server + b.server,
    grpc: a.grpc + b.grpc,
    unanswered: a.unanswered + b.unanswered,
    client: a.client + b.client,
  };
}

/** Sums rows by reporter and workload. How they were split and ordered makes no difference. */
export function tallyRequests(rows: readonly RequestRow[]): ByReporter<Tally> {
  const tallies: Partial<Record<Reporter, { workloads: Record<string, Arm>; unattributed: Record<string, number> }>> =
    {};
  for (const row of rows) {
    const tally = tallies[row.reporter] ?? { workloads: {}, unattributed: {} };
    tallies[row.reporter] = tally;
    const flags = row.flags.split(',');
    if (flags.some((flag) => injectedFlags.has(flag))) continue;
    if (row.workload !== 'unknown') {
      const place = `${row.namespace}/${row.workload}`;
      tally.workloads[place] = addArms(tally.workloads[place] ?? noRequests, armOf(row));
    } else if (flags.some((flag) => unplacedFlags.has(flag))) {
      tally.unattributed[row.service] = (tally.unattributed[row.service] ?? 0) + row.count;
    }
  }
  return tallies;
}

/** A rollout's share of the rows of a slot. */
export function countRequests(rows: readonly RequestRow[], subject: Subject): ByReporter<ReporterCounts> {
  const tallies = tallyRequests(rows.filter((row) => concerns(row, subject)));
  const counts = reporters.flatMap((reporter) => {
    const tally = tallies[reporter];
    return tally === undefined ? [] : [[reporter, countsOf(tally, subject)] as const];
  });
  return Object.fromEntries(counts);
}

/** A rollout's share of a tally. */
export function countsOf(tally: Tally, subject: Subject): ReporterCounts {
  const at = (workload: string): Arm => tally.workloads[`${subject.namespace}/${workload}`] ?? noRequests;
  const unattributed = [...new Set(subject.services)].reduce(
    (sum, service) => sum + (tally.unattributed[service] ?? 0),
    0,
  );
  return { canary: at(subject.canary), stable: at(subject.stable), unattributed };
}

/** Whether a row is about a rollout's workloads, or about its services where no workload is known. */
export function concerns(row: UnreadableRow, { namespace, stable, canary, services }: Subject): boolean {
  if (row.workload === 'unknown') return services.includes(row.service);
  return row.namespace === namespace && (row.workload === stable || row.workload === canary);
}

/** Those of a rollout's workloads, or services where no workload is known, among the unreadable ones; in a fixed order. */
export function unreadableWorkloads(unreadable: readonly UnreadableRow[], subject: Subject): readonly string[] {
  const lost = unreadable.filter((row) => concerns(row, subject));
  return [...new Set(lost.map((row) => (row.workload === 'unknown' ? row.service : row.workload)))].sort();
}

function armOf({ count, code, grpcStatus }: RequestRow): Arm {
  const unanswered = code === '0';
  const server = /^5\d\d$/.test(code);
  const grpc = !unanswered && !server && grpcFaults.has(grpcStatus);
  const client = !unanswered && !server && !grpc && (/^4\d\d$/.test(code) || grpcComplaints.has(grpcStatus));
  const of = (is: boolean): number => (is ? count : 0);
  return { requests: count, server: of(server), grpc: of(grpc), unanswered: of(unanswered), client: of(client) };
}
