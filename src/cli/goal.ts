// What a pipeline waits for, and whether a rollout is there.
import { InvalidArgumentError } from 'commander';
import { isAwaitingApproval } from '../domain/approval.ts';
import { isFinal, type Rollout, type RolloutStatus } from '../domain/rollout.ts';
import { nearest } from '../domain/spelling.ts';
import { CliError, type ExitCode, exitCodeOf, exitCodes } from './exit.ts';

/** What can be waited for. Steps are counted from 1, as people see them. */
export type Goal =
  | { readonly kind: 'promoted' }
  | { readonly kind: 'finished' }
  | { readonly kind: 'awaitingApproval' }
  | { readonly kind: 'step'; readonly step: number };

const goalWords = ['promoted', 'finished', 'awaiting-approval', 'step=2'] as const;

/** Reads a goal as it is typed; what is none is a usage error with the nearest one. */
export function readGoal(text: string): Goal {
  const [, digits] = /^step=([1-9]\d{0,2})$/.exec(text) ?? [];
  if (digits !== undefined) return { kind: 'step', step: Number(digits) };
  switch (text) {
    case 'promoted':
    case 'finished':
      return { kind: text };
    case 'awaiting-approval':
      return { kind: 'awaitingApproval' };
  }
  const guess = nearest(text, goalWords);
  const hint = guess === undefined ? '' : ` Did you mean "${guess}"?`;
  throw new InvalidArgumentError(`Expected promoted, finished, awaiting-approval, or step=2.${hint}`);
}

/** A goal as it is typed. */
export function typedGoal(goal: Goal): string {
  switch (goal.kind) {
    case 'promoted':
    case 'finished':
      return goal.kind;
    case 'awaitingApproval':
      return 'awaiting-approval';
    case 'step':
      return `step=${goal.step}`;
  }
}

/** A goal as the end of "waiting for checkout ...". */
export function goalSentence(goal: Goal): string {
  switch (goal.kind) {
    case 'promoted':
    case 'finished':
      return `to be ${goal.kind}`;
    case 'awaitingApproval':
      return 'to await approval';
    case 'step':
      return `to reach step ${goal.step}`;
  }
}

/** The exit code of waiting for the goal, once this rollout decides it; undefined while it may still be reached. */
export function codeFor(goal: Goal, rollout: Rollout): ExitCode | undefined {
  const { phase } = rollout.status;
  if (isReached(goal, rollout)) return exitCodes.reached;
  return isFinal(phase) ? exitCodeOf(rollout.status) : undefined;
}

/** A step that the plan does not have can never be reached: a usage error. */
export function demandStep(goal: Goal, { id, spec }: Rollout): void {
  const { steps } = spec.plan;
  if (goal.kind !== 'step' || goal.step <= steps.length) return;
  const message = `There is no step ${goal.step}: the plan of ${id.name} has ${steps.length} (${steps.join(', ')} percent).`;
  throw new CliError(exitCodes.usage, message);
}

function isReached(goal: Goal, { status }: Rollout): boolean {
  switch (goal.kind) {
    case 'promoted':
      return status.phase === 'promoted';
    case 'finished':
      return isFinal(status.phase);
    case 'awaitingApproval':
      return status.phase === 'promoted' || isAwaitingApproval(status);
    case 'step':
      return isAtStep(status, goal.step);
  }
}

/** Whether a step's weight is in effect and judged, or was. */
function isAtStep({ phase, step, cause }: RolloutStatus, wanted: number): boolean {
  switch (phase) {
    case 'promoted':
      return true;
    case 'promoting':
    case 'finalizing':
      return cause === undefined;
    case 'baking':
    case 'awaitingApproval':
      return step + 1 >= wanted;
    case 'pending':
    case 'preparing':
    case 'shifting':
      return step >= wanted;
    case 'held':
    case 'rollingBack':
    case 'rolledBack':
      return false;
  }
}
