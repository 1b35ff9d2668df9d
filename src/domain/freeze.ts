// When nothing may move forward: windows of the week in a time zone, windows of the calendar, and a stop.
import type { DeclaredFreezes } from './freeze-settings.ts';
import type { Instant, Millis } from './time.ts';
import { dayMs, instantOf, localDay, wallClock } from './wall-clock.ts';

/** From a time of a weekday to a time so many days later, as clocks on the wall show it. */
export interface WeeklySpan {
  /** 0 is Sunday. */
  readonly day: number;
  /** Minutes since midnight, as the clock shows them. */
  readonly from: number;
  readonly days: number;
  readonly to: number;
}

/** When a window is: the end does not belong to it. */
export type Span =
  | { readonly kind: 'between'; readonly from: Instant; readonly to: Instant }
  | { readonly kind: 'weekly'; readonly spans: readonly WeeklySpan[] };

/** One window. */
export interface FreezeWindow {
  readonly name: string;
  /** An IANA name that this process knows. */
  readonly timeZone: string;
  readonly span: Span;
  readonly reason?: string;
}

/** Why nothing moves forward now. */
export interface Frozen {
  /** When it ends by itself; absent where a person has to end it. */
  readonly until?: Instant;
  /** One sentence: until when, in whose name, why. */
  readonly message: string;
}

/** Windows that follow each other at once are one, over so many of them. */
const mostJoined = 60;

/**
 * What holds rollouts at an instant: a stop before anything else, then a policy that cannot be read, then the windows, until the
 * first moment that none of them covers. Undefined when nothing does.
 */
export function frozenAt(declared: readonly DeclaredFreezes[], now: Instant): Frozen | undefined {
  const stopped = declared.find(({ stop }) => stop !== undefined);
  if (stopped !== undefined) return { message: stopSentence(stopped) };
  const [problem] = declared.flatMap(({ problems }) => problems);
  if (problem !== undefined)
    return { message: `A freeze cannot be read, so that nothing moves forward before it is corrected: ${problem}` };
  const windows = declared.flatMap(({ policy, windows: own }) => own.map((window) => ({ policy, window })));
  const open = windows.flatMap((each) => {
    const end = windowEnd(each.window, now);
    return end === undefined ? [] : [{ ...each, end }];
  });
  const [longest] = open.toSorted((a, b) => b.end - a.end);
  if (longest === undefined) return undefined;
  const all = windows.map(({ window }) => window);
  const until = thawOf(all, longest.end);
  return { until, message: windowSentence(longest, until) };
}

function stopSentence({ policy, stop }: DeclaredFreezes): string {
  const [namespace = '', name = ''] = policy.split('/');
  return (
    `Everything is stopped by CanaryPolicy ${policy}: ${ended(stop ?? '')} ` +
    `To lift it: kubectl patch canarypolicy ${name} -n ${namespace} --type=merge -p '{"spec":{"stop":null}}'`
  );
}

function windowSentence(
  { policy, window }: { readonly policy: string; readonly window: FreezeWindow },
  until: Instant,
): string {
  const why = window.reason === undefined ? '.' : `: ${ended(window.reason)}`;
  return `Frozen until ${wallClock(until, window.timeZone)} by "${window.name}" of CanaryPolicy ${policy}${why}`;
}

/** A text that ends like a sentence. */
function ended(words: string): string {
  return /[.!?]$/.test(words) ? words : `${words}.`;
}

/** The first moment from `end` on that no window covers. */
function thawOf(windows: readonly FreezeWindow[], end: Instant): Instant {
  let until = end;
  for (let joined = 0; joined < mostJoined; joined += 1) {
    const further = windows.flatMap((window) => windowEnd(window, until) ?? []);
    if (further.length === 0) return until;
    until = Math.max(...further);
  }
  return until;
}

/** When the window that covers an instant ends; undefined when none does. */
export function windowEnd({ span, timeZone }: FreezeWindow, now: Instant): Instant | undefined {
  if (span.kind === 'between') return now >= span.from && now < span.to ? span.to : undefined;
  const today = localDay(now, timeZone);
  const ends = span.spans.flatMap((each) => weeklyEnd(each, today, timeZone, now) ?? []);
  return ends.length === 0 ? undefined : Math.max(...ends);
}

/**
 * Of the beginnings that lie at most a span back, and a day more: where clocks are put back at midnight, a day is over after the
 * next one has begun. `today` is the day's midnight as if it were UTC.
 */
function weeklyEnd(span: WeeklySpan, today: Millis, timeZone: string, now: Instant): Instant | undefined {
  const ends = Array.from({ length: span.days + 2 }, (_, back) => today - back * dayMs)
    .filter((day) => new Date(day).getUTCDay() === span.day)
    .flatMap((day) => {
      const from = instantOf(day + span.from * 60_000, timeZone, 'earlier');
      const to = instantOf(day + span.days * dayMs + span.to * 60_000, timeZone, 'later');
      return now >= from && now < to ? [to] : [];
    });
  return ends.length === 0 ? undefined : Math.max(...ends);
}
