// Tells what one rollout owes: claim, speak, save. Only the claim's holder speaks, and what it says shows the rollout as it is now,
// so that nothing older can follow something newer.
import { type Notice, noticeOf } from '../domain/announcement.ts';
import { delivered } from '../domain/outbox.ts';
import { isFinal, type OutboxEntry, type Rollout, type RolloutStatus, type Told } from '../domain/rollout.ts';
import type { Instant, Millis } from '../domain/time.ts';
import {
  type AnnouncementCounter,
  type Announcements,
  type MessagePlace,
  type Spoken,
  speakMs,
} from './announcements.ts';
import type { Clock, RolloutStore } from './ports.ts';

/** What telling takes. */
export interface AnnounceParts {
  readonly rollouts: Pick<RolloutStore, 'get' | 'save'>;
  readonly announcements: Announcements;
  readonly clock: Clock;
  readonly counter: AnnouncementCounter;
  /** This process, unlike every other and every earlier one. */
  readonly by: string;
  /** The cluster's name, where people have given it one. */
  readonly cluster?: string;
}

/** What a process remembers of a message between two deliveries. */
export interface Memory {
  /** The rollout it is about; another of the same name begins anew. */
  uid?: string;
  /** What was told and could not be saved yet. */
  keys?: Set<string>;
  /** Where it was posted, when that could not be saved yet. */
  place?: MessagePlace;
  lastEdit?: Instant;
  /** Until then an edit that nobody answered may still come to pass. */
  doubtUntil?: Instant;
}

/** How a delivery ended: nothing owed, look again then, or it failed and how. */
export type Delivered =
  | { readonly kind: 'rest' }
  | { readonly kind: 'again'; readonly at: Instant }
  | { readonly kind: 'failed'; readonly spoken: Exclude<Spoken, { readonly kind: 'told' }> };

/** Time between two edits of one message. */
export const editEveryMs: Millis = 3_000;
/** How long a process may speak for a rollout without claiming again; once all is told, it is the pace of edits alone. */
export const claimMs: Millis = 30_000;
/** How late an unanswered edit may still come to pass. */
const doubtMs: Millis = 30_000;
const saveTries = 10;

/** Whether there is something to tell of a rollout. */
export function owes(rollout: Rollout, cluster?: string): boolean {
  const { spec, status } = rollout;
  if (spec.plan.slackChannel === undefined) return false;
  if ((status.outbox ?? []).length > 0) return true;
  if (isFinal(status.phase) && status.slack?.ts === undefined) return false;
  return status.slack?.shown !== noticeOf(rollout, cluster).key;
}

/** What has been told in one delivery, to be saved in one write. */
interface Progress {
  place?: MessagePlace;
  shown?: string;
  /** The message is no more: its place is forgotten. */
  lost?: boolean;
  /** All is told and nothing is in doubt: another process may go on once the message may be edited again. */
  done?: boolean;
  readonly keys: Set<string>;
}

/** Tells as much as may be told now. Errors of the store pass through. */
export async function announceOne(parts: AnnounceParts, id: Rollout['id'], memory: Memory): Promise<Delivered> {
  const found = await parts.rollouts.get(id);
  if (found === undefined || !owes(found, parts.cluster)) return { kind: 'rest' };
  if (memory.uid !== found.uid) forget(memory, found.uid);
  const other = otherClaim(parts, found);
  if (other !== undefined) return { kind: 'again', at: other };
  const claimed = await claim(parts, found, memory);
  if (claimed === undefined) return { kind: 'again', at: parts.clock.now() };
  memory.keys ??= new Set();
  const progress: Progress = { keys: memory.keys };
  const ended = await speak(parts, claimed, memory, progress);
  return (await saveProgress(parts, claimed, memory, progress)) ? ended : { kind: 'again', at: parts.clock.now() };
}

function forget(memory: Memory, uid: string): void {
  delete memory.keys;
  delete memory.place;
  delete memory.lastEdit;
  delete memory.doubtUntil;
  memory.uid = uid;
}

/** When the claim of another process ends; undefined while there is none. */
function otherClaim({ clock, by }: AnnounceParts, { status }: Rollout): Instant | undefined {
  const held = status.slack?.claim;
  return held !== undefined && held.by !== by && held.until > clock.now() ? held.until : undefined;
}

