// What a save changes that somebody outside may want to hear of: one word and one sentence for each change that matters.
import { awaitsApproval, standingOf } from './announcement.ts';
import { phases, type Rollout, type RolloutStatus } from './rollout.ts';

/** Every word for a change: the phase that was entered, or what else happened in one. */
export const happenings = [
  ...phases,
  'approvalRequested',
  'approvalReminder',
  'stalled',
  'movingAgain',
  'paused',
  'resumed',
] as const;

export type HappeningWord = (typeof happenings)[number];

/** One change. */
export interface Happening {
  readonly word: HappeningWord;
  readonly message: string;
}

/** What a save from `before` to the status changes; undefined where it is nothing that is told. */
export function happeningOf(before: Rollout, status: RolloutStatus): Happening | undefined {
  const was = before.status;
  const { message } = status;
  if (was.phase !== status.phase || was.step !== status.step) return { word: status.phase, message };
  if (awaitsApproval(status) && !awaitsApproval(was)) return { word: 'approvalRequested', message };
  if (awaitsApproval(status) && was.approval?.remindedAt !== status.approval?.remindedAt)
    return { word: 'approvalReminder', message: `Still waiting for approval. ${message}` };
  if (was.stalled?.reason !== status.stalled?.reason)
    return status.stalled === undefined
      ? { word: 'movingAgain', message }
      : { word: 'stalled', message: status.stalled.message };
  if (was.pausedBy === status.pausedBy) return undefined;
  return { word: standingOf({ spec: before.spec, status }) === 'paused' ? 'paused' : 'resumed', message };
}
