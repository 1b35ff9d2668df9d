// Server-sent events of one rollout: its whole record at every change. The id of an event is the resourceVersion, so that a reader
// who comes back with the last one (Last-Event-ID) is told at once what it has missed, or nothing when it has missed nothing.
import type { ServerResponse } from 'node:http';
import type { Rollout, RolloutId } from '../../domain/rollout.ts';
import type { Instant } from '../../domain/time.ts';
import { look } from './finding.ts';
import type { ApiParts } from './parts.ts';
import { Problem } from './problem.ts';
import { inForm } from './reading.ts';
import { type Bell, bellOf } from './waiting.ts';

/** A stream to be written. */
export interface Streamed {
  readonly place: RolloutId;
  readonly form: 'record' | 'object' | undefined;
  /** The id of the event that the reader saw last. */
  readonly lastEventId: string | undefined;
  /** What was found when the stream was asked for. */
  readonly first: Rollout;
  readonly raw: ServerResponse;
  /** Aborts when the reader has gone, or the API ends. */
  readonly signal: AbortSignal;
  /** Throws when the reader may not read any more. */
  readonly mayStill: () => Promise<void>;
}

const reconnectMs = 3_000;
const breathMs = 250;

/** Writes until the reader goes, loses its right or is too slow, the rollout is no more, or the time of a stream is over. Never rejects. */
export async function stream(parts: ApiParts, streamed: Streamed): Promise<void> {
  const { raw, signal, place } = streamed;
  const bell = bellOf(signal);
  const leave = parts.news.subscribe(place.namespace, bell.ring);
  try {
    raw.write(`retry: ${reconnectMs}\n\n`);
    await tell(parts, streamed, bell);
  } catch (error) {
    parts.log.warn('A stream of events ended', { ...place }, error);
  } finally {
    leave();
    bell.end();
    raw.end();
  }
}

async function tell(parts: ApiParts, streamed: Streamed, bell: Bell): Promise<void> {
  const { raw, signal, place, mayStill } = streamed;
  const { heartbeatMs, streamMs } = parts.limits;
  const end = parts.clock.now() + streamMs;
  let told = streamed.lastEventId;
  let seen: Rollout | undefined = streamed.first;
  let beat: Instant = parts.clock.now();
  while (!signal.aborted && parts.clock.now() < end) {
    if (seen === undefined) {
      write(raw, 'event: gone\ndata: {}\n\n');
      return;
    }
    if (seen.resourceVersion !== told && !raw.writableNeedDrain) {
      write(raw, eventOf(parts, streamed, seen));
      told = seen.resourceVersion;
    }
    await bell.rings(breathMs, 'all');
    await bell.rings(Math.max(1, beat + heartbeatMs - parts.clock.now()), 'first');
    if (signal.aborted) return;
    if (parts.clock.now() >= beat + heartbeatMs) {
      beat = parts.clock.now();
      if (!(await isAllowed(mayStill))) return;
      write(raw, ': still here\n\n');
    }
    seen = await lookAgain(parts, place, seen);
  }
}

/** While the cluster does not answer the reader keeps what it has. */
async function lookAgain(parts: ApiParts, place: RolloutId, seen: Rollout): Promise<Rollout | undefined> {
  try {
    return await look(parts, place);
  } catch (error) {
    if (error instanceof Problem && error.kind === 'unavailable') return seen;
    throw error;
  }
}

/** A cluster that does not answer takes no right away. */
async function isAllowed(mayStill: () => Promise<void>): Promise<boolean> {
  try {
    await mayStill();
    return true;
  } catch (error) {
    if (error instanceof Problem) return error.kind === 'unavailable';
    throw error;
  }
}

function eventOf(parts: ApiParts, { form }: Streamed, rollout: Rollout): string {
  const data = JSON.stringify(inForm(parts, form, rollout));
  return `id: ${rollout.resourceVersion}\nevent: rollout\ndata: ${data}\n\n`;
}

/** A reader that leaves a megabyte unread is let go of; it comes back for what it has missed. */
const mostUnread = 1_048_576;

function write(raw: ServerResponse, text: string): void {
  if (raw.writableLength > mostUnread) throw new Error('The reader is too slow.');
  raw.write(text);
}
