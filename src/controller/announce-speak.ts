// What is said in one delivery: the message posted, or drawn as the rollout is now and one line said beneath it.
import { type Notice, noticeOf } from '../domain/announcement.ts';
import type { OutboxEntry } from '../domain/outbox.ts';
import type { Rollout } from '../domain/rollout.ts';
import { type AnnounceParts, type Delivered, type Memory, type Progress, savedPlace } from './announce-delivery.ts';
import { doubtMs, drawDue, editEveryMs, isDrawn, type Look, sayDue } from './announce-due.ts';
import { type MessagePlace, type Spoken, speakMs } from './announcements.ts';

/** One delivery under way. */
interface Speech {
  readonly parts: AnnounceParts;
  readonly rollout: Rollout;
  readonly notice: Notice;
  readonly memory: Memory;
  readonly progress: Progress;
}

/** Says what may be said now: of what leaves something new behind, one thing at most. The caller holds the claim and saves the progress. */
export async function speak(
  parts: AnnounceParts,
  rollout: Rollout,
  memory: Memory,
  progress: Progress,
): Promise<Delivered> {
  const speech = { parts, rollout, notice: noticeOf(rollout, parts.cluster), memory, progress };
  const place = savedPlace(rollout.status.slack) ?? memory.place;
  if (!hasTime(speech)) return again(parts);
  if (place === undefined) return post(speech);
  const now = parts.clock.now();
  if ((drawDue(lookOf(speech)) ?? Number.POSITIVE_INFINITY) <= now) {
    const failed = await draw(speech, place);
    if (failed !== undefined) return failed;
  }
  const drawn = progress.shown !== undefined || isDrawn(lookOf(speech));
  const next = sayDue(lookOf(speech), drawn);
  if (next !== undefined && next.at <= parts.clock.now() && hasTime(speech)) {
    const failed = await say(speech, place, next.entry);
    if (failed !== undefined) return failed;
  }
  if (drawn) conclude(speech);
  return again(parts);
}

/** Whether one more call is over before the claim is; a process that was suspended meanwhile has lost it. */
function hasTime({ parts, rollout }: Speech): boolean {
  return parts.clock.now() + speakMs < (rollout.status.slack?.claim?.until ?? 0);
}

function lookOf({ parts, ...look }: Speech): Look {
  return { ...look, now: parts.clock.now() };
}

function again({ clock }: AnnounceParts): Delivered {
  return { kind: 'again', at: clock.now() };
}

async function post({ parts, rollout, notice, memory, progress }: Speech): Promise<Delivered> {
  const spoken = await parts.announcements.post(rollout.spec.plan.slackChannel ?? '', notice);
  parts.counter.spoken('post', spoken.kind);
  if (spoken.kind === 'unsure') parts.counter.maybeTwice();
  if (spoken.kind !== 'told') return { kind: 'failed', spoken };
  memory.place = spoken.place;
  memory.lastEdit = parts.clock.now();
  progress.place = spoken.place;
  progress.shown = notice.key;
  return again(parts);
}

/** Makes the message show the notice; undefined when it does. */
async function draw({ parts, notice, memory, progress }: Speech, place: MessagePlace): Promise<Delivered | undefined> {
  memory.lastEdit = parts.clock.now();
  const spoken = await parts.announcements.edit(place, notice);
  parts.counter.spoken('edit', spoken.kind);
  const now = parts.clock.now();
  if (spoken.kind === 'unsure') memory.doubtUntil = now + doubtMs;
  if (spoken.kind === 'gone') return lose(parts, memory, progress);
  if (spoken.kind !== 'told') return { kind: 'failed', spoken };
  if (now < (memory.doubtUntil ?? 0)) memory.drawn = notice.key;
  else progress.shown = notice.key;
  return undefined;
}

/** Says a line beneath the message; undefined when it was said. */
async function say(speech: Speech, place: MessagePlace, entry: OutboxEntry): Promise<Delivered | undefined> {
  const { parts, memory, progress } = speech;
  const spoken = await parts.announcements.reply(place, entry.message, entry.to === 'channel');
  parts.counter.spoken('reply', spoken.kind);
  if (spoken.kind !== 'told') return unsaid(speech, spoken, entry);
  delete memory.unheard;
  progress.keys.add(entry.key);
  return undefined;
}

function unsaid(
  { parts, memory, progress }: Speech,
  spoken: Exclude<Spoken, { kind: 'told' }>,
  { key }: OutboxEntry,
): Delivered {
  if (spoken.kind === 'gone') return lose(parts, memory, progress);
  if (spoken.kind === 'unsure') {
    parts.counter.maybeTwice();
    memory.unheard = { key, until: parts.clock.now() + doubtMs };
  }
  return { kind: 'failed', spoken };
}

/** The message is no more: what it showed is forgotten, and another one is posted at the pace of edits. */
function lose({ clock }: AnnounceParts, memory: Memory, progress: Progress): Delivered {
  progress.lost = true;
  return { kind: 'again', at: Math.max(clock.now(), (memory.lastEdit ?? 0) + editEveryMs) };
}

/** What has no words is told by the message that shows it; with nothing left, another process may go on. */
function conclude({ rollout, notice, progress }: Speech): void {
  const { outbox = [], slack } = rollout.status;
  for (const { key, to } of outbox) if (to === 'nobody') progress.keys.add(key);
  const isShown = (progress.shown ?? slack?.shown) === notice.key;
  progress.done = isShown && outbox.every(({ key }) => progress.keys.has(key));
}
