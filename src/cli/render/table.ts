// Columns as kubectl draws them, and ages as it spells them.
import type { Millis } from '../../domain/time.ts';
import { withoutColour } from '../terminal.ts';

/** Rows under a heading, each column as wide as its widest cell and three blanks apart. The last column is not padded. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = heading.map((_, column) =>
    Math.max(...[heading, ...rows].map((row) => withoutColour(row[column] ?? '').length)),
  );
  return [heading, ...rows].map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - withoutColour(cell).length)))
      .join('   ')
      .trimEnd(),
  );
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** An age as kubectl prints it (k8s.io/apimachinery, duration.HumanDuration): `45s`, `3m20s`, `42m`, `5h10m`, `3d4h`. */
export function age(ms: Millis): string {
  if (ms < 2 * minute) return `${Math.max(0, Math.floor(ms / second))}s`;
  if (ms < 10 * minute) return two(ms, minute, 'm', second, 's');
  if (ms < 3 * hour) return `${Math.floor(ms / minute)}m`;
  if (ms < 8 * hour) return two(ms, hour, 'h', minute, 'm');
  if (ms < 2 * day) return `${Math.floor(ms / hour)}h`;
  if (ms < 8 * day) return two(ms, day, 'd', hour, 'h');
  return `${Math.floor(ms / day)}d`;
}

function two(ms: Millis, large: Millis, largeName: string, small: Millis, smallName: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)}${largeName}${rest === 0 ? '' : `${rest}${smallName}`}`;
}
