// Delivers what rollouts have to tell, in a loop of its own: woken by the watch, slowed down by failures, never in the way of a tick.
import type { Rollout, RolloutId } from '../domain/rollout.ts';
import type { Instant, Millis } from '../domain/time.ts';
import { type AnnounceParts, announceOne, type Delivered, type Memory, owes } from './announce-one.ts';
import type { Log } from './log.ts';

/** What the loop needs besides. */
export interface AnnouncerParts extends AnnounceParts {
  readonly log: Log;
  /** Between 0 and 1. */
  readonly chance: () => number;
  /** Called when something became due earlier than anything before. */
  readonly woken?: () => void;
}

/** Tells what rollouts owe, each in its own time. */
export interface Announcer {
  /** A rollout was seen as it is now. */
  changed(rollout: Rollout): void;
  /** A rollout is no more. */
  forget(id: RolloutId): void;
  /** Tells what is due. Nothing throws. */
  deliverDue(): Promise<void>;
  /** When something is next due. */
  nextDue(): Instant | undefined;
}

interface Job {
  readonly id: RolloutId;
  readonly memory: Memory;
  due: Instant | undefined;
  /** Not before then, whatever changes: failures and the pace of edits. */
  notBefore: Instant;
  failures: number;
  busy: boolean;
}

/** Deliveries at a time. */
const atATime = 8;
const backoffMs: Millis = 1_000;
const longestBackoffMs: Millis = 60_000;
const refusedMs: Millis = 300_000;

/** An announcer for one process. */
export function announcer(parts: AnnouncerParts): Announcer {
  const jobs = new Map<string, Job>();
  let everybodyNotBefore: Instant = 0;

  function jobOf(id: RolloutId): Job {
    const key = keyOf(id);
    const found = jobs.get(key) ?? { id, memory: {}, due: undefined, notBefore: 0, failures: 0, busy: false };
    jobs.set(key, found);
    return found;
  }

  function plan(job: Job, at: Instant): void {
    job.due = Math.max(at, job.notBefore);
    parts.woken?.();
  }

  async function deliver(job: Job): Promise<void> {
    job.busy = true;
    job.due = undefined;
    try {
      ended(job, await announceOne(parts, job.id, job.memory));
    } catch (error) {
      parts.log.warn('A rollout could not be told of; it is tried again', { ...job.id }, error);
      backOff(job, {});
    } finally {
      job.busy = false;
    }
  }

  function ended(job: Job, outcome: Delivered): void {
    switch (outcome.kind) {
      case 'rest':
        job.failures = 0;
        return;
      case 'again':
        job.failures = 0;
        job.notBefore = outcome.at;
        plan(job, outcome.at);
        return;
      case 'failed':
        failed(job, outcome.spoken);
    }
  }

  function failed(job: Job, spoken: Extract<Delivered, { kind: 'failed' }>['spoken']): void {
    if (spoken.kind === 'refused') {
      const fields = { ...job.id, message: spoken.message };
      if (job.failures === 0) parts.log.warn('Slack does not take what is told of a rollout', fields);
      job.failures += 1;
      job.notBefore = parts.clock.now() + refusedMs;
      plan(job, job.notBefore);
      return;
    }
    const asked = spoken.kind === 'later' ? spoken.afterMs : undefined;
    if (asked !== undefined) everybodyNotBefore = Math.max(everybodyNotBefore, parts.clock.now() + asked);
    backOff(job, asked === undefined ? {} : { asked });
  }

  function backOff(job: Job, { asked }: { readonly asked?: Millis }): void {
    const doubled = Math.min(longestBackoffMs, backoffMs * 2 ** Math.min(job.failures, 10));
    job.failures += 1;
    job.notBefore = parts.clock.now() + (asked ?? doubled * (0.5 + parts.chance() / 2));
    plan(job, job.notBefore);
  }

  return {
    changed(rollout) {
      if (!owes(rollout, parts.cluster)) return;
      const job = jobOf(rollout.id);
      if (job.due === undefined || job.due > parts.clock.now()) plan(job, parts.clock.now());
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
