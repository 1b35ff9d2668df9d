// What the errors gate remembers, and how it is read back.
import {
  type Arm,
  addArms,
  type ByReporter,
  countsOf,
  errorsOf,
  noRequests,
  reporters,
  type Tally,
} from '../counts.ts';
import type { Subject } from '../evidence.ts';
import { isCount, isRecord } from '../gate.ts';

/** What one reporter has counted. */
export interface ReporterState {
  /** Within the present step. */
  readonly canary: Arm;
  readonly stable: Arm;
  readonly unattributed: number;
  /** Stable since the evidence began, the time before the rollout included. */
  readonly past: Arm;
  /** The services before the rollout: how many requests failed without an endpoint, of how many. */
  readonly level: Level;
  /** Whether it gave any rows in the last counted slot. */
  readonly present: boolean;
  /** How many counted slots in a row have proven a failure; no more than a verdict needs. */
  readonly proven: number;
}

/** Failures without an endpoint, of how many requests. */
export interface Level {
  readonly requests: number;
  readonly unattributed: number;
}

/** By reporter; what was counted before the rollout stands apart until the first slot tells which workload is which. */
export interface ErrorsState {
  readonly before: ByReporter<Tally>;
  readonly reporters: ByReporter<ReporterState>;
}

/** A reporter that has counted nothing yet. */
export const nothingCounted: ReporterState = {
  canary: noRequests,
  stable: noRequests,
  unattributed: 0,
  past: noRequests,
  level: { requests: 0, unattributed: 0 },
  present: false,
  proven: 0,
};

/** Applies a function to every reporter that is there. */
export function eachReporter<A, B>(all: ByReporter<A>, next: (value: A) => B): ByReporter<B> {
  return Object.fromEntries(
    reporters.flatMap((reporter) => {
      const value = all[reporter];
      return value === undefined ? [] : [[reporter, next(value)] as const];
    }),
  );
}

/** What was counted before the rollout, as far as it concerns the subject. */
export function foldBefore({ before, reporters: known }: ErrorsState, subject: Subject): ErrorsState {
  const folded = eachReporter(before, (tally) => {
    const { canary, stable, unattributed } = countsOf(tally, subject);
    const level = { requests: canary.requests + stable.requests + unattributed, unattributed };
    return { ...nothingCounted, past: stable, level, present: true };
  });
  return { before: {}, reporters: { ...folded, ...known } };
}

/** The saved state; undefined when it is none. Keys it does not know are dropped. */
export function reviveErrors(saved: unknown): ErrorsState | undefined {
  if (!isRecord(saved) || !isRecord(saved['before']) || !isRecord(saved['reporters'])) return undefined;
  const before = reviveEach(saved['before'], reviveTally);
  const known = reviveEach(saved['reporters'], reviveReporter);
  return before === undefined || known === undefined ? undefined : { before, reporters: known };
}

/** Revives what is saved by reporter; undefined when one of them cannot be. */
export function reviveEach<T>(
  saved: Readonly<Record<string, unknown>>,
  revive: (one: unknown) => T | undefined,
): ByReporter<T> | undefined {
  const revived: Partial<Record<(typeof reporters)[number], T>> = {};
  for (const reporter of reporters) {
    if (saved[reporter] === undefined) continue;
    const one = revive(saved[reporter]);
    if (one === undefined) return undefined;
    revived[reporter] = one;
  }
  return revived;
}

/** Revives a record of counts or of anything else that `revive` knows; undefined when one entry cannot be. */
export function reviveRecord<T>(
  saved: unknown,
  revive: (one: unknown) => T | undefined,
): Readonly<Record<string, T>> | undefined {
  if (!isRecord(saved)) return undefined;
  const revived = Object.entries(saved).map(([key, one]) => [key, revive(one)] as const);
  return revived.some(([, one]) => one === undefined) ? undefined : (Object.fromEntries(revived) as Record<string, T>);
}

/** Revives a count. */
export function reviveCount(saved: unknown): number | undefined {
  return isCount(saved) ? saved : undefined;
}

/** Revives what was counted before a rollout by one reporter. */
export function reviveTally(saved: unknown): Tally | undefined {
  if (!isRecord(saved)) return undefined;
  const workloads = reviveRecord(saved['workloads'], reviveArm);
  const unattributed = reviveRecord(saved['unattributed'], reviveCount);
  return workloads === undefined || unattributed === undefined ? undefined : { workloads, unattributed };
}

function reviveReporter(saved: unknown): ReporterState | undefined {
  if (!isRecord(saved) || !isRecord(saved['level']) || typeof saved['present'] !== 'boolean') return undefined;
  const [canary, stable, past] = [reviveArm(saved['canary']), reviveArm(saved['stable']), reviveArm(saved['past'])];
  const { requests, unattributed: levelUnattributed } = saved['level'];
  const { unattributed, proven, present } = saved;
  if (canary === undefined || stable === undefined || past === undefined) return undefined;
  if (!isCount(requests) || !isCount(levelUnattributed) || !isCount(unattributed) || !isCount(proven)) return undefined;
  const level = { requests, unattributed: levelUnattributed };
  return { canary, stable, unattributed, past, level, present, proven };
}

function reviveArm(saved: unknown): Arm | undefined {
  if (!isRecord(saved)) return undefined;
  const { requests, server, grpc, unanswered } = saved;
  if (!isCount(requests) || !isCount(server) || !isCount(grpc) || !isCount(unanswered)) return undefined;
  const arm = { requests, server, grpc, unanswered };
  return errorsOf(arm) + unanswered <= requests ? arm : undefined;
}

/** Adds a slot's arms to what stands. */
export function addCounts(
  state: ReporterState,
  slot: { readonly canary: Arm; readonly stable: Arm; readonly unattributed: number },
  inStep: boolean,
): ReporterState {
  const past = addArms(state.past, slot.stable);
  if (!inStep) return { ...state, past, present: true };
  return {
    ...state,
    canary: addArms(state.canary, slot.canary),
    stable: addArms(state.stable, slot.stable),
    unattributed: state.unattributed + slot.unattributed,
    past,
    present: true,
  };
}
