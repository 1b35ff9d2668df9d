// What a save changes that somebody outside may want to hear of: one word and one sentence for each change that matters.
import { isAwaitingApproval } from './approval.ts';
import { phases, type Rollout, type RolloutStatus } from './rollout.ts';
import { shortened } from './shortened.ts';
import { isPaused } from './status.ts';

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

/** One of them. */
export type HappeningWord = (typeof happenings)[number];

/** One change. */
export interface Happening {
  readonly word: HappeningWord;
  /** Short enough to be kept until it is told. */
  readonly message: string;
}

/** Letters of a change's sentence. */
const sentenceLetters = 400;

/** What a save from `before` to the status changes; undefined where it is nothing that is told. */
export function happeningOf(before: Rollout, status: RolloutStatus): Happening | undefined {
  const happening = changeOf(before, status);
  return happening && { ...happening, message: shortened(happening.message, sentenceLetters) };
}

function changeOf(before: Rollout, status: RolloutStatus): Happening | undefined {
  const was = before.status;
  const { message } = status;
  if (was.phase !== status.phase || was.step !== status.step) return { word: status.phase, message };
  if (isAwaitingApproval(status) && !isAwaitingApproval(was)) return { word: 'approvalRequested', message };
  if (isAwaitingApproval(status) && was.approval?.remindedAt !== status.approval?.remindedAt)
    return { word: 'approvalReminder', message: `Still waiting for approval. ${message}` };
  if (was.stalled?.reason !== status.stalled?.reason)
    return status.stalled === undefined
      ? { word: 'movingAgain', message }
      : { word: 'stalled', message: status.stalled.message };
  if (was.pausedBy === status.pausedBy) return undefined;
  return { word: isPaused(before.spec, status) ? 'paused' : 'resumed', message };
}

/**
 * Who has to hear of a change besides those who look: the whole `channel` when somebody is needed or it is over, the `thread` when
 * traffic or a person moves it, else `nobody`.
 */
export type Audience = 'nobody' | 'thread' | 'channel';

/** Who has to hear of such a change. */
export function audienceOf(word: HappeningWord): Audience {
  switch (word) {
    case 'awaitingApproval':
    case 'held':
    case 'promoted':
    case 'rolledBack':
    case 'approvalRequested':
    case 'approvalReminder':
    case 'stalled':
      return 'channel';
    case 'shifting':
    case 'promoting':
    case 'rollingBack':
    case 'movingAgain':
    case 'paused':
    case 'resumed':
      return 'thread';
    case 'pending':
    case 'preparing':
    case 'baking':
    case 'finalizing':
      return 'nobody';
  }
}
