// Tells what one rollout owes: claim, speak, save. Only the claim's holder speaks, and what it says shows the rollout as it is now,
// so that nothing older can follow something newer.
import { noticeOf } from '../domain/announcement.ts';
import { isFinal, type Rollout } from '../domain/rollout.ts';
import { claim } from './announce-claim.ts';
import { type AnnounceParts, type Delivered, type Memory, type Progress, recollect } from './announce-delivery.ts';
import { waitsUntil } from './announce-due.ts';
import { saveProgress } from './announce-save.ts';
import { speak } from './announce-speak.ts';
import { claimedElsewhere } from './one-speaker.ts';

/** Whether there is something to tell of a rollout. */
export function owes(rollout: Rollout, cluster?: string): boolean {
  const { spec, status } = rollout;
  if (spec.plan.slackChannel === undefined) return false;
  if ((status.outbox ?? []).length > 0) return true;
  if (isFinal(status.phase) && status.slack?.ts === undefined) return false;
  return status.slack?.shown !== noticeOf(rollout, cluster).key;
}

/**
 * Tells as much as may be told now, and posts one thing at most: a death between a post and its save leaves that one in doubt and no
 * other. Errors of the store pass through.
 */
export async function announceOne(parts: AnnounceParts, id: Rollout['id'], memory: Memory): Promise<Delivered> {
  const { clock } = parts;
  const found = await parts.rollouts.get(id);
  if (found === undefined || !owes(found, parts.cluster)) return { kind: 'rest' };
  recollect(memory, found);
  const notice = noticeOf(found, parts.cluster);
  const held = claimedElsewhere(parts, found.status.slack?.claim);
  const at = held ?? waitsUntil({ rollout: found, notice, memory, now: clock.now() });
  if (at !== undefined) return { kind: 'again', at };
  const claimed = await claim(parts, found, memory);
  if (claimed === undefined) return { kind: 'again', at: clock.now() };
  memory.keys ??= new Set();
  const progress: Progress = { keys: memory.keys };
  const ended = await speak(parts, claimed, memory, progress);
  return (await saveProgress(parts, claimed, memory, progress)) ? ended : { kind: 'again', at: clock.now() };
}
