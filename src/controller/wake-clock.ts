// The clock: a queue that rings for every replica, and this process' own timers for when the queue is away or forgetful.
//
//   wake ----> own timers (always)          queue away: rings 1 s after the due time
//     \                                     queue well: rings only what is a minute overdue
//      `-----> queue (when it answers) ---> rings at the due time, in any replica
//
// Ringing twice does no harm: a tick reads the saved state and does what is owed, which may be nothing.
import type { RolloutId } from '../domain/rollout.ts';
import type { Instant, Millis } from '../domain/time.ts';
import { type Flights, flights, type Tick, type TickOutcome, within } from './flights.ts';
import type { Log } from './log.ts';
import type { Clock, WakeQueue } from './ports.ts';
import type { LocalTimers, Wake } from './timers.ts';

/** A queue of wakes that is shared by every replica and may be out of reach. */
export interface Bell extends WakeQueue {
  /** As `wake`, and says whether the queue has taken it. */
  offer(id: RolloutId, uid: string, at: Instant, key: string): Promise<boolean>;
  /**
   * Begins to ring: `tick` for every wake that is due, `sweep` periodically, in one replica each time. A wake whose tick
   * rejects is rung again a little later. Resolves at once, also when the queue is out of reach; it is found when it comes.
   */
  start(tick: (id: RolloutId, uid: string, late: Millis) => Promise<void>, sweep: () => Promise<void>): Promise<void>;
  /** Takes no more, gives what is under way `graceMs`, and lets go of every connection. Never throws. */
  stop(graceMs: Millis): Promise<void>;
  /** Whether the queue answers and rings in time. */
  healthy(): boolean;
  /** By how much the oldest wake not yet rung is overdue; undefined when the queue does not answer. */
  overdue(): Promise<Millis | undefined>;
  /** Calls back whenever the queue may have lost what it was given. */
  onLoss(lost: () => void): void;
}

/** Who counts what the clock does. Must not throw. */
interface ClockCounter {
  ticked(outcome: TickOutcome, tookMs: Millis): void;
  late(byMs: Millis): void;
}

/** What the clock is made of. Without a queue the process rings by itself. */
export interface ClockParts {
  readonly queue?: Bell;
  readonly timers: LocalTimers;
  readonly clock: Clock;
  readonly log: Log;
  readonly counter?: ClockCounter;
  readonly sweepMs: Millis;
  /** How long a tick may take before its signal aborts. */
  readonly tickTimeoutMs: Millis;
  /** How many ticks the own timers may have under way. */
  readonly concurrency: number;
  /** Calls `beat` every `ms` until the returned function is called; the system's timer when left out. */
  readonly every?: (ms: Millis, beat: () => void) => () => void;
}

/** How the clock is doing. */
interface ClockState {
  readonly queue: 'none' | 'healthy' | 'away';
  /** For how long the oldest tick has been under way. */
  readonly oldestTickMs: Millis;
  /** How many ticks failed since the last one that did not. */
  readonly failedInARow: number;
}

/** Rings rollouts, in this process one tick of each at a time. */
export interface WakeClock extends WakeQueue {
  /** Begins to ring, with a sweep at once. A tick or sweep that throws is logged and tried again. */
  start(tick: Tick, sweep: () => Promise<void>): Promise<void>;
  /** Stops ringing and waits up to `graceMs` for what is under way. Never throws. */
  stop(graceMs: Millis): Promise<void>;
  state(): ClockState;
}

const beatMs = 250;
const graceWhileAway = 1_000;
const graceWhileHealthy = 60_000;
const longestPause = 30_000;
/** From this lateness on it is asked whether a wake is still owed; the clocks of replicas differ by less. */
const staleMs = 1_000;
/** Beginnings of ticks are remembered for so long; a wake that is later than that is rung in any case. */
const rememberedMs = 600_000;

/** For the queue after the last tick has landed: what it rings from then on is put back at once. */
const lastMs = 1_000;

