// Announcements in memory, for unit tests.
import type { Announcement, Clock, Events } from '../../controller/ports.ts';
import type { Instant, Millis } from '../../domain/time.ts';

/** An announcement, and how often it was made without a pause of ten minutes. */
export interface MemoryEvent {
  readonly announcement: Announcement;
  readonly count: number;
  readonly at: Instant;
}

/** The port, and what was said. */
export interface MemoryEvents extends Events {
  /** Every announcement, oldest first. */
  readonly said: readonly Announcement[];
  /** The same with repetitions counted, in the order of the first one's. */
  events(): readonly MemoryEvent[];
}

const sameWithinMs: Millis = 600_000;

/** Nothing said yet. */
export function memoryEvents({ clock }: { readonly clock: Clock }): MemoryEvents {
  const said: Announcement[] = [];
  const events: MemoryEvent[] = [];
  return {
    said,
    events: () => [...events],
    async announce(announcement) {
      said.push(announcement);
      const at = clock.now();
      const text = JSON.stringify(announcement);
      const index = events.findLastIndex((event) => JSON.stringify(event.announcement) === text);
      const before = events[index];
      if (before === undefined || at - before.at > sameWithinMs) events.push({ announcement, count: 1, at });
      else events[index] = { announcement, count: before.count + 1, at };
    },
  };
}
