// What every surface shows of a rollout: conditions for machines, plain strings for people.
import { isAwaitingApproval } from './approval.ts';
import { isFinal, type RolloutSpec, type RolloutStatus } from './rollout.ts';
import { decisive } from './verdict.ts';

/** The conditions of a rollout, each always present, so that `kubectl wait` can name any of them at any time. */
export type ConditionType =
  | 'Ready'
  | 'Reconciling'
  | 'Stalled'
  | 'Finished'
  | 'Succeeded'
  | 'AwaitingApproval'
  | 'Paused';

/** One condition, without the time of its last change, which the store keeps. */
export interface Condition {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** The printer columns, ready to be shown. */
export interface Display {
  readonly target: string;
  readonly step: string;
  readonly weight: string;
  readonly verdict: string;
  readonly revision: string;
  readonly stable: string;
  readonly canary: string;
}

/**
 * Conditions after the kstatus convention (Ready, Reconciling, Stalled) and Serin's own. `Finished` turns True at every end,
 * `Succeeded` is Unknown until then. A rollback counts as Stalled, because kstatus readers know no other word for failed.
 */
export function conditionsOf(spec: RolloutSpec, status: RolloutStatus, namespace: string): readonly Condition[] {
  const finished = isFinal(status.phase);
  const promoted = status.phase === 'promoted';
  const stalled = status.stalled ?? (status.phase === 'rolledBack' ? status : undefined);
  const paused = isPaused(spec, status);
  function condition(
    type: ConditionType,
    holds: boolean | undefined,
    reason = status.reason,
    message = status.message,
  ): Condition {
    return { type, status: holds === undefined ? 'Unknown' : holds ? 'True' : 'False', reason, message };
  }
  return [
    condition('Ready', promoted),
    condition('Reconciling', !finished && stalled === undefined),
    condition('Stalled', stalled !== undefined, stalled?.reason, stalled?.message),
    condition('Finished', finished),
    condition('Succeeded', finished ? promoted : undefined),
    condition('AwaitingApproval', isAwaitingApproval(status)),
    condition('Paused', paused, paused ? 'PausedByPerson' : 'NotPaused', pausedSentence(spec, status, namespace)),
  ];
}

/** Whether a person holds forward moves; a failing gate still rolls back. */
export function isPaused(spec: RolloutSpec, status: RolloutStatus): boolean {
  return !isFinal(status.phase) && (spec.paused || status.pausedBy !== undefined);
}

function pausedSentence(spec: RolloutSpec, status: RolloutStatus, namespace: string): string {
  if (!isPaused(spec, status)) return 'Nobody has paused this rollout.';
  const who = status.pausedBy === undefined ? 'spec.paused is set' : `paused by ${status.pausedBy}`;
  return `Forward moves wait (${who}); a failing gate still rolls back. Go on with: serin resume ${spec.target.name} -n ${namespace}`;
}

/** The strings of the printer columns. */
export function displayOf(spec: RolloutSpec, status: RolloutStatus): Display {
  const { intended, observed } = status.weight;
  return {
    target: spec.target.name,
    step: `${Math.min(status.step + 1, spec.plan.steps.length)}/${spec.plan.steps.length}`,
    weight: observed === null || observed === intended ? `${intended}%` : `${intended}% (is ${observed}%)`,
    verdict: shownVerdict(status),
    revision: spec.canary.hash,
    stable: `${spec.stable.workload} ${spec.stable.images.join(',')}`.trim(),
    canary: `${spec.canary.workload} ${spec.canary.images.join(',')}`.trim(),
  };
}

/** What decides now; at the end what decided: of a promotion its warrant, of a rollback that no gate brought about its cause. */
function shownVerdict({ phase, cause, warrant, verdicts }: RolloutStatus): string {
  const verdict = decisive(verdicts);
  const isOver = phase === 'rollingBack' || phase === 'rolledBack';
  if (isOver && cause !== undefined && verdict?.verdict !== 'fail') return cause;
  if (phase === 'promoted' && verdict?.verdict !== 'pass') return warrant?.kind ?? '-';
  if (verdict === undefined) return '-';
  return verdict.verdict === 'pass' ? 'pass' : `${verdict.verdict}: ${verdict.gate}`;
}