/** Joins the queue and the own timers into one clock. */
export function wakeClock(parts: ClockParts): WakeClock {
  const { queue, timers, clock, log } = parts;
  const failures = failureCount();
  const done = beginnings(clock);
  let air: Flights | undefined;
  let still: (() => void) | undefined;

  async function wake(id: RolloutId, uid: string, at: Instant, key: string): Promise<void> {
    timers.hold({ id, uid, at, key });
    if (queue?.healthy() !== true) return;
    if (await queue.offer(id, uid, at, key)) timers.queued(uid, key);
  }

  function ended(id: RolloutId, uid: string, outcome: TickOutcome, tookMs: Millis, error?: unknown): void {
    parts.counter?.ticked(outcome, tookMs);
    if (outcome === 'done') done.note(uid, clock.now() - tookMs);
    const failed = failures.count(uid, outcome);
    if (failed === 0) return;
    log.error('A tick failed; it is tried again.', { rollout: id, outcome, failed }, error);
    const at = clock.now() + Math.min(1_000 * 2 ** (failed - 1), longestPause);
    void wake(id, uid, at, `retry-${at}`).catch((reason: unknown) => log.error('A wake was not kept.', {}, reason));
  }

  async function ring(id: RolloutId, uid: string, late: Millis): Promise<void> {
    timers.rung(uid);
    // A tick that began after this wake was due has done what was owed, and has asked for its own next wake. Ringing again
    // would make two wakes of every one while the queue is behind, and so keep it behind.
    if (late >= staleMs && done.isSince(uid, clock.now() - late)) return;
    parts.counter?.late(Math.max(0, late));
    await air?.tick(id, uid);
  }

  function graceOf(held: Wake): Millis {
    if (!held.queued) return 0;
    return queue?.healthy() === true ? graceWhileHealthy : graceWhileAway;
  }

  function beat(): void {
    const free = parts.concurrency - (air?.underWay() ?? 0);
    if (free <= 0) return;
    for (const held of timers.overdue(graceOf, free)) {
      void ring(held.id, held.uid, clock.now() - held.at).catch((reason: unknown) =>
        log.error('A tick was lost.', {}, reason),
      );
    }
  }

  return {
    wake,
    async start(tick, sweep) {
      const sweeps = sweepsOf(parts, sweep);
      air = flights({ tick, timeoutMs: parts.tickTimeoutMs, clock, ended });
      queue?.onLoss(() => offerAgain(queue, timers, log));
      await queue?.start(
        (id, uid, late) => within(ring(id, uid, late), 2 * parts.tickTimeoutMs).then(() => undefined),
        sweeps.now,
      );
      still = (parts.every ?? everyInterval)(beatMs, () => {
        beat();
        sweeps.whenAlone();
      });
      await sweeps.now();
    },
    async stop(graceMs) {
      still?.();
      const landed = (await air?.land(graceMs)) ?? true;
      await queue?.stop(lastMs);
      if (!landed) log.warn('Ticks were cut short at the end of the grace period; they go on elsewhere.');
    },
    state: () => ({
      queue: queue === undefined ? 'none' : queue.healthy() ? 'healthy' : 'away',
      oldestTickMs: air?.oldest() ?? 0,
      failedInARow: failures.inARow(),
    }),
  };
}

/** The sweep, never twice at a time: when the queue says so, and by the own clock while there is no queue to say it. */
function sweepsOf(
  { queue, clock, log, sweepMs, tickTimeoutMs }: ClockParts,
  sweep: () => Promise<void>,
): { readonly now: () => Promise<void>; readonly whenAlone: () => void } {
  let last = Number.NEGATIVE_INFINITY;
  let underWay: Promise<void> | undefined;
  async function sweepOnce(): Promise<void> {
    last = clock.now();
    try {
      await sweep();
    } catch (error) {
      log.error('A sweep failed; the next one follows.', {}, error);
    }
  }
  async function now(): Promise<void> {
    underWay ??= sweepOnce().finally(() => {
      underWay = undefined;
    });
    await within(underWay, 2 * tickTimeoutMs);
  }
  return {
    now,
    whenAlone() {
      if (queue?.healthy() === true || clock.now() < last + sweepMs) return;
      void now().catch((error: unknown) => log.error('A sweep was lost.', {}, error));
    },
  };
}

/** Gives the queue everything held, because it may have lost it. Offering twice is the same as once. */
function offerAgain(queue: Bell, timers: LocalTimers, log: Log): void {
  const wakes = timers.held();
  if (wakes.length > 0)
    log.info('The queue may have lost wakes; those of this process are given to it again.', { wakes: wakes.length });
  void (async () => {
    for (const { id, uid, at, key } of wakes) {
      if (await queue.offer(id, uid, at, key)) timers.queued(uid, key);
    }
  })().catch((error: unknown) => log.error('Wakes could not be given to the queue again.', {}, error));
}

/** When the last tick of each rollout that ended well began, for as long as that may matter. */
function beginnings(clock: Clock): {
  note(uid: string, at: Instant): void;
  isSince(uid: string, due: Instant): boolean;
} {
  const at = new Map<string, Instant>();
  return {
    note(uid, began) {
      at.delete(uid); // so that the map stays in the order of the notes
      at.set(uid, began);
      for (const [old, since] of at) {
        if (since > clock.now() - rememberedMs) break;
        at.delete(old);
      }
    },
    isSince: (uid, due) => (at.get(uid) ?? Number.NEGATIVE_INFINITY) >= due,
  };
}

function failureCount(): { count(uid: string, outcome: TickOutcome): number; inARow(): number } {
  const perRollout = new Map<string, number>();
  let inARow = 0;
  return {
    count(uid, outcome) {
      inARow = outcome === 'done' ? 0 : inARow + 1;
      const failed = outcome === 'done' ? 0 : (perRollout.get(uid) ?? 0) + 1;
      if (failed === 0) perRollout.delete(uid);
      else perRollout.set(uid, failed);
      return failed;
    },
    inARow: () => inARow,
  };
}

function everyInterval(ms: Millis, beat: () => void): () => void {
  const interval = setInterval(beat, ms);
  return () => clearInterval(interval);
}
