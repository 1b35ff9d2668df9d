// Whose word a rollout waits for: when it asks, what silence means, who may answer, and the sentences of it.

import type { Approval, Given } from './people.ts';
import type { ApprovalPlan, Plan } from './plan.ts';
import { weightOf } from './plan.ts';
import type { Cause, Rollout, RolloutStatus, Warrant } from './rollout.ts';
import { formatDuration, formatInstant, type Instant } from './time.ts';

/** Whether the plan wants a word before anything is touched. */
export function asksToStart({ approval }: Plan): boolean {
  return approval?.when === 'before-start';
}

/** Whether the plan wants a word before a step is left that is warranted otherwise. */
export function asksAfter({ approval, steps }: Plan, step: number): boolean {
  if (approval?.when === 'every-step') return true;
  return approval?.when === 'before-promotion' && step >= steps.length - 1;
}

/** The question as it is put now; its time-out runs from here. Without a warrant it is the start that is asked for. */
export function questionOf({ approval }: Plan, step: number, warrant: Warrant | undefined, now: Instant): Approval {
  return {
    of: warrant === undefined ? 'start' : 'step',
    step,
    askedAt: now,
    ...(approval?.timeoutMs === undefined ? {} : { expiresAt: now + approval.timeoutMs }),
    ...(warrant === undefined ? {} : { warrant: { ...warrant, message: warrant.message.slice(0, 300) } }),
  };
}

/** The approval that was asked for where the rollout stands now; undefined where none was. */
export function approvalAt({ phase, step, approval }: RolloutStatus): Approval | undefined {
  if (approval === undefined || approval.step !== step) return undefined;
  if (phase === 'pending') return approval.of === 'start' ? approval : undefined;
  return phase === 'awaitingApproval' && approval.of === 'step' ? approval : undefined;
}

/** Whether a person was asked and has not answered: before the start, or at a step. */
export function isAwaitingApproval(status: RolloutStatus): boolean {
  const approval = approvalAt(status);
  return approval === undefined ? status.phase === 'awaitingApproval' : approval.given === undefined;
}

/** What an abort ends a rollout for: one that waits for approval is refused. */
export function causeOfAbort(status: RolloutStatus): Extract<Cause, 'person' | 'approval'> {
  return isAwaitingApproval(status) ? 'approval' : 'person';
}

/** Whether the time-out of a question is over. */
export function isExpired({ expiresAt }: Approval, now: Instant): boolean {
  return expiresAt !== undefined && now >= expiresAt;
}

/** When people are to be reminded: at half of the time-out. Undefined without one, and once it was done. */
export function reminderAt({ askedAt, expiresAt, remindedAt, given }: Approval): Instant | undefined {
  if (expiresAt === undefined || remindedAt !== undefined || given !== undefined) return undefined;
  return askedAt + (expiresAt - askedAt) / 2;
}

/** Why somebody may not approve although they have the right; undefined when they may. */
export function barred({ approval }: Plan, actor: string): string | undefined {
  if (approval?.byAuthor !== 'refused' || approval.author?.toLowerCase() !== actor.toLowerCase()) return undefined;
  return `${actor} made this change (serin.dev/author), and approval-by-author is refused. Somebody else has to approve it.`;
}

/** What waits, how to answer, and what silence means. */
export function askingSentence(
  { id, spec, status }: Pick<Rollout, 'id' | 'spec' | 'status'>,
  approval: Approval,
): string {
  const at = `${spec.target.name} -n ${id.namespace}`;
  const what = approval.of === 'start' ? `The start of ${spec.canary.workload}` : stepName(spec.plan, status.step);
  return `${what} waits for approval: serin approve ${at}, or refuse it with serin abort ${at}. ${silence(spec.plan, approval)}`;
}

function stepName(plan: Plan, step: number): string {
  const next = step >= plan.steps.length - 1 ? 'the promotion' : `the step to ${weightOf(plan, step + 1)}%`;
  return `Step ${step + 1} of ${plan.steps.length} (${weightOf(plan, step)}%) has passed, and ${next}`;
}

function silence({ approval }: Plan, { expiresAt }: Approval): string {
  if (expiresAt === undefined || approval === undefined) return 'It waits for ever.';
  return `If nobody answers by ${withoutMillis(expiresAt)}, ${silenceMeans(approval)}.`;
}

function silenceMeans({ onTimeout }: ApprovalPlan): string {
  switch (onTimeout) {
    case 'hold':
      return 'it goes on waiting and counts as stalled';
    case 'rollback':
      return 'it is rolled back';
    case 'advance':
      return 'it goes on without an approval';
  }
}

function withoutMillis(at: Instant): string {
  return formatInstant(at).replace(/\.\d+Z$/, 'Z');
}

/** That the time-out is over, as the beginning of a sentence of its own. */
export function expiredSentence({ approval }: Plan, { askedAt, expiresAt }: Approval): string {
  const waited = formatDuration((expiresAt ?? askedAt) - askedAt);
  const means = `on-approval-timeout says ${approval?.onTimeout ?? 'hold'}`;
  return `Nobody approved within ${waited}, and ${means}.`;
}

/** Who approved, and from where, as it appears in sentences. */
export function approvedBy({ by, surface, reason }: Given): string {
  return `Approved by ${by} from ${surface}${reason === undefined ? '' : `: ${reason}`}.`;
}

/** When a rollout of the plan asks, whom, and what silence means; for people who read the plan. */
export function approvalTerms({ approval }: Plan): string {
  if (approval === undefined) return 'none: gates alone decide';
  const when = {
    'before-start': 'before the start',
    'before-promotion': 'before the promotion',
    'every-step': 'after each step',
  };
  const { author } = approval;
  const but = approval.byAuthor === 'refused' && author !== undefined ? `, but not ${author}, who made the change` : '';
  const whom = `by somebody with the verb approve on canaryrollouts${but}`;
  const waits =
    approval.timeoutMs === undefined
      ? 'it waits for ever'
      : `without an answer in ${formatDuration(approval.timeoutMs)}, ${silenceMeans(approval)}`;
  return `${when[approval.when]}, ${whom}; ${waits}`;
}
