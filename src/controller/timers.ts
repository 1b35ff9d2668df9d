// This process' own copy of the wakes it asked for, so that a rollout is rung for even when the queue lost it or is away.
import type { RolloutId } from '../domain/rollout.ts';
import type { Instant, Millis } from '../domain/time.ts';
import type { Clock } from './ports.ts';

/** One wake asked for in this process. */
export interface Wake {
  readonly id: RolloutId;
  readonly uid: string;
  readonly at: Instant;
  readonly key: string;
  /** Whether the queue has taken it, and so will most likely ring it. */
  readonly queued: boolean;
}

/** Wakes in memory; at most one per uid and key. */
export interface LocalTimers {
  /** Holds the wake; one with the same uid and key is replaced. */
  hold(wake: Omit<Wake, 'queued'>): void;
  /** Notes that the queue has taken the wake; nothing happens when it was rung meanwhile. */
  queued(uid: string, key: string): void;
  /** Lets go of the rollout's wakes that are due: it is being ticked. */
  rung(uid: string): void;
  /** Takes out at most `limit` rollouts that are overdue by more than `graceOf` their wake, longest overdue first. */
  overdue(graceOf: (wake: Wake) => Millis, limit: number): readonly Wake[];
  /** Every wake held. */
  held(): readonly Wake[];
}

/** More than this many wakes per rollout are not kept: the latest go, for the earlier ones lead to them. */
const mostPerRollout = 16;

/** Holds wakes for as long as the process lives; nothing here rings by itself. */
export function localTimers({ clock }: { readonly clock: Clock }): LocalTimers {
  const byRollout = new Map<string, readonly Wake[]>();

  function keep(uid: string, wakes: readonly Wake[]): void {
    if (wakes.length === 0) byRollout.delete(uid);
    else byRollout.set(uid, wakes);
  }

  function rung(uid: string): void {
    keep(
      uid,
      (byRollout.get(uid) ?? []).filter((wake) => wake.at > clock.now()),
    );
  }

  return {
    hold(wake) {
      const others = (byRollout.get(wake.uid) ?? []).filter((other) => other.key !== wake.key);
      const wakes = [...others, { ...wake, queued: false }].toSorted((a, b) => a.at - b.at);
      keep(wake.uid, wakes.slice(0, mostPerRollout));
    },
    queued(uid, key) {
      keep(
        uid,
        (byRollout.get(uid) ?? []).map((wake) => (wake.key === key ? { ...wake, queued: true } : wake)),
      );
    },
    rung,
    overdue(graceOf, limit) {
      const due = [...byRollout.values()]
        .flatMap((wakes) => wakes.find((wake) => wake.at + graceOf(wake) <= clock.now()) ?? [])
        .toSorted((a, b) => a.at - b.at)
        .slice(0, limit);
      for (const wake of due) rung(wake.uid);
      return due;
    },
    held: () => [...byRollout.values()].flat(),
  };
}
