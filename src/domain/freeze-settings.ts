// Freezes as a CanaryPolicy spells them: windows of the week, of the calendar, and a stop. Read at the door.
import type { FreezeWindow, Span, WeeklySpan } from './freeze.ts';
import type { Read } from './settings-values.ts';
import { nearest } from './spelling.ts';

/** The freezes that one policy declares. */
export interface DeclaredFreezes {
  /** The policy, `namespace/name`, for sentences. */
  readonly policy: string;
  readonly windows: readonly FreezeWindow[];
  /** Why everything is stopped until somebody takes this away. */
  readonly stop?: string;
  /** What cannot be read; as long as there is any, everything is held. */
  readonly problems: readonly string[];
}

const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const fields: readonly string[] = ['name', 'reason', 'timeZone', 'days', 'from', 'to'];
const mostWindows = 20;
const expected =
  'Expected days such as [Sat, Sun], with or without times such as "18:00"; or from "Fri 16:00" to "Mon 08:00"; or two instants such as "2026-12-20T00:00:00Z".';

/** Reads what a policy says in `spec.freeze` and `spec.stop`; both may be absent. */
export function readFreezes(policy: string, freeze: unknown, stop: unknown): DeclaredFreezes {
  const entries = Array.isArray(freeze) ? freeze.slice(0, mostWindows) : freeze === undefined ? [] : [freeze];
  const read = entries.map((entry: unknown, index) => ({ index, outcome: readWindow(entry) }));
  const windows = read.flatMap(({ outcome }) => ('value' in outcome ? [outcome.value] : []));
  const problems = read.flatMap(({ index, outcome }) =>
    'wrong' in outcome ? [`spec.freeze[${index}] of CanaryPolicy ${policy} ${outcome.wrong}`] : [],
  );
  const twice = windows.find(({ name }, index) => windows.findIndex((each) => each.name === name) < index);
  if (twice !== undefined)
    problems.push(
      `spec.freeze of CanaryPolicy ${policy} has two windows "${twice.name}". Give each a name of its own.`,
    );
  if (Array.isArray(freeze) && freeze.length > mostWindows)
    problems.push(
      `spec.freeze of CanaryPolicy ${policy} has ${freeze.length} windows. At most ${mostWindows} are read.`,
    );
  if (stop === undefined || stop === '') return { policy, windows, problems };
  const why = typeof stop === 'string' ? stop : JSON.stringify(stop);
  return { policy, windows, problems, stop: why.slice(0, 200) };
}

function readWindow(entry: unknown): Read<FreezeWindow> {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    return { wrong: `is no window. ${expected}` };
  const window = entry as Readonly<Record<string, unknown>>;
  const stranger = Object.keys(window).find((field) => !fields.includes(field));
  if (stranger !== undefined) {
    const guess = nearest(stranger, fields);
    return {
      wrong: `has a field "${stranger}". ${guess === undefined ? `Known are ${fields.join(', ')}.` : `Did you mean ${guess}?`}`,
    };
  }
  const timeZone = window['timeZone'] ?? 'UTC';
  if (typeof timeZone !== 'string' || !isTimeZone(timeZone))
    return {
      wrong: `has the time zone ${said(timeZone)}, which is unknown. Expected one such as "Europe/Berlin" or "UTC".`,
    };
  const span = readSpan(window);
  if ('wrong' in span) return span;
  if (isEndless(span.value))
    return { wrong: 'is the whole week, so that it never ends. Write spec.stop to stop everything.' };
  const name = text(window['name']);
  if (name === undefined) return { wrong: 'has no name. Give it one, such as "weekend".' };
  const reason = text(window['reason']);
  return { value: { name, timeZone, span: span.value, ...(reason === undefined ? {} : { reason }) } };
}

function isEndless(span: Span): boolean {
  if (span.kind === 'between') return false;
  const minutes = span.spans.reduce((sum, { from, days, to }) => sum + days * 1_440 + to - from, 0);
  return minutes >= 7 * 1_440;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined;
}

/** Whether the tables of this process know the zone. */
function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function readSpan({ days, from, to }: Readonly<Record<string, unknown>>): Read<Span> {
  const wrong = {
    wrong: `has days ${said(days)}, from ${said(from)}, to ${said(to)}, which make no window. ${expected}`,
  };
  if (days !== undefined) {
    const listed = readDays(days);
    return listed === undefined ? wrong : (daily(listed, from, to) ?? wrong);
  }
  if (typeof from !== 'string' || typeof to !== 'string') return wrong;
  return between(from, to) ?? weekly(from, to) ?? daily([0, 1, 2, 3, 4, 5, 6], from, to) ?? wrong;
}

function said(value: unknown): string {
  return value === undefined ? 'absent' : (JSON.stringify(value) ?? 'absent');
}

function readDays(days: unknown): readonly number[] | undefined {
  if (!Array.isArray(days) || days.length === 0) return undefined;
  const numbers = days.map(readDay);
  const known = numbers.filter((day) => day !== undefined);
  return known.length === numbers.length ? [...new Set(known)] : undefined;
}

/** `Sat`, in whatever case; `Saturday` too. */
function readDay(name: unknown): number | undefined {
  if (typeof name !== 'string' || !/^(sun|mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?)(day)?$/i.test(name))
    return undefined;
  const index = dayNames.findIndex((day) => day.toLowerCase() === name.slice(0, 3).toLowerCase());
  return index < 0 ? undefined : index;
}

/** Minutes since midnight; `24:00` is the end of the day. */
function readTime(time: string): number | undefined {
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(time) ?? [];
  const total = Number(hours) * 60 + Number(minutes);
  return Number(minutes) < 60 && total <= 1_440 ? total : undefined;
}

/** From a time of each of the days to a time of the same day, or of the next where that is not later. */
function daily(days: readonly number[], from: unknown, to: unknown): { readonly value: Span } | undefined {
  const begins = from === undefined ? 0 : typeof from === 'string' ? readTime(from) : undefined;
  const ends = to === undefined ? 1_440 : typeof to === 'string' ? readTime(to) : undefined;
  if (begins === undefined || ends === undefined || begins === 1_440) return undefined;
  const spans = days.map((day) => ({ day, from: begins, days: ends > begins ? 0 : 1, to: ends }));
  return { value: { kind: 'weekly', spans } };
}

function weekly(from: string, to: string): { readonly value: Span } | undefined {
  const [begins, ends] = [readDayTime(from), readDayTime(to)];
  if (begins === undefined || ends === undefined || begins.minutes === 1_440) return undefined;
  const later = (ends.day - begins.day + 7) % 7;
  const days = later === 0 && ends.minutes <= begins.minutes ? 7 : later;
  const span: WeeklySpan = { day: begins.day, from: begins.minutes, days, to: ends.minutes };
  return { value: { kind: 'weekly', spans: [span] } };
}

function readDayTime(words: string): { readonly day: number; readonly minutes: number } | undefined {
  const [, name, time = ''] = /^([A-Za-z]+)\s+(\S+)$/.exec(words) ?? [];
  const [day, minutes] = [readDay(name), readTime(time)];
  return day === undefined || minutes === undefined ? undefined : { day, minutes };
}

/** Two instants with their offset from UTC. */
function between(from: string, to: string): { readonly value: Span } | undefined {
  const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;
  if (!instant.test(from) || !instant.test(to)) return undefined;
  const [begins, ends] = [Date.parse(from), Date.parse(to)];
  return begins < ends ? { value: { kind: 'between', from: begins, to: ends } } : undefined;
}