/** Saves who speaks and that something is about to be posted; undefined when the rollout changed meanwhile. */
async function claim(parts: AnnounceParts, rollout: Rollout, memory: Memory): Promise<Rollout | undefined> {
  const { status, spec } = rollout;
  const { claim: before, ...told } = status.slack ?? { channel: spec.plan.slackChannel ?? '' };
  const posting = willPost(status, memory);
  const now = parts.clock.now();
  const isMine = before?.by === parts.by;
  if (isMine && !posting && before.until - now > 2 * speakMs) return rollout;
  const mine = { by: parts.by, until: now + claimMs, ...(posting ? { posting: true as const } : {}) };
  const saved = await parts.rollouts.save(rollout, { ...status, slack: { ...told, claim: mine } });
  if (saved.kind !== 'saved') return undefined;
  if (!isMine && before?.posting === true) parts.counter.maybeTwice();
  return saved.rollout;
}

function willPost({ slack, outbox = [] }: RolloutStatus, memory: Memory): boolean {
  return (slack?.ts ?? memory.place?.ts) === undefined || outbox.some(({ to }) => to !== 'nobody');
}

async function speak(parts: AnnounceParts, rollout: Rollout, memory: Memory, progress: Progress): Promise<Delivered> {
  const notice = noticeOf(rollout, parts.cluster);
  const until = rollout.status.slack?.claim?.until ?? 0;
  const shown = await show(parts, rollout, notice, memory, progress);
  if (shown !== undefined && shown.kind === 'failed') return shown;
  const place = progress.place ?? placeOf(rollout.status.slack) ?? memory.place;
  if (place === undefined) return { kind: 'again', at: parts.clock.now() };
  for (const entry of rollout.status.outbox ?? []) {
    if (progress.keys.has(entry.key)) continue;
    if (parts.clock.now() + speakMs >= until) return { kind: 'again', at: parts.clock.now() };
    const said = await sayBeneath(parts, place, entry, shown === undefined);
    if (said === 'waits' && entry.to === 'channel') break;
    if (said === 'waits') continue;
    if (said.kind !== 'told') return failed(parts, said, memory, progress);
    progress.keys.add(entry.key);
  }
  progress.done = shown === undefined;
  return shown ?? { kind: 'again', at: parts.clock.now() };
}

function failed(
  parts: AnnounceParts,
  spoken: Exclude<Spoken, { kind: 'told' }>,
  memory: Memory,
  progress: Progress,
): Delivered {
  if (spoken.kind === 'unsure') parts.counter.maybeTwice();
  return spoken.kind === 'gone' ? lose(parts, memory, progress) : { kind: 'failed', spoken };
}

/** Makes the message show the notice; undefined when it does, otherwise when or why not. */
async function show(
  parts: AnnounceParts,
  { status, spec }: Rollout,
  notice: Notice,
  memory: Memory,
  progress: Progress,
): Promise<Delivered | undefined> {
  const place = placeOf(status.slack) ?? memory.place;
  const now = parts.clock.now();
  if (place === undefined) return postIt(parts, spec.plan.slackChannel ?? '', notice, memory, progress);
  if (status.slack?.shown === notice.key) return undefined;
  const next = (memory.lastEdit ?? 0) + editEveryMs;
  if (now < next) return { kind: 'again', at: next };
  memory.lastEdit = now;
  const spoken = await parts.announcements.edit(place, notice);
  parts.counter.spoken('edit', spoken.kind);
  if (spoken.kind === 'unsure') memory.doubtUntil = parts.clock.now() + doubtMs;
  if (spoken.kind === 'gone') return lose(parts, memory, progress);
  if (spoken.kind !== 'told') return { kind: 'failed', spoken };
  return settled(parts, notice, memory, progress);
}

/** What was shown counts once no earlier edit can follow it any more. */
function settled(parts: AnnounceParts, notice: Notice, memory: Memory, progress: Progress): Delivered | undefined {
  const { doubtUntil = 0 } = memory;
  if (parts.clock.now() < doubtUntil) return { kind: 'again', at: doubtUntil };
  progress.shown = notice.key;
  return undefined;
}

