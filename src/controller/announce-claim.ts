// Who may speak for a rollout: one process at a time, by a claim that is saved before anything is said.
import type { Rollout, RolloutStatus } from '../domain/rollout.ts';
import type { Millis } from '../domain/time.ts';
import type { AnnounceParts, Memory } from './announce-delivery.ts';
import { leftInDoubt } from './one-speaker.ts';

/** How long a process may speak for a rollout without claiming again; once all is told, it is the pace of edits alone. */
export const claimMs: Millis = 30_000;

/**
 * Saves who speaks, and whether it may post something, so that whoever comes after a death knows what is in doubt: one post at most.
 * Undefined when the rollout changed meanwhile. Errors of the store pass through.
 */
export async function claim(parts: AnnounceParts, rollout: Rollout, memory: Memory): Promise<Rollout | undefined> {
  const { status, spec } = rollout;
  const { claim: before, ...told } = status.slack ?? { channel: spec.plan.slackChannel ?? '' };
  const posting = willPost(status, memory);
  const mine = { by: parts.by, until: parts.clock.now() + claimMs, ...(posting ? { posting: true as const } : {}) };
  const saved = await parts.rollouts.save(rollout, { ...status, slack: { ...told, claim: mine } });
  if (saved.kind !== 'saved') return undefined;
  if (leftInDoubt(parts, before)) parts.counter.maybeTwice();
  return saved.rollout;
}

function willPost({ slack, outbox = [] }: RolloutStatus, memory: Memory): boolean {
  return (slack?.ts ?? memory.place?.ts) === undefined || outbox.some(({ to }) => to !== 'nobody');
}

/** Whether another process speaks for the rollout by now. */
export function lostClaim({ by }: AnnounceParts, { status }: Rollout): boolean {
  const { claim: held } = status.slack ?? {};
  return held !== undefined && held.by !== by;
}
