// What is yet to be told outside the cluster: an entry for each change that matters, kept until it was delivered.
import { awaitsApproval, standingOf } from './announcement.ts';
import type { OutboxEntry, Phase, Rollout, RolloutStatus } from './rollout.ts';
import type { Instant } from './time.ts';

/** Entries kept; beyond them the oldest that only edit or reply go, and an end never does. */
export const mostEntries = 12;

const sentenceLetters = 400;

/** The status with what a save from `before` to it leaves to be told; the same where nobody is to be told of anything. */
export function withOutbox(before: Rollout, status: RolloutStatus, now: Instant): RolloutStatus {
  if (before.spec.plan.slackChannel === undefined) return status;
  const entry = entryOf(before, status, now);
  return entry === undefined ? status : { ...status, outbox: entered(status.outbox ?? [], entry) };
}

function entryOf(before: Rollout, status: RolloutStatus, now: Instant): OutboxEntry | undefined {
  const was = before.status;
  if (was.phase !== status.phase || was.step !== status.step)
    return entry(`${status.phase}.${status.step}`, hearers(status.phase), status.message, now);
  if (awaitsApproval(status) && !awaitsApproval(was)) return entry('approval', 'channel', status.message, now);
  if (awaitsApproval(status) && was.approval?.remindedAt !== status.approval?.remindedAt)
    return entry('reminder', 'channel', `Still waiting for approval. ${status.message}`, now);
  if (was.stalled?.reason !== status.stalled?.reason)
    return status.stalled === undefined
      ? entry('movingAgain', 'thread', status.message, now)
      : entry(`stalled.${status.stalled.reason}`, 'channel', status.stalled.message, now);
  if (was.pausedBy === status.pausedBy) return undefined;
  const standing = standingOf({ spec: before.spec, status });
  return entry(standing === 'paused' ? 'paused' : 'resumed', 'thread', status.message, now);
}

function entry(word: string, to: OutboxEntry['to'], message: string, now: Instant): OutboxEntry {
  return { key: `${word}.${now}`.slice(0, 120), time: now, to, message: message.slice(0, sentenceLetters) };
}

/** Who hears of a phase: the whole channel when it needs somebody or is over, the thread when traffic moves, else nobody. */
function hearers(phase: Phase): OutboxEntry['to'] {
  switch (phase) {
    case 'awaitingApproval':
    case 'held':
    case 'promoted':
    case 'rolledBack':
      return 'channel';
    case 'pending':
    case 'preparing':
    case 'baking':
    case 'finalizing':
      return 'nobody';
    case 'shifting':
    case 'promoting':
    case 'rollingBack':
      return 'thread';
  }
}

/** The entries with one more: one that is there already is not entered again, and edits without words follow only the last. */
export function entered(outbox: readonly OutboxEntry[], next: OutboxEntry): readonly OutboxEntry[] {
  if (outbox.some(({ key }) => key === next.key)) return outbox;
  const spoken = [...outbox.filter(({ to }) => to !== 'nobody'), next];
  const surplus = spoken.length - mostEntries;
  if (surplus <= 0) return spoken;
  const dispensable = spoken.slice(0, -1).filter(({ to }) => to === 'thread');
  const dropped = new Set([...dispensable, ...spoken.slice(0, -1)].slice(0, surplus).map(({ key }) => key));
  return spoken.filter(({ key }) => !dropped.has(key));
}

/** The entries without those delivered. */
export function delivered(outbox: readonly OutboxEntry[], keys: ReadonlySet<string>): readonly OutboxEntry[] {
  return outbox.filter(({ key }) => !keys.has(key));
}
