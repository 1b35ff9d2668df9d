// A clock that stands still until a test moves it.
import type { Clock } from '../../src/controller/ports.ts';
import type { Instant, Millis } from '../../src/domain/time.ts';
import { dawn } from './builders.ts';

/** The wall clock of a test. */
export interface SimulatedClock extends Clock {
  /** Moves on by so many milliseconds. */
  pass(ms: Millis): void;
  /** Moves on to an instant; stays where it is when that is past. */
  reach(at: Instant): void;
}

/** A clock that shows `start` until it is moved. */
export function simulatedClock(start: Instant = dawn): SimulatedClock {
  let now = start;
  return {
    now: () => now,
    pass: (ms) => {
      now += ms;
    },
    reach: (at) => {
      now = Math.max(now, at);
    },
  };
}