function lose(parts: AnnounceParts, memory: Memory, progress: Progress): Delivered {
  progress.lost = true;
  delete progress.place;
  delete memory.place;
  return { kind: 'again', at: Math.max(parts.clock.now(), (memory.lastEdit ?? 0) + editEveryMs) };
}

async function postIt(
  parts: AnnounceParts,
  channel: string,
  notice: Notice,
  memory: Memory,
  progress: Progress,
): Promise<Delivered | undefined> {
  const spoken = await parts.announcements.post(channel, notice);
  parts.counter.spoken('post', spoken.kind);
  if (spoken.kind === 'unsure') parts.counter.maybeTwice();
  if (spoken.kind !== 'told') return { kind: 'failed', spoken };
  memory.place = spoken.place;
  memory.lastEdit = parts.clock.now();
  progress.place = spoken.place;
  progress.shown = notice.key;
  return undefined;
}

/** An entry without words is told once the message shows the rollout as it is. */
async function sayBeneath(
  parts: AnnounceParts,
  place: MessagePlace,
  entry: OutboxEntry,
  isShown: boolean,
): Promise<Spoken | 'waits'> {
  if (entry.to === 'nobody') return isShown ? { kind: 'told', place } : 'waits';
  if (entry.to === 'channel' && !isShown) return 'waits';
  const spoken = await parts.announcements.reply(place, entry.message, entry.to === 'channel');
  parts.counter.spoken('reply', spoken.kind);
  return spoken;
}

/** Saves what was told, over what others saved meanwhile; whether that was possible. */
async function saveProgress(parts: AnnounceParts, from: Rollout, memory: Memory, done: Progress): Promise<boolean> {
  let rollout: Rollout | undefined = from;
  for (let attempt = 0; attempt < saveTries && rollout !== undefined; attempt += 1) {
    const next = withProgress(parts, rollout, memory, done);
    if (sameTelling(rollout.status, next)) return true;
    const saved = await parts.rollouts.save(rollout, next);
    if (saved.kind === 'saved') {
      if (lostClaim(parts, rollout) && hasPosted(memory, done)) parts.counter.maybeTwice();
      delete memory.place;
      delete memory.keys;
    }
    if (saved.kind !== 'stale') return true;
    rollout = await parts.rollouts.get(from.id);
    if (rollout !== undefined && rollout.uid !== from.uid) return true;
  }
  return rollout === undefined;
}

function lostClaim({ by }: AnnounceParts, { status }: Rollout): boolean {
  const { claim: held } = status.slack ?? {};
  return held !== undefined && held.by !== by;
}

function hasPosted(memory: Memory, { place, keys }: Progress): boolean {
  return (place ?? memory.place) !== undefined || keys.size > 0;
}

function withProgress(parts: AnnounceParts, rollout: Rollout, memory: Memory, done: Progress): RolloutStatus {
  const { status } = rollout;
  const outbox = delivered(status.outbox ?? [], done.keys);
  const { claim: held, ts, shown, channel } = status.slack ?? { channel: memory.place?.channel ?? '' };
  const posted = done.place ?? memory.place;
  // Another speaks by now. It has to draw the message once more, for what we drew may be older.
  if (held !== undefined && lostClaim(parts, rollout))
    return { ...status, outbox, slack: { channel, ...(ts === undefined ? {} : { ts }), claim: held } };
  const until = done.done === true ? (memory.lastEdit ?? 0) + editEveryMs : Number.POSITIVE_INFINITY;
  const claimNow = held === undefined ? {} : { claim: { by: held.by, until: Math.min(held.until, until) } };
  if (done.lost === true && posted === undefined) return { ...status, outbox, slack: { channel, ...claimNow } };
  const place = posted ?? (ts === undefined ? undefined : { channel, ts });
  const nowShown = done.shown ?? shown;
  const told = { ...(place ?? { channel }), ...(nowShown === undefined ? {} : { shown: nowShown }), ...claimNow };
  return { ...status, outbox, slack: told };
}

function sameTelling(before: RolloutStatus, next: RolloutStatus): boolean {
  const telling = ({ outbox = [], slack }: RolloutStatus): string =>
    JSON.stringify([outbox.map(({ key }) => key), slack]);
  return telling(before) === telling(next);
}

function placeOf(told: Told | undefined): MessagePlace | undefined {
  return told?.ts === undefined ? undefined : { channel: told.channel, ts: told.ts };
}
