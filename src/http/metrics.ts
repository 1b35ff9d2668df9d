// What the controller counts about itself, for Prometheus. No label ever holds the name of a revision, a pod or a rollout:
// the number of series does not grow with what is released.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type Phase, phases } from '../domain/rollout.ts';
import type { Millis } from '../domain/time.ts';

/** Counters of one controller, each behind a small function. None throws. */
export interface ControllerMetrics {
  /** A tick ended. */
  ticked(outcome: 'done' | 'failed' | 'timedOut', tookMs: Millis): void;
  /** A wake was rung so long after its due time. */
  late(byMs: Millis): void;
  /** How many rollouts stand in each phase; replaces what was said before. */
  rollouts(counts: ReadonlyMap<Phase, number>): void;
  /** A call to the cluster ended with this HTTP status; 0 when none came. */
  clusterRequest(verb: string, status: number): void;
  /** A slot of evidence was read from the metrics source. */
  evidenceRead(outcome: 'data' | 'sourceDown'): void;
  /** Whether the queue of wakes is in reach. */
  queueReached(reached: boolean): void;
  /** Something about a rollout was said outside the cluster, or could not be. */
  spoken(what: 'post' | 'edit' | 'reply', outcome: string): void;
  /** A letter was taken to a program outside, or could not be. */
  carried(target: 'webhook' | 'github', outcome: string): void;
  /** Something may have been said twice, because it was posted and that was not saved. */
  maybeTwice(): void;
  /** Everything in Prometheus' text format. */
  exposition(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const knownVerbs: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'WATCH'];

/** A registry of its own, with Node's own metrics (memory, garbage collection, event-loop lag) beside Serin's. */
export function controllerMetrics(): ControllerMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { ticks, tickSeconds, lateSeconds } = tickMetrics(registry);
  const { rollouts, requests, reads, queue } = worldMetrics(registry);
  const { announcements, maybeTwice } = announcementMetrics(registry);
  return {
    ticked(outcome, tookMs) {
      ticks.inc({ outcome });
      tickSeconds.observe(tookMs / 1_000);
    },
    late: (byMs) => lateSeconds.observe(byMs / 1_000),
    rollouts(counts) {
      for (const phase of phases) rollouts.set({ phase }, counts.get(phase) ?? 0);
    },
    clusterRequest(verb, status) {
      const known = verb.toUpperCase();
      requests.inc({ verb: knownVerbs.includes(known) ? known : 'other', code: status });
    },
    evidenceRead: (outcome) => reads.inc({ outcome }),
    queueReached: (reached) => queue.set(reached ? 1 : 0),
    spoken: (what, outcome) => announcements.inc({ what, outcome }),
    carried: (target, outcome) => announcements.inc({ what: target, outcome }),
    maybeTwice: () => maybeTwice.inc(),
    exposition: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

function tickMetrics(registry: Registry) {
  const registers = [registry];
  return {
    ticks: new Counter({
      name: 'serin_ticks_total',
      help: 'Ticks of rollouts by how they ended.',
      labelNames: ['outcome'],
      registers,
    }),
    tickSeconds: new Histogram({
      name: 'serin_tick_duration_seconds',
      help: 'How long ticks took.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    lateSeconds: new Histogram({
      name: 'serin_wake_late_seconds',
      help: 'How long after their due time wakes were rung.',
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers,
    }),
  };
}

function announcementMetrics(registry: Registry) {
  const registers = [registry];
  return {
    announcements: new Counter({
      name: 'serin_announcements_total',
      help: 'Posts, edits and replies about rollouts, and letters to programs outside, by what came of them.',
      labelNames: ['what', 'outcome'],
      registers,
    }),
    maybeTwice: new Counter({
      name: 'serin_announcements_maybe_twice_total',
      help: 'Posts that may stand twice, because nobody could save that they were made.',
      registers,
    }),
  };
}

function worldMetrics(registry: Registry) {
  const registers = [registry];
  return {
    rollouts: new Gauge({ name: 'serin_rollouts', help: 'Rollouts by phase.', labelNames: ['phase'], registers }),
    requests: new Counter({
      name: 'serin_cluster_requests_total',
      help: 'Calls to the cluster by verb and HTTP status; status 0 means that no answer came.',
      labelNames: ['verb', 'code'],
      registers,
    }),
    reads: new Counter({
      name: 'serin_evidence_reads_total',
      help: 'Slots of evidence read from the metrics source by outcome.',
      labelNames: ['outcome'],
      registers,
    }),
    queue: new Gauge({
      name: 'serin_queue_reached',
      help: 'Whether the queue of wakes is in reach: 1 or 0.',
      registers,
    }),
  };
}
