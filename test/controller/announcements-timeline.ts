// One clock and one source of chance for a whole simulation: what happens does so in the order of its instants, however long it takes.
import { setImmediate as turn } from 'node:timers/promises';
import type { Instant, Millis } from '../../src/domain/time.ts';
import { type SimulatedClock, simulatedClock } from '../support/clock.ts';

/** Numbers from 0 to 1. */
export type Chance = () => number;

/** Numbers from 0 to 1 that are the same for the same seed. */
export function chances(seed: number): Chance {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

/** What is to happen, and when. */
export interface Timeline {
  readonly clock: SimulatedClock;
  /** Does it so long from now. */
  in(ms: Millis, work: () => void): void;
  /** Lets everything happen; throws when there is no end to it. */
  run(): Promise<void>;
}

/** Whether a process lives, and until when it stands still. */
export interface Life {
  readonly dead: boolean;
  readonly asleepUntil: Instant;
}

/** Does what a process does next: now, or once it is awake again, or never when it is dead by then. */
export function awake(time: Timeline, life: Life, work: () => void): void {
  if (life.dead) return;
  const sleepsMs = life.asleepUntil - time.clock.now();
  if (sleepsMs > 0) time.in(sleepsMs, () => awake(time, life, work));
  else work();
}

const mostEvents = 1_000_000;

/** A timeline on which nothing is to happen yet. */
export function timeline(): Timeline {
  const clock = simulatedClock();
  const slots = new Map<number, (() => void)[]>();
  let instants: number[] = [];

  function next(): number | undefined {
    const [first] = instants.splice(0, 1);
    return first;
  }

  return {
    clock,
    in(ms, work) {
      const at = Math.ceil(clock.now() + ms);
      const slot = slots.get(at);
      if (slot !== undefined) return void slot.push(work);
      slots.set(at, [work]);
      const place = instants.findLastIndex((each) => each < at);
      instants = instants.toSpliced(place + 1, 0, at);
    },
    async run() {
      for (let count = 0; count < mostEvents; count += 1) {
        const at = next();
        if (at === undefined) return;
        clock.reach(at);
        const works = slots.get(at) ?? [];
        slots.delete(at);
        for (const work of works) {
          work();
          await turn();
        }
      }
      throw new Error('There is no end to it.');
    },
  };
}
