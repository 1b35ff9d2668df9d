// Moments as people type them.
import { InvalidArgumentError } from 'commander';
import { type Instant, parseDuration } from '../domain/time.ts';

/** A moment as it was typed, whatever the time is when it is read. */
export type Moment = (now: Instant) => Instant;

/** `now`, `-2h` before now, or RFC 3339 such as `2026-01-05T09:00:00Z`. Anything else is a usage error. */
export function readMoment(text: string): Moment {
  if (text === 'now') return (now) => now;
  const ago = text.startsWith('-') ? parseDuration(text.slice(1)) : undefined;
  if (ago !== undefined) return (now) => now - ago;
  const at = isDay(text) && /(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return () => at;
  throw new InvalidArgumentError('Expected "now", "-2h", or "2026-01-05T09:00:00Z" with its time zone.');
}

/** Whether a text begins with a day that there is: 31 February is read as a day of March elsewhere. */
function isDay(text: string): boolean {
  const day = /^(\d{4}-\d{2}-\d{2})T/.exec(text)?.[1];
  const at = day === undefined ? Number.NaN : Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === day;
}
