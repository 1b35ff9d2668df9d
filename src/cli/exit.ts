// How the command ends: codes a pipeline can branch on, and errors that say what to do next.
import type { RolloutStatus } from '../domain/rollout.ts';

/** Documented and never renumbered. */
export const exitCodes = {
  reached: 0,
  internal: 1,
  usage: 2,
  rolledBack: 3,
  aborted: 4,
  superseded: 5,
  approvalRefused: 6,
  failedToStart: 7,
  noEvidence: 8,
  notFound: 10,
  timedOut: 124,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A code in one word, for programs: the same for ever. */
export type Outcome = keyof typeof exitCodes;

/** The word of a code. */
export function outcomeOf(code: ExitCode): Outcome {
  const words = Object.keys(exitCodes) as readonly Outcome[];
  return words.find((word) => exitCodes[word] === code) ?? 'internal';
}

/** An end that the user must hear of: a sentence, and the next command where there is one. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;
  readonly next: string | undefined;

  constructor(exitCode: ExitCode, message: string, next?: string) {
    super(message);
    this.exitCode = exitCode;
    this.next = next;
  }
}

/** The code of a finished rollout, for whoever wanted it promoted. */
export function exitCodeOf(status: RolloutStatus): ExitCode {
  if (status.phase === 'promoted') return exitCodes.reached;
  const { cause } = status;
  if (cause === undefined) return exitCodes.internal;
  switch (cause) {
    case 'gate':
      return exitCodes.rolledBack;
    case 'health':
      return hasServed(status) ? exitCodes.rolledBack : exitCodes.failedToStart;
    case 'deadline':
      return exitCodes.failedToStart;
    case 'person':
      return exitCodes.aborted;
    case 'superseded':
    case 'stableChanged':
      return exitCodes.superseded;
    case 'approval':
      return exitCodes.approvalRefused;
    case 'undecided':
      return exitCodes.noEvidence;
  }
}

/** Whether a weight above 0 was ever in effect. The history may have lost its oldest lines; the step it has not. */
function hasServed({ step, history }: RolloutStatus): boolean {
  return step > 0 || history.some(({ phase, weight }) => phase === 'baking' && weight > 0);
}

/** The code of anything that was thrown: 10 when the cluster said 401, 403 or 404, else 1. */
export function exitCodeOfError(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  return statusOf(error) === undefined ? exitCodes.internal : exitCodes.notFound;
}

/** The outcome, or undefined where the user may not see or do that. Every other error is passed on. */
export async function ifPermitted<T>(outcome: Promise<T>): Promise<T | undefined> {
  try {
    return await outcome;
  } catch (error) {
    if (statusOf(error) === 403) return undefined;
    throw error;
  }
}

/** Whether an error says itself what to type next, or that nothing helps. */
export function hasNext(error: unknown): error is { readonly next: string | undefined } {
  return typeof error === 'object' && error !== null && 'next' in error;
}

/** What the cluster refused with, 401, 403 or 404; undefined for every other error. */
export function statusOf(error: unknown): 401 | 403 | 404 | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { status, code } = error as Record<string, unknown>;
  return ([401, 403, 404] as const).find((refusal) => status === refusal || code === refusal);
}
