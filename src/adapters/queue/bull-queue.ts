// The queue of wakes on BullMQ and Redis. The cluster remembers; Redis only rings the bell, and may be absent at the
// start, stopped, hung or flushed at any time.
import type { Log } from '../../controller/log.ts';
import type { Clock, WakeQueue } from '../../controller/ports.ts';
import type { RolloutId } from '../../domain/rollout.ts';
import type { Instant, Millis } from '../../domain/time.ts';
import { givingConnection, ringingConnection } from './connections.ts';
import { giver, type Look } from './giver.ts';
import { dataOf, jobIdOf } from './jobs.ts';
import { type Ringer, type Rung, ringer } from './ringer.ts';

/** Where the queue is and how it rings. */
export interface BullQueueOptions {
  /** `redis://host:port`, with `rediss:` for TLS; may carry credentials, which are never logged. */
  readonly url: string;
  /** In front of every key; braces keep the keys together on a Redis cluster. */
  readonly prefix?: string;
  readonly sweepMs: Millis;
  /** How many wakes this process rings at a time. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** The queue, shared by every replica. */
export interface BullQueue extends WakeQueue {
  /** As `wake`, and says whether Redis has taken it. */
  offer(id: RolloutId, uid: string, at: Instant, key: string): Promise<boolean>;
  /** Rings from now on, as soon as Redis is there. */
  start(tick: Rung['tick'], sweep: Rung['sweep']): Promise<void>;
  /** Takes no more, gives what is under way `graceMs`, and lets go of every connection. Never throws. */
  stop(graceMs: Millis): Promise<void>;
  /** Whether Redis answers and no wake is more than ten seconds overdue. */
  healthy(): boolean;
  /** By how much the oldest wake not yet rung is overdue; undefined when Redis does not answer. */
  overdue(): Promise<Millis | undefined>;
  /** Calls back when Redis came back or was flushed, and so may have lost wakes. */
  onLoss(lost: () => void): void;
}

const lookEveryMs = 1_000;
const mostOverdueMs = 10_000;

/** A Redis that answers but takes nothing (full, or a read-only replica) counts as away for so long before it is tried again. */
const refusedForMs = 30_000;

/** Connects in the background; nothing here waits for Redis, and nothing throws because of it. */
export function bullQueue(options: BullQueueOptions): BullQueue {
  const { url, prefix = '{serin}', sweepMs, concurrency, clock, log } = options;
  const underWay = new Set<string>();
  const losses: (() => void)[] = [];
  const reach = reachability(log);
  const redis = givingConnection(url, reach.failed);
  const giving = giver({ redis, prefix, sweepMs, clock });
  let rung: Rung | undefined;
  let ringing: Ringer | undefined;
  let stopped = false;
  let looking = false;
  let refusedUntil = Number.NEGATIVE_INFINITY;

  function lose(): void {
    for (const lost of losses) lost();
  }

  function follow(look: Look): void {
    if (stopped || (look.kind === 'answers' && clock.now() < refusedUntil)) return;
    const wasAway = reach.state() === 'away';
    reach.follow(look);
    if (look.kind === 'away') return;
    if (rung !== undefined && ringing === undefined) ringing = beginRinging(rung);
    ringing?.revive();
    if (look.lost || wasAway) lose();
  }

  function beginRinging(what: Rung): Ringer {
    const connection = ringingConnection(url, reach.failed);
    return ringer({ redis: connection, prefix, concurrency, clock, log, underWay, failed: reach.failed }, what);
  }

  async function look(): Promise<void> {
    if (looking || stopped) return;
    looking = true;
    try {
      follow(await giving.look(rung !== undefined));
    } finally {
      looking = false;
    }
  }

  async function offer(id: RolloutId, uid: string, at: Instant, key: string): Promise<boolean> {
    if (stopped) return false;
    try {
      await giving.give(jobIdOf(uid, key, underWay), dataOf(id, uid), at);
      return true;
    } catch (error) {
      if (isRefusal(error)) refusedUntil = clock.now() + refusedForMs;
      reach.follow({ kind: 'away', error });
      return false;
    }
  }

  const lookAgain = () => void look().catch((error: unknown) => log.error('Looking at Redis failed.', {}, error));
  const interval = setInterval(lookAgain, lookEveryMs);
  redis.on('ready', lookAgain);
  redis.on('close', () => stopped || reach.follow({ kind: 'away', error: reach.lastError() }));

  return {
    async wake(id, uid, at, key) {
      await offer(id, uid, at, key);
    },
    offer,
    async start(tick, sweep) {
      rung = { tick, sweep };
      if (redis.status === 'ready') await look();
    },
    async stop(graceMs) {
      stopped = true;
      clearInterval(interval);
      await ringing?.close(graceMs);
      giving.close();
    },
    healthy: () => !stopped && reach.state() === 'healthy',
    overdue: () => giving.overdue().catch(() => undefined),
    onLoss: (lost) => void losses.push(lost),
  };
}

/** Whether Redis itself said no, as told from a connection that failed. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

/** Keeps whether Redis is in reach, and says so in the log when it changes, not at every attempt. */
function reachability(log: Log): {
  readonly state: () => 'unknown' | 'healthy' | 'away';
  readonly follow: (look: Look) => void;
  readonly failed: (error: Error) => void;
  readonly lastError: () => unknown;
} {
  let state: 'unknown' | 'healthy' | 'away' = 'unknown';
  let lastError: unknown;
  return {
    state: () => state,
    failed: (error) => {
      lastError = error;
    },
    lastError: () => lastError,
    follow(look) {
      const next = look.kind === 'answers' && look.overdueMs <= mostOverdueMs ? 'healthy' : 'away';
      if (next === state) return;
      state = next;
      if (next === 'healthy') {
        lastError = undefined;
        log.info('Redis rings the wakes.');
      } else if (look.kind === 'answers')
        log.warn('Redis answers but wakes are overdue; own timers ring them.', { overdueMs: look.overdueMs });
      else log.warn('Redis is out of reach; own timers ring the wakes until it is back.', {}, lastError ?? look.error);
    },
  };
}
