// The queue of wakes within one process, for tests: the same promises as the real one, and a switch to take it out of reach.
import type { Clock, WakeQueue } from '../../controller/ports.ts';
import type { RolloutId } from '../../domain/rollout.ts';
import type { Instant, Millis } from '../../domain/time.ts';

/** A wake that was asked for and not yet rung. */
interface AskedWake {
  readonly id: RolloutId;
  readonly uid: string;
  readonly at: Instant;
  readonly key: string;
}

type Tick = (id: RolloutId, uid: string, late: Millis) => Promise<void>;

/** The queue in memory, with what tests want to see and do. */
export interface MemoryWakes extends WakeQueue {
  offer(id: RolloutId, uid: string, at: Instant, key: string): Promise<boolean>;
  start(tick: Tick, sweep: () => Promise<void>): Promise<void>;
  stop(graceMs: Millis): Promise<void>;
  healthy(): boolean;
  overdue(): Promise<Millis | undefined>;
  onLoss(lost: () => void): void;
  /** What is asked for and not yet rung, soonest first. */
  asked(): readonly AskedWake[];
  /** Takes the queue out of reach, or brings it back. */
  reach(within: boolean): void;
  /** Forgets every wake, as a flushed Redis does, and tells so. */
  flush(): void;
  /** As `start`, but rings only when `ring` is called. */
  startByHand: MemoryWakes['start'];
  /** Rings what is due by the clock; called by itself every few milliseconds after `start`. */
  ring(): void;
}

/** Rings by the clock given, looking at it every 10 ms of real time; the first sweep comes one `sweepMs` after the start. */
export function memoryWakes({ clock, sweepMs }: { readonly clock: Clock; readonly sweepMs: Millis }): MemoryWakes {
  const wakes = new Map<string, AskedWake>();
  const underWay = new Set<Promise<void>>();
  const losses: (() => void)[] = [];
  let within = true;
  let stopped = false;
  let rung: { tick: Tick; sweep: () => Promise<void> } | undefined;
  let nextSweep = Number.NEGATIVE_INFINITY;
  let interval: NodeJS.Timeout | undefined;

  const healthy = () => within && !stopped;

  async function offer(id: RolloutId, uid: string, at: Instant, key: string): Promise<boolean> {
    const name = `${uid}.${key}`;
    if (!healthy()) return false;
    if (!wakes.has(name)) wakes.set(name, { id, uid, at, key });
    return true;
  }

  function begin(work: () => Promise<void>, failed: () => void): void {
    const running: Promise<void> = work()
      .catch(failed)
      .finally(() => underWay.delete(running));
    underWay.add(running);
  }

  function ring(): void {
    if (rung === undefined || !within) return;
    const { tick, sweep } = rung;
    const now = clock.now();
    if (now >= nextSweep) {
      nextSweep = now + sweepMs;
      begin(sweep, () => undefined);
    }
    for (const [name, wake] of [...wakes].filter(([, { at }]) => at <= now)) {
      wakes.delete(name);
      const again = { ...wake, at: now + 1_000 };
      begin(
        () => tick(wake.id, wake.uid, now - wake.at),
        () => void wakes.set(name, again),
      );
    }
  }

  async function startByHand(tick: Tick, sweep: () => Promise<void>): Promise<void> {
    rung = { tick, sweep };
    nextSweep = clock.now() + sweepMs;
  }

  return {
    async wake(id, uid, at, key) {
      await offer(id, uid, at, key);
    },
    offer,
    async start(tick, sweep) {
      await startByHand(tick, sweep);
      interval = setInterval(ring, 10);
    },
    startByHand,
    async stop(graceMs) {
      clearInterval(interval);
      rung = undefined;
      stopped = true;
      const graceOver = new Promise<void>((resolve) => setTimeout(resolve, graceMs).unref());
      await Promise.race([Promise.all(underWay), graceOver]);
    },
    healthy,
    async overdue() {
      return within ? Math.max(0, ...[...wakes.values()].map(({ at }) => clock.now() - at)) : undefined;
    },
    onLoss: (lost) => void losses.push(lost),
    asked: () => [...wakes.values()].toSorted((a, b) => a.at - b.at),
    reach: (reachable) => {
      within = reachable;
    },
    flush() {
      wakes.clear();
      for (const lost of losses) lost();
    },
    ring,
  };
}
