// Ticks of one process: never two of one rollout at a time, and none that goes on for ever unnoticed.
import type { RolloutId } from '../domain/rollout.ts';
import type { Instant, Millis } from '../domain/time.ts';
import type { Clock } from './ports.ts';

/** One tick of a rollout. `signal` aborts when the tick's time is up or the process is leaving; what waits must heed it. */
export type Tick = (id: RolloutId, uid: string, signal: AbortSignal) => Promise<void>;

/** How a tick ended. */
export type TickOutcome = 'done' | 'failed' | 'timedOut';

/** Ticks under way. */
export interface Flights {
  /**
   * Ticks the rollout and resolves when a tick that began after this call has ended, however it ended. While one is under way,
   * any number of calls cause one more tick after it. Rejects only when no tick took place because the process is leaving.
   */
  tick(id: RolloutId, uid: string): Promise<void>;
  /** How many rollouts are being ticked. */
  underWay(): number;
  /** For how long the oldest tick has been under way; zero when there is none. */
  oldest(): Millis;
  /** Takes no more ticks, gives those under way `graceMs` to end, then aborts them. Resolves to whether all ended in time. */
  land(graceMs: Millis): Promise<boolean>;
}

/** What becomes of every tick, and how to cut short one that takes too long. */
export interface FlightRules {
  readonly tick: Tick;
  readonly timeoutMs: Millis;
  readonly clock: Clock;
  /** Told of the end of every tick; must not throw. */
  readonly ended: (id: RolloutId, uid: string, outcome: TickOutcome, tookMs: Millis, error?: unknown) => void;
}

interface Flight {
  readonly since: Instant;
  readonly landed: Promise<void>;
  next?: Promise<void>;
}

/** Single-flight per uid within this process. */
export function flights(rules: FlightRules): Flights {
  const underWay = new Map<string, Flight>();
  const leaving = new AbortController();
  let closed = false;

  function launch(id: RolloutId, uid: string): Promise<void> {
    if (closed) return Promise.reject(new Error('No tick took place: the process is leaving.'));
    const since = rules.clock.now();
    const landed = fly(rules, leaving.signal, id, uid, since).finally(() => {
      if (flight.next === undefined) underWay.delete(uid);
    });
    const flight: Flight = { since, landed };
    underWay.set(uid, flight);
    return landed;
  }

  function afterThis(flight: Flight, id: RolloutId, uid: string): Promise<void> {
    flight.next ??= flight.landed.then(() => {
      underWay.delete(uid);
      return launch(id, uid);
    });
    return flight.next;
  }

  return {
    async tick(id, uid) {
      const flight = underWay.get(uid);
      await (flight === undefined ? launch(id, uid) : afterThis(flight, id, uid));
    },
    underWay: () => underWay.size,
    oldest: () => Math.max(0, ...[...underWay.values()].map((flight) => rules.clock.now() - flight.since)),
    async land(graceMs) {
      closed = true;
      const landed = Promise.all([...underWay.values()].map((flight) => flight.landed));
      const inTime = await within(landed, graceMs);
      leaving.abort(new Error('The process is leaving.'));
      return inTime;
    },
  };
}

async function fly(
  rules: FlightRules,
  leaving: AbortSignal,
  id: RolloutId,
  uid: string,
  since: Instant,
): Promise<void> {
  const timeUp = AbortSignal.timeout(rules.timeoutMs);
  let failure: { readonly error: unknown } | undefined;
  try {
    await rules.tick(id, uid, AbortSignal.any([timeUp, leaving]));
  } catch (error) {
    failure = { error };
  }
  const outcome = failure === undefined ? 'done' : timeUp.aborted ? 'timedOut' : 'failed';
  rules.ended(id, uid, outcome, rules.clock.now() - since, failure?.error);
}

/** Whether the work ends within the time; the work itself goes on either way and must not reject. */
export async function within(work: Promise<unknown>, ms: Millis): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([work.then(() => true), timeUp]);
  } finally {
    clearTimeout(timer);
  }
}
