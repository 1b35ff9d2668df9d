// Saves what a delivery got told, over what others saved meanwhile.
import { delivered } from '../domain/outbox.ts';
import type { Rollout, RolloutStatus } from '../domain/rollout.ts';
import { lostClaim } from './announce-claim.ts';
import { type AnnounceParts, type Memory, type Progress, savedPlace } from './announce-delivery.ts';
import { editEveryMs } from './announce-due.ts';
import { saveOver } from './one-speaker.ts';

/** Saves it; whether that was possible in ten tries, or is needless by now. Errors of the store pass through, and the memory keeps it. */
export async function saveProgress(
  parts: AnnounceParts,
  from: Rollout,
  memory: Memory,
  done: Progress,
): Promise<boolean> {
  return saveOver(
    parts.rollouts,
    from,
    (rollout) => {
      const next = withProgress(parts, rollout, memory, done);
      return sameTelling(rollout.status, next) ? undefined : next;
    },
    () => {
      delete memory.place;
      delete memory.keys;
    },
  );
}

function withProgress(parts: AnnounceParts, rollout: Rollout, memory: Memory, done: Progress): RolloutStatus {
  const { status } = rollout;
  const outbox = delivered(status.outbox ?? [], done.keys);
  const { claim: held, ts, shown, channel } = status.slack ?? { channel: memory.place?.channel ?? '' };
  // Another speaks by now. It has to draw the message once more, for what we drew may be older.
  if (held !== undefined && lostClaim(parts, rollout))
    return { ...status, outbox, slack: { channel, ...(ts === undefined ? {} : { ts }), claim: held } };
  const until = done.done === true ? (memory.lastEdit ?? 0) + editEveryMs : Number.POSITIVE_INFINITY;
  const claimNow = held === undefined ? {} : { claim: { by: held.by, until: Math.min(held.until, until) } };
  if (done.lost === true) return { ...status, outbox, slack: { channel, ...claimNow } };
  const place = done.place ?? savedPlace(status.slack) ?? memory.place;
  const nowShown = done.shown ?? shown;
  const told = { ...(place ?? { channel }), ...(nowShown === undefined ? {} : { shown: nowShown }), ...claimNow };
  return { ...status, outbox, slack: told };
}

function sameTelling(before: RolloutStatus, next: RolloutStatus): boolean {
  const telling = ({ outbox = [], slack }: RolloutStatus): string =>
    JSON.stringify([outbox.map(({ key }) => key), slack]);
  return telling(before) === telling(next);
}
