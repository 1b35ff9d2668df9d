// Takes due jobs out of Redis and rings them.
import { DelayedError, type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Log } from '../../controller/log.ts';
import type { Clock } from '../../controller/ports.ts';
import type { RolloutId } from '../../domain/rollout.ts';
import type { Millis } from '../../domain/time.ts';
import { dueOf, nudgeName, queueName, readWake, sweepName, type WakeData } from './jobs.ts';

/** What is rung. A rejected tick is rung again a little later. */
export interface Rung {
  readonly tick: (id: RolloutId, uid: string, late: Millis) => Promise<void>;
  readonly sweep: () => Promise<void>;
}

/** What the ringer needs. */
export interface RingerParts {
  readonly redis: Redis;
  readonly prefix: string;
  readonly concurrency: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Ids of the jobs under way in this process; kept by the ringer. */
  readonly underWay: Set<string>;
  readonly failed: (error: Error) => void;
}

/** The ringing side of the queue. */
export interface Ringer {
  /** Starts ringing again where a fault of the connection ended it. */
  revive(): void;
  /** Takes no more jobs and waits `graceMs` for those under way; what is left is rung elsewhere. Never throws. */
  close(graceMs: Millis): Promise<void>;
}

/** A job whose worker went silent is given to another after at most `lockMs` plus `stalledMs`. */
const lockMs = 15_000;
const stalledMs = 5_000;

/** Rings from now on. */
export function ringer(parts: RingerParts, rung: Rung): Ringer {
  const worker = new Worker(queueName, (job: Job<unknown>, token?: string) => ringJob(parts, rung, job, token), {
    connection: parts.redis,
    prefix: parts.prefix,
    concurrency: parts.concurrency,
    lockDuration: lockMs,
    stalledInterval: stalledMs,
    maxStalledCount: 3,
    runRetryDelay: 1_000,
  });
  worker.on('error', parts.failed);
  return {
    revive() {
      if (!worker.isRunning()) worker.run().catch(parts.failed);
    },
    async close(graceMs) {
      const closed = worker.close().catch(parts.failed);
      await Promise.race([closed, pause(graceMs)]);
      parts.redis.disconnect();
      await Promise.race([worker.close(true).catch(parts.failed), pause(1_000)]);
    },
  };
}

async function ringJob(parts: RingerParts, rung: Rung, job: Job<unknown>, token: string | undefined): Promise<void> {
  if (job.name === sweepName) return await rung.sweep();
  if (job.name === nudgeName) return;
  const wake = readWake(job.data);
  if (wake === undefined) return parts.log.warn('A job that is no wake was dropped.', { job: job.id });
  const early = dueOf(job) - parts.clock.now();
  if (early > 0) return await putBack(parts, job, token, early);
  const jobId = job.id ?? '';
  parts.underWay.add(jobId);
  try {
    await ringOne(parts, rung, job, token, wake);
  } finally {
    parts.underWay.delete(jobId);
  }
}

async function ringOne(
  parts: RingerParts,
  rung: Rung,
  job: Job<unknown>,
  token: string | undefined,
  wake: WakeData,
): Promise<void> {
  const { namespace, name, uid } = wake;
  try {
    await rung.tick({ namespace, name }, uid, parts.clock.now() - dueOf(job));
  } catch (error) {
    parts.log.warn('A wake was put back into the queue.', { rollout: { namespace, name } }, error);
    await putBack(parts, job, token, Math.min(1_000 * 2 ** Math.max(0, job.attemptsStarted - 1), 30_000));
  }
}

/** Ends the job's run such that it is rung again after `ms`. */
async function putBack(parts: RingerParts, job: Job<unknown>, token: string | undefined, ms: Millis): Promise<never> {
  await job.moveToDelayed(parts.clock.now() + ms, token);
  throw new DelayedError();
}

function pause(ms: Millis): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
