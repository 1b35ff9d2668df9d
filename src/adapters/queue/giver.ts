// Gives wakes to Redis and watches whether it answers, rings in time and still has what it was given.
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Clock } from '../../controller/ports.ts';
import type { Instant, Millis } from '../../domain/time.ts';
import { dueOf, dueOfScore, nudgeName, queueName, sweepName, tickName, type WakeData } from './jobs.ts';

/** What one look at Redis found. */
export type Look =
  | { readonly kind: 'answers'; readonly overdueMs: Millis; readonly lost: boolean }
  | { readonly kind: 'away'; readonly error: unknown };

/** The giving side of the queue. */
export interface Giver {
  /** Adds the job unless one with its id is there. Rejects at once while Redis is away, after about a second while it hangs. */
  give(jobId: string, data: WakeData, at: Instant): Promise<void>;
  /** Looks at Redis; sees to it that the sweep is scheduled when `sweeping`. Never throws and takes a few seconds at most. */
  look(sweeping: boolean): Promise<Look>;
  /** By how much the oldest job not yet begun is overdue. Rejects as `give` does. */
  overdue(): Promise<Millis>;
  /** Lets go of the connection. Never throws. */
  close(): void;
}

/** What the giver needs. */
export interface GiverParts {
  readonly redis: Redis;
  readonly prefix: string;
  readonly sweepMs: Millis;
  readonly clock: Clock;
}

/** A giver on a connection that need not be up yet. */
export function giver({ redis, prefix, sweepMs, clock }: GiverParts): Giver {
  let queue: Promise<Queue> | undefined;
  let scheduledAt = Number.NEGATIVE_INFINITY;
  let known = false;

  function opened(): Promise<Queue> {
    if (redis.status !== 'ready') return Promise.reject(new Error(`The connection to Redis is ${redis.status}.`));
    queue ??= openQueue(redis, prefix).catch((error: unknown) => {
      queue = undefined;
      throw error;
    });
    return queue;
  }

  async function overdue(): Promise<Millis> {
    const open = await opened();
    const [[, score], [waiting]] = await Promise.all([
      redis.zrange(open.toKey('delayed'), 0, '0', 'WITHSCORES'),
      open.getJobs(['wait'], 0, 0, true),
    ]);
    const dues = [score === undefined ? [] : dueOfScore(score), waiting?.attemptsStarted === 0 ? dueOf(waiting) : []];
    return Math.max(0, ...dues.flat().map((due) => clock.now() - due));
  }

  async function nudge(): Promise<void> {
    const open = await opened();
    await open.add(nudgeName, {}, { jobId: nudgeName, ...removed });
  }

  /** Upserting is idempotent: the time of the next sweep stays. Returns whether a schedule that had been there was gone. */
  async function schedule(): Promise<boolean> {
    const open = await opened();
    const present = (await open.getJobScheduler(sweepName)) !== undefined;
    if (present && clock.now() < scheduledAt + sweepMs) return false;
    await open.upsertJobScheduler(sweepName, { every: sweepMs }, { name: sweepName, data: {}, opts: removed });
    const lost = known && !present;
    scheduledAt = clock.now();
    known = true;
    return lost;
  }

  return {
    async give(jobId, data, at) {
      const open = await opened();
      await open.add(tickName, data, { jobId, delay: Math.max(0, at - clock.now()), ...removed });
    },
    async look(sweeping) {
      try {
        const lost = sweeping && (await schedule());
        const overdueMs = await overdue();
        if (sweeping && overdueMs > nudgeAfterMs) await nudge();
        return { kind: 'answers', overdueMs, lost };
      } catch (error) {
        return { kind: 'away', error };
      }
    },
    overdue,
    close: () => redis.disconnect(),
  };
}

/**
 * BullMQ tells the next due time to one idle worker only. When that one's process goes, the others look again after up to
 * ten seconds, unless a job is added: then one of them looks at once.
 */
const nudgeAfterMs = 500;

const removed = { removeOnComplete: true, removeOnFail: true } as const;

async function openQueue(redis: Redis, prefix: string): Promise<Queue> {
  const queue = new Queue(queueName, {
    connection: redis,
    prefix,
    streams: { events: { maxLen: 100 } },
  });
  queue.on('error', () => undefined);
  await queue.waitUntilReady();
  return queue;
}
