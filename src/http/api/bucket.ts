// How often somebody may ask: a bucket of tokens for each, filled at a steady pace.
import type { Clock } from '../../controller/ports.ts';
import type { Instant } from '../../domain/time.ts';

/** How much is taken: so many at once, and so many a second in the long run. */
export interface Pace {
  readonly burst: number;
  readonly perSecond: number;
}

/** Buckets by name. */
export interface Buckets {
  /** Takes one token: 0, or in how many whole seconds there will be one. */
  take(name: string): number;
}

interface Bucket {
  readonly tokens: number;
  readonly at: Instant;
}

const mostBuckets = 10_000;

/** Full buckets at first. Of more than 10,000 names those not heard of for longest are forgotten. */
export function buckets({ burst, perSecond }: Pace, clock: Clock): Buckets {
  const kept = new Map<string, Bucket>();

  function keep(name: string, bucket: Bucket): void {
    kept.delete(name);
    kept.set(name, bucket);
    const [oldest] = kept.keys();
    if (kept.size > mostBuckets && oldest !== undefined) kept.delete(oldest);
  }

  return {
    take(name) {
      const now = clock.now();
      const before = kept.get(name) ?? { tokens: burst, at: now };
      const tokens = Math.min(burst, before.tokens + (Math.max(0, now - before.at) / 1_000) * perSecond);
      if (tokens >= 1) {
        keep(name, { tokens: tokens - 1, at: now });
        return 0;
      }
      keep(name, { tokens, at: now });
      return Math.max(1, Math.ceil((1 - tokens) / perSecond));
    },
  };
}
