// Waiting until a rollout is as wanted: woken by news of it, and looking now and then in case the news got lost.
import type { RolloutNews } from '../../controller/news.ts';
import type { Clock } from '../../controller/ports.ts';
import type { Millis } from '../../domain/time.ts';

/** What waiting needs. */
export interface WaitingParts {
  readonly news: RolloutNews;
  readonly clock: Clock;
  /** How long the silence lasts before a look is taken anyway. */
  readonly lookEveryMs: Millis;
}

/** What is waited for. */
export interface Waited<T> {
  readonly namespace: string;
  /** Reads what there is. */
  readonly look: () => Promise<T>;
  readonly isEnough: (seen: T) => boolean;
  readonly withinMs: Millis;
  /** Ends the waiting early. */
  readonly signal: AbortSignal;
}

/** News comes in bursts; so long after a look the next one is not taken. */
const breathMs: Millis = 100;

/** What was seen last: enough, or what there is when the time is over or the signal aborts. Rejects when a look does. */
export async function waitUntil<T>(parts: WaitingParts, waited: Waited<T>): Promise<T> {
  const { look, isEnough, withinMs, signal, namespace } = waited;
  const until = parts.clock.now() + withinMs;
  const bell = bellOf(signal);
  const leave = parts.news.subscribe(namespace, bell.ring);
  try {
    for (;;) {
      const seen = await look();
      const left = until - parts.clock.now();
      if (isEnough(seen) || left <= 0 || signal.aborted) return seen;
      await bell.rings(Math.min(breathMs, left), 'all');
      await bell.rings(Math.min(parts.lookEveryMs, left), 'first');
    }
  } finally {
    leave();
    bell.end();
  }
}

/** Something that can be waited for: a ring is kept until it was heard. */
export interface Bell {
  readonly ring: () => void;
  /** Resolves at the first ring, or with `all` when the time is over however often it rang; at once when the signal has aborted. */
  rings(withinMs: Millis, which: 'first' | 'all'): Promise<void>;
  /** Lets go of the signal. */
  end(): void;
}

/** A bell that also rings when the signal aborts. */
export function bellOf(signal: AbortSignal): Bell {
  let rung = false;
  let heard: (() => void) | undefined;
  function ring(): void {
    rung = true;
    heard?.();
  }
  signal.addEventListener('abort', ring, { once: true });
  return {
    ring,
    async rings(withinMs, which) {
      if (signal.aborted || (which === 'first' && rung)) {
        rung = false;
        return;
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        heard = () => {
          if (which === 'all' && !signal.aborted) return;
          clearTimeout(timer);
          resolve();
        };
      });
      heard = undefined;
      if (which === 'first') rung = false;
    },
    end: () => signal.removeEventListener('abort', ring),
  };
}
