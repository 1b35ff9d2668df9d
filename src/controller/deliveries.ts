// Delivers what rollouts owe to somebody outside, in a loop of its own: woken by the watch, slowed down by failures, never in the way
// of a tick.
import type { Rollout, RolloutId } from '../domain/rollout.ts';
import type { Instant, Millis } from '../domain/time.ts';
import type { Log } from './log.ts';
import type { Clock } from './ports.ts';

/** How a delivery ended: nothing owed, look again then, or not taken: not before a person changes something, or not for so long. */
export type DeliveryEnd =
  | { readonly kind: 'rest' }
  | { readonly kind: 'again'; readonly at: Instant }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'later'; readonly message: string; readonly afterMs?: Millis };

/** What the loop needs. `Memory` is what a process remembers of one rollout between two deliveries. */
export interface DeliveryParts<Memory> {
  readonly clock: Clock;
  readonly log: Log;
  /** Between 0 and 1. */
  readonly chance: () => number;
  /** Called when something became due earlier than anything before. */
  readonly woken?: () => void;
  readonly owes: (rollout: Rollout) => boolean;
  readonly remember: () => Memory;
  /** Delivers what may be delivered now. */
  readonly deliver: (id: RolloutId, memory: Memory) => Promise<DeliveryEnd>;
  /** What is logged when it is refused, and when it has to be tried again. */
  readonly refused: string;
  readonly delayed: string;
  /** Whether one that has us wait has us wait with every rollout. */
  readonly waitsTogether: boolean;
}

/** Delivers for every rollout in its own time. */
export interface Deliveries {
  /** A rollout was seen as it is now. */
  changed(rollout: Rollout): void;
  /** A rollout is no more. */
  forget(id: RolloutId): void;
  /** Delivers what is due. Nothing throws. */
  deliverDue(): Promise<void>;
  /** When something is next due. */
  nextDue(): Instant | undefined;
}

interface Job<Memory> {
  readonly id: RolloutId;
  readonly memory: Memory;
  due: Instant | undefined;
  /** Not before then, whatever changes. */
  notBefore: Instant;
  failures: number;
  busy: boolean;
}

const atATime = 8;
const backoffMs: Millis = 1_000;
const longestBackoffMs: Millis = 60_000;
const refusedMs: Millis = 300_000;
/** Whoever asks for more than an hour is asked again after one. */
const longestWaitMs: Millis = 3_600_000;

/** Deliveries of one process to one target. */
export function deliveries<Memory>(parts: DeliveryParts<Memory>): Deliveries {
  const jobs = new Map<string, Job<Memory>>();
  let everybodyNotBefore: Instant = 0;

  function jobOf(id: RolloutId): Job<Memory> {
    const fresh = { id, memory: parts.remember(), due: undefined, notBefore: 0, failures: 0, busy: false };
    const job = jobs.get(keyOf(id)) ?? fresh;
    jobs.set(keyOf(id), job);
    return job;
  }

  function plan(job: Job<Memory>, at: Instant): void {
    job.due = Math.max(at, job.notBefore);
    parts.woken?.();
  }

  async function deliver(job: Job<Memory>): Promise<void> {
    job.busy = true;
    job.due = undefined;
    try {
      ended(job, await parts.deliver(job.id, job.memory));
    } catch (error) {
      parts.log.warn('A rollout could not be told of; it is tried again', { ...job.id }, error);
      wait(job);
    } finally {
      job.busy = false;
    }
  }

  function ended(job: Job<Memory>, end: DeliveryEnd): void {
    switch (end.kind) {
      case 'rest':
        job.failures = 0;
        return;
      case 'again':
        job.failures = 0;
        job.notBefore = end.at;
        plan(job, end.at);
        return;
      case 'refused':
        if (job.failures === 0) parts.log.warn(parts.refused, { ...job.id, message: end.message });
        job.failures += 1;
        job.notBefore = parts.clock.now() + refusedMs;
        plan(job, job.notBefore);
        return;
      case 'later':
        if (job.failures === 0) parts.log.info(parts.delayed, { ...job.id, message: end.message });
        wait(job, end.afterMs);
    }
  }

  function wait(job: Job<Memory>, askedMs?: Millis): void {
    const now = parts.clock.now();
    const doubled = Math.min(longestBackoffMs, backoffMs * 2 ** Math.min(job.failures, 10));
    const afterMs = askedMs === undefined ? doubled * (0.5 + parts.chance() / 2) : Math.min(askedMs, longestWaitMs);
    if (askedMs !== undefined && parts.waitsTogether) everybodyNotBefore = Math.max(everybodyNotBefore, now + afterMs);
    job.failures += 1;
    job.notBefore = now + afterMs;
    plan(job, job.notBefore);
  }

  return {
    changed(rollout) {
      if (!parts.owes(rollout)) return;
      const job = jobOf(rollout.id);
      const now = parts.clock.now();
      if (job.due === undefined || job.due > now) plan(job, now);
    },
    forget: (id) => {
      jobs.delete(keyOf(id));
    },
    async deliverDue() {
      const now = parts.clock.now();
      if (now < everybodyNotBefore) return;
      const due = [...jobs.values()].filter((job) => !job.busy && job.due !== undefined && job.due <= now);
      const first = due.toSorted((a, b) => (a.due ?? 0) - (b.due ?? 0)).slice(0, atATime);
      await Promise.all(first.map(deliver));
    },
    nextDue() {
      const dues = [...jobs.values()].flatMap(({ due, busy }) => (due === undefined || busy ? [] : [due]));
      return dues.length === 0 ? undefined : Math.max(everybodyNotBefore, Math.min(...dues));
    },
  };
}

function keyOf({ namespace, name }: RolloutId): string {
  return `${namespace}/${name}`;
}
