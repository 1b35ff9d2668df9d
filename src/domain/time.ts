// Time as plain numbers, and durations as people write them.

/** Milliseconds since the Unix epoch. */
export type Instant = number;

/** A length of time in milliseconds. */
export type Millis = number;

const unitMillis: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const duration = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const part = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;

/** Reads a Go-style duration (`90s`, `1h30m`, `500ms`); undefined when the text is none. */
export function parseDuration(text: string): Millis | undefined {
  if (!duration.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(part)) total += Number(amount) * (unitMillis[unit ?? ''] ?? Number.NaN);
  return Number.isFinite(total) ? Math.round(total) : undefined;
}

/** Writes a duration the Go way, largest unit first, such that `parseDuration` reads it back. */
export function formatDuration(millis: Millis): string {
  if (millis <= 0) return '0s';
  const rest = Math.round(millis % 1_000);
  if (rest !== 0 && rest % 100 === 0 && millis >= 1_000 && millis < 60_000) return `${(millis / 1_000).toFixed(1)}s`;
  if (rest !== 0) return `${millis < 1_000 ? '' : formatDuration(millis - (millis % 1_000))}${rest}ms`;
  const seconds = Math.round(millis / 1_000);
  const parts = [
    [Math.floor(seconds / 3_600), 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  return parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join('');
}

/** Writes an instant as RFC 3339 in UTC with milliseconds, the form Kubernetes reads. */
export function formatInstant(at: Instant): string {
  return new Date(at).toISOString();
}
