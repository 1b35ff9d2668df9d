// What a wake looks like as a job: its id, which makes a repeated wake one, and its data, which is ids only.
import { z } from 'zod';
import type { RolloutId } from '../../domain/rollout.ts';
import type { Instant } from '../../domain/time.ts';

/** The queue's name; the prefix in front of it is the operator's. */
export const queueName = 'wakes';

/** The jobs that tick one rollout. */
export const tickName = 'tick';

/** The jobs that wake all unfinished ones, and the id of their schedule. */
export const sweepName = 'sweep';

/** The job that does nothing but make a worker look, and its id. */
export const nudgeName = 'nudge';

const wakeData = z.object({ namespace: z.string().min(1), name: z.string().min(1), uid: z.string().min(1) });

export type WakeData = z.infer<typeof wakeData>;

/** Reads a job's data; undefined when another program wrote something else into the queue. */
export function readWake(data: unknown): WakeData | undefined {
  return wakeData.safeParse(data).data;
}

/** The data of a wake: where the rollout is, never what it is. */
export function dataOf(id: RolloutId, uid: string): WakeData {
  return { namespace: id.namespace, name: id.name, uid };
}

/**
 * The job's id. BullMQ refuses ids with a colon and ids of digits alone, so colons are replaced and the uid leads. A job
 * that is under way in this process would swallow a wake with its id, and so the wake gets the next free one.
 */
export function jobIdOf(uid: string, key: string, underWay: ReadonlySet<string>): string {
  const plain = `${uid}.${key}`.replaceAll(':', '_');
  let id = plain;
  for (let again = 1; underWay.has(id); again += 1) id = `${plain}.again${again}`;
  return id;
}

/** When a job was meant to be rung first, as its producer saw the time. */
export function dueOf(job: { readonly timestamp: Instant; readonly opts: { readonly delay?: number } }): Instant {
  return job.timestamp + (job.opts.delay ?? 0);
}

/** The due time behind a score of BullMQ's sorted set of delayed jobs: milliseconds times 4096, plus a counter. */
export function dueOfScore(score: string): Instant {
  return Math.floor(Number(score) / 0x1000);
}
