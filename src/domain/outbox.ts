// What is yet to be told outside the cluster: an entry for each change that matters, kept until it was delivered.
import { type Audience, audienceOf, type HappeningWord, happeningOf } from './happening.ts';
import type { Rollout, RolloutStatus } from './rollout.ts';
import type { Instant } from './time.ts';

/** One change that is yet to be told outside the cluster. */
export interface OutboxEntry {
  /** One for each change, so that none is told twice. */
  readonly key: string;
  readonly time: Instant;
  /** Who hears of it besides those who see the message change. */
  readonly to: Audience;
  readonly message: string;
}

/** Entries kept; beyond them the oldest that only edit or reply go, and an end never does. */
export const mostEntries = 12;

/** The status with what a save from `before` to it leaves to be told; the same where nobody is to be told of anything. */
export function withOutbox(before: Rollout, status: RolloutStatus, now: Instant): RolloutStatus {
  if (before.spec.plan.slackChannel === undefined) return status;
  const entry = entryOf(before, status, now);
  return entry === undefined ? status : { ...status, outbox: entered(status.outbox ?? [], entry) };
}

function entryOf(before: Rollout, status: RolloutStatus, now: Instant): OutboxEntry | undefined {
  const happening = happeningOf(before, status);
  if (happening === undefined) return undefined;
  const { word, message } = happening;
  return { key: `${keyOf(word, status)}.${now}`.slice(0, 120), time: now, to: audienceOf(word), message };
}

function keyOf(word: HappeningWord, { step, stalled }: RolloutStatus): string {
  switch (word) {
    case 'approvalRequested':
      return 'approval';
    case 'approvalReminder':
      return 'reminder';
    case 'stalled':
      return `stalled.${stalled?.reason ?? ''}`;
    case 'movingAgain':
    case 'paused':
    case 'resumed':
      return word;
    case 'pending':
    case 'preparing':
    case 'shifting':
    case 'baking':
    case 'awaitingApproval':
    case 'promoting':
    case 'finalizing':
    case 'held':
    case 'rollingBack':
    case 'promoted':
    case 'rolledBack':
      return `${word}.${step}`;
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
