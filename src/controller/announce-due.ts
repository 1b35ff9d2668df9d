// When a message may next be edited, and which line beneath it may be said next: decided from what is saved and remembered alone.
import type { Notice } from '../domain/announcement.ts';
import type { OutboxEntry } from '../domain/outbox.ts';
import type { Rollout } from '../domain/rollout.ts';
import type { Instant, Millis } from '../domain/time.ts';
import type { Memory } from './announce-delivery.ts';

/** Time between two edits of one message. */
export const editEveryMs: Millis = 3_000;
/** How late a call that nobody answered may still come to pass. */
export const doubtMs: Millis = 30_000;

/** What is looked at: the rollout as it stands, its notice, and what this process remembers. */
export interface Look {
  readonly rollout: Rollout;
  readonly notice: Notice;
  readonly memory: Memory;
  readonly now: Instant;
}

/** Whether the message shows the rollout as it is. */
export function isDrawn({ rollout, notice, memory, now }: Look): boolean {
  return rollout.status.slack?.shown === notice.key || isInDoubt(memory, notice, now);
}

/** It was drawn, and an older edit may still follow. */
function isInDoubt({ drawn, doubtUntil = 0 }: Memory, { key }: Notice, now: Instant): boolean {
  return drawn === key && now < doubtUntil;
}

/** When the message is to be edited; undefined when it shows the rollout as it is for good. */
export function drawDue({ rollout, notice, memory, now }: Look): Instant | undefined {
  if (rollout.status.slack?.shown === notice.key) return undefined;
  if (isInDoubt(memory, notice, now)) return memory.doubtUntil;
  return (memory.lastEdit ?? 0) + editEveryMs;
}

/**
 * The next line beneath the message, and when it may be said; undefined when there is none. The channel hears nothing that the message
 * does not show yet, and a line waits while an older one that nobody answered, and nobody repeats, may still come.
 */
export function sayDue(
  { rollout, memory, now }: Look,
  drawn: boolean,
): { entry: OutboxEntry; at: Instant } | undefined {
  const unsaid = (rollout.status.outbox ?? []).filter(
    ({ key, to }) => to !== 'nobody' && memory.keys?.has(key) !== true,
  );
  const [entry] = unsaid;
  if (entry === undefined || (entry.to === 'channel' && !drawn)) return undefined;
  const { unheard } = memory;
  return { entry, at: unheard === undefined || unheard.key === entry.key ? now : unheard.until };
}

/** Until when nothing can be done; undefined when something can be now. */
export function waitsUntil(look: Look): Instant | undefined {
  if (look.rollout.status.slack?.ts === undefined && look.memory.place === undefined) return undefined;
  const dues = [drawDue(look), sayDue(look, isDrawn(look))?.at].filter((due) => due !== undefined);
  const first = Math.min(...dues);
  return dues.length === 0 || first <= look.now ? undefined : first;
}
