// One rollout that is read again and again: after the second time it is told by a stream, and read only while there is none. So a
// hundred pipelines that wait cost a hundred streams and no reads. A stream that ends is opened anew, ever more rarely while it fails.
import type { Clock } from '../../controller/ports.ts';
import type { Rollout, RolloutId } from '../../domain/rollout.ts';
import type { Instant, Millis } from '../../domain/time.ts';
import type { Calls, Stream } from './calls.ts';
import { eventsIn } from './events.ts';

/** What reading needs. */
export interface Following {
  readonly calls: Calls;
  /** Reads the rollout at once. */
  readonly read: (id: RolloutId) => Promise<Rollout | undefined>;
  readonly decode: (object: unknown) => Rollout;
  readonly clock: Clock;
}

/** Reads of rollouts. */
export interface Followed {
  get(id: RolloutId): Promise<Rollout | undefined>;
  /** Ends all streams. */
  readonly close: () => void;
}

/** The API says every 15 s that a stream lives. */
const silenceMs: Millis = 40_000;
const longestBackoffMs: Millis = 60_000;
/** How often a rollout is read that no stream tells of. */
const readEveryMs: Millis = 3_000;

/** One rollout under way. */
interface Thread {
  rollout: Rollout | undefined;
  readAt: Instant;
  stream?: Stream;
  opening: boolean;
  heardAt: Instant;
  failures: number;
  openAt: Instant;
}

/** Reads that become streams. */
export function followed({ calls, read, decode, clock }: Following): Followed {
  const threads = new Map<string, Thread>();
  let isClosed = false;

  async function listen(id: RolloutId, thread: Thread): Promise<void> {
    const lastEventId = thread.rollout?.resourceVersion;
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    const stream = await calls.open(`${pathOf(id)}/events`, { form: 'object' }, headers);
    if (isClosed) return stream.end();
    thread.stream = stream;
    thread.heardAt = clock.now();
    try {
      for await (const told of eventsIn(stream.chunks)) {
        thread.heardAt = clock.now();
        thread.failures = 0;
        if (told === 'still here') continue;
        if (told.event === 'gone') return;
        if (told.event === 'rollout') thread.rollout = decode(JSON.parse(told.data));
      }
    } finally {
      delete thread.stream;
      stream.end();
    }
  }

  /** Opens a stream without waiting for it; what hinders it shows when the rollout is read. */
  function open(id: RolloutId, thread: Thread): void {
    if (thread.opening || isClosed || clock.now() < thread.openAt) return;
    thread.opening = true;
    listen(id, thread)
      .catch(() => undefined)
      .finally(() => {
        thread.opening = false;
        thread.openAt = clock.now() + Math.min(longestBackoffMs, 1_000 * 2 ** thread.failures);
        thread.failures += 1;
      });
  }

  function isTold(thread: Thread): boolean {
    if (thread.stream === undefined) return false;
    if (clock.now() - thread.heardAt <= silenceMs) return true;
    thread.stream.end();
    return false;
  }

  return {
    async get(id) {
      const key = `${id.namespace}/${id.name}`;
      const before = threads.get(key);
      const isFresh = before?.rollout !== undefined && clock.now() - before.readAt < readEveryMs && before.failures > 0;
      if (before !== undefined && (isTold(before) || isFresh)) return before.rollout;
      const rollout = await read(id);
      if (rollout === undefined) {
        threads.delete(key);
        before?.stream?.end();
        return undefined;
      }
      const thread = before ?? { rollout, readAt: 0, opening: false, heardAt: 0, failures: 0, openAt: 0 };
      // A stream that was opened meanwhile knows better.
      if (thread.stream !== undefined) return thread.rollout;
      thread.rollout = rollout;
      thread.readAt = clock.now();
      if (before !== undefined) open(id, thread);
      threads.set(key, thread);
      return rollout;
    },
    close() {
      isClosed = true;
      for (const { stream } of threads.values()) stream?.end();
    },
  };
}

/** The path of one rollout. */
export function pathOf({ namespace, name }: RolloutId): string {
  return `/v1/rollouts/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}
