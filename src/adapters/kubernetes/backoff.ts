// How long to wait before the next try: twice as long each time, and never all clients at once.
import type { Millis } from '../../domain/time.ts';

/** Waits that grow until they are reset. */
export interface Backoff {
  /** The next wait: from half of the present step up to all of it. */
  readonly next: () => Millis;
  readonly reset: () => void;
}

const firstMs = 200;
const longestMs = 30_000;

/** `random` gives from 0 up to 1. */
export function backoff(random: () => number): Backoff {
  let stepMs = firstMs;
  return {
    next() {
      const waitMs = stepMs * (0.5 + random() / 2);
      stepMs = Math.min(longestMs, stepMs * 2);
      return waitMs;
    },
    reset() {
      stepMs = firstMs;
    },
  };
}
