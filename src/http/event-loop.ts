// How long the event loop was stuck, seen from a timer that ought to have run.
import type { Millis } from '../domain/time.ts';

/** Measures until stopped. */
export interface EventLoopWatch {
  /** The longest turn of the loop since this was last asked, the present one included. */
  longestTurn(): Millis;
  stop(): void;
}

const beatMs = 100;

/** Begins to measure; keeps no process alive. `monotonic` is a clock in milliseconds that nobody sets. */
export function eventLoopWatch(monotonic: () => Millis = () => performance.now()): EventLoopWatch {
  let lastBeat = monotonic();
  let longest = 0;
  function beat(): void {
    const now = monotonic();
    longest = Math.max(longest, now - lastBeat - beatMs);
    lastBeat = now;
  }
  const timer = setInterval(beat, beatMs).unref();
  return {
    longestTurn() {
      beat();
      const seen = Math.max(0, longest);
      longest = 0;
      return seen;
    },
    stop: () => clearInterval(timer),
  };
}
