// Keeps a sink equal to all objects of one kind: list, watch, carry on from the last version whatever ends the watch, and
// list again when the version is too old and every ten minutes.
import type { Clock } from '../../controller/ports.ts';
import type { Instant, Millis } from '../../domain/time.ts';
import { backoff } from './backoff.ts';
import type { Answer, Cluster, WatchEvent } from './connection.ts';
import { listAll } from './list.ts';
import { type Followed, metadataAlone } from './metadata.ts';
import { codeOfStatus, refused, retryAfterSeconds } from './refused.ts';
import { deliverTo, type Sink } from './sink.ts';

/** What following needs besides the cluster. `pause` resolves after the time or when the signal aborts, and never rejects. */
export interface Surroundings {
  readonly clock: Clock;
  readonly pause: (ms: Millis, signal: AbortSignal) => Promise<void>;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Told once while a trouble stays the same, not once per try. */
  readonly trouble: (message: string, error?: unknown) => void;
}

/** The times that shape following; each has a default. */
export interface FollowTimes {
  /** How long a watch may bring nothing, not even a bookmark (which come each minute). */
  readonly silenceMs: Millis;
  /** How long the API server keeps a watch before it ends it. */
  readonly watchMs: Millis;
  readonly relistMs: Millis;
}

/** Following one kind, to be started and stopped any number of times. */
export interface ListWatch {
  /** Begins; nothing happens while it runs already. */
  readonly start: () => void;
  /** Ends; resolves when nothing more will be told. */
  readonly stop: () => Promise<void>;
  /** Whether everything was listed once. */
  readonly listed: () => boolean;
  /** When the API server last sent anything: a list, an event or a bookmark. */
  readonly lastEventAt: () => Instant | undefined;
}

const ordinaryTimes: FollowTimes = { silenceMs: 90_000, watchMs: 300_000, relistMs: 600_000 };
/** A watch that ends sooner than this without an event was of no use, and the next one waits. */
const usefulMs = 1_000;
const longestWaitMs = 60_000;

/** How a round ended. */
interface Round {
  /** Where the next watch carries on; undefined when everything has to be listed first. */
  readonly version: string | undefined;
  /** `on`: go on at once, things are as they should. `next`: go on, but it proves nothing. `wait`: better wait. */
  readonly pace: 'on' | 'next' | 'wait';
  readonly error?: unknown;
  readonly waitMs?: Millis;
}

/** Follows a kind once it is started. Every object goes to the sink; trouble is told and outlived. */
export function listWatch<T>(
  cluster: Pick<Cluster, 'request' | 'watch'>,
  kind: Followed<T>,
  sink: Sink<T>,
  around: Surroundings,
  times: Partial<FollowTimes> = {},
): ListWatch {
  const { clock } = around;
  const { silenceMs, watchMs, relistMs } = { ...ordinaryTimes, ...times };
  const deliver = deliverTo(kind, sink, around.trouble);
  let flight: { readonly end: AbortController; readonly ended: Promise<void> } | undefined;
  let listedAt: Instant | undefined;
  let lastEventAt: Instant | undefined;

  async function list(signal: AbortSignal): Promise<Round> {
    const { objects, version } = await listAll(cluster, kind);
    if (!signal.aborted) {
      deliver.all(objects);
      listedAt = lastEventAt = clock.now();
    }
    return { version, pace: 'next' };
  }

  async function watch(from: string, signal: AbortSignal): Promise<Round> {
    const began = clock.now();
    const enough = new AbortController();
    let version = from;
    let events = 0;
    let failed: Answer | undefined;

    function take(event: WatchEvent): void {
      if (signal.aborted || enough.signal.aborted) return;
      lastEventAt = clock.now();
      if (event.type !== 'ERROR') {
        events += 1;
        version = deliver.one(event) ?? version;
        return;
      }
      failed = { status: codeOfStatus(event.object) ?? 500, body: event.object };
      enough.abort();
    }

    const seconds = Math.max(1, Math.ceil(Math.min(watchMs, (listedAt ?? began) + relistMs - began) / 1_000));
    const query = { allowWatchBookmarks: 'true', resourceVersion: from, timeoutSeconds: `${seconds}` };
    const parts = { query, silenceMs, ...(kind.metadataOnly ? { accept: metadataAlone } : {}) };
    const overdue = AbortSignal.timeout(seconds * 1_000 + silenceMs);
    try {
      const ended = AbortSignal.any([signal, enough.signal, overdue]);
      const answer = await cluster.watch(kind.path, parts, take, ended);
      return afterWatch(kind.path, version, failed ?? answer, events > 0 || clock.now() - began >= usefulMs);
    } catch (error) {
      return { version, pace: events > 0 ? 'on' : 'wait', error };
    }
  }

  function round(version: string | undefined, signal: AbortSignal): Promise<Round> {
    const isStale = listedAt === undefined || clock.now() >= listedAt + relistMs;
    return version === undefined || isStale ? list(signal) : watch(version, signal);
  }

  function start(): void {
    if (flight !== undefined) return;
    const end = new AbortController();
    flight = { end, ended: goRound(round, kind.path, around, end.signal) };
  }

  async function stop(): Promise<void> {
    const ending = flight;
    flight = undefined;
    ending?.end.abort();
    await ending?.ended;
  }

  return { start, stop, listed: () => listedAt !== undefined, lastEventAt: () => lastEventAt };
}

function afterWatch(path: string, version: string, answer: Answer, wasUseful: boolean): Round {
  const pace = wasUseful ? 'on' : 'wait';
  if (answer.status === 200) return { version, pace };
  if (answer.status === 410) return { version: undefined, pace };
  const waitMs = Math.min(retryAfterSeconds(answer.body) * 1_000, longestWaitMs);
  return { version, pace: 'wait', waitMs, error: refused(`Watching ${path}`, answer) };
}

/** Round after round until the signal aborts. Never rejects. */
async function goRound(
  round: (version: string | undefined, signal: AbortSignal) => Promise<Round>,
  path: string,
  { pause, random, trouble }: Surroundings,
  signal: AbortSignal,
): Promise<void> {
  const wait = backoff(random);
  let told = '';
  let version: string | undefined;
  while (!signal.aborted) {
    const ended = await round(version, signal).catch((error: unknown): Round => ({ version, pace: 'wait', error }));
    if (signal.aborted) return;
    version = ended.version;
    const sentence = sentenceOfError(ended.error);
    if (sentence !== '' && sentence !== told) {
      told = sentence;
      trouble(`Following ${path} was interrupted and is tried again until it works`, ended.error);
    }
    if (ended.pace === 'on') {
      wait.reset();
      told = '';
    }
    if (ended.pace === 'wait') await pause(Math.max(wait.next(), ended.waitMs ?? 0), signal);
  }
}

/** Empty when there is no error. */
function sentenceOfError(error: unknown): string {
  if (error === undefined) return '';
  return error instanceof Error ? error.message : 'something that is no error was thrown';
}
