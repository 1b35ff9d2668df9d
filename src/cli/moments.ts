// Moments as people type them.
import { type Instant, parseDuration } from '../domain/time.ts';
import { CliError, exitCodes } from './exit.ts';

/** A moment: `now`, `-2h` before now, or RFC 3339 such as `2026-01-05T09:00:00Z`. A usage error names the flag. */
export function readMoment(flag: string, text: string, now: Instant): Instant {
  if (text === 'now') return now;
  const ago = text.startsWith('-') ? parseDuration(text.slice(1)) : undefined;
  if (ago !== undefined) return now - ago;
  const at = isDay(text) && /(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  const message = `${flag} is "${text}", which is no moment. Expected "now", "-2h", or "2026-01-05T09:00:00Z" with its time zone.`;
  throw new CliError(exitCodes.usage, message);
}

/** Whether a text begins with a day that there is: 31 February is read as a day of March elsewhere. */
function isDay(text: string): boolean {
  const day = /^(\d{4}-\d{2}-\d{2})T/.exec(text)?.[1];
  const at = day === undefined ? Number.NaN : Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === day;
}
