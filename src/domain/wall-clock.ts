// What a clock on the wall shows in a time zone, and when it shows it: days that have 23 hours or 25 included.
import type { Instant, Millis } from './time.ts';

/** A day as a clock on the wall counts it. */
export const dayMs: Millis = 86_400_000;

/** The wall clock's day of an instant: its midnight as if it were UTC. */
export function localDay(at: Instant, timeZone: string): Millis {
  return Math.floor((at + offsetAt(at, timeZone)) / dayMs) * dayMs;
}

/**
 * When the clock on the wall shows a time, given as if it were UTC. A time that the clock shows twice is the earlier or the later
 * one as asked for; one that it skips is when it does, so that a window is what is left of it.
 */
export function instantOf(wall: Millis, timeZone: string, which: 'earlier' | 'later'): Instant {
  const [before, after] = [offsetAt(wall - dayMs, timeZone), offsetAt(wall + dayMs, timeZone)];
  const candidates = [wall - before, wall - after];
  const shown = candidates.filter((at) => at + offsetAt(at, timeZone) === wall);
  if (shown.length === 0) return changeBetween(Math.min(...candidates), Math.max(...candidates), timeZone);
  return which === 'earlier' ? Math.min(...shown) : Math.max(...shown);
}

/** The first instant at which the clock is ahead of UTC by another time than at `early`; it is by `late`. */
function changeBetween(early: Instant, late: Instant, timeZone: string): Instant {
  const before = offsetAt(early, timeZone);
  let [low, high] = [early, late];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle, timeZone) === before) low = middle;
    else high = middle;
  }
  return high;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formats.set(timeZone, made);
  return made;
}

function partsOf(at: Instant, timeZone: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
}

/** What the clock on the wall is ahead of UTC by at an instant. */
export function offsetAt(at: Instant, timeZone: string): Millis {
  const { year, month, day, hour, minute, second } = partsOf(at, timeZone);
  const wall = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return wall - Math.floor(at / 1_000) * 1_000;
}

/** An instant as the clock on the wall shows it: `Mon 2026-01-05 08:00 Europe/Berlin`. */
export function wallClock(at: Instant, timeZone: string): string {
  const { weekday, year, month, day, hour, minute } = partsOf(at, timeZone);
  return `${weekday} ${year}-${month}-${day} ${hour}:${minute} ${timeZone}`;
}
