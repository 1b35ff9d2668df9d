// How gates put numbers and reporters into words, and which of several opinions decides.
import type { Reporter } from '../evidence.ts';
import type { Opinion } from '../gate.ts';
import { formatShare } from '../plan.ts';
import { rate, type Trial } from '../statistics/excess.ts';
import { type Verdict, verdictRank } from '../verdict.ts';

const longestMessage = 1_000;

/** Whose count it is, to end a clause with. */
export const seenBy: Readonly<Record<Reporter, string>> = {
  source: 'as its clients saw it (reporter source)',
  waypoint: 'as the waypoint saw it (reporter waypoint)',
  destination: 'as its own pods saw it (reporter destination)',
};

/** A count with commas: `12,345`. */
export function grouped(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** `3 of 1,000 (0.3%)`. */
export function outOf(trial: Trial): string {
  return `${grouped(trial.x)} of ${grouped(trial.n)} (${formatShare(rate(trial))})`;
}

/** The opinion that decides: the worst; among equals the one that holds most harm possible, then the first. Owes at least one. */
export function worst([first, ...others]: readonly [Opinion, ...Opinion[]]): Opinion {
  return others.reduce((a, b) => (isWorse(b, a) ? b : a), first);
}

function isWorse(one: Opinion, other: Opinion): boolean {
  const further = verdictRank(one.verdict) - verdictRank(other.verdict);
  return further > 0 || (further === 0 && one.verdict === 'undecided' && openness(one) > openness(other));
}

/** How much harm is still possible, in margins; all of it where nothing was counted. */
function openness({ numbers }: Opinion): number {
  const { interval, margin } = numbers ?? {};
  return interval === undefined || margin === undefined ? Number.POSITIVE_INFINITY : interval.high / margin;
}

/** A verdict whose sentence is short enough to be saved with a rollout. */
export function withinBounds<T extends Opinion>(verdict: T): T {
  const { message } = verdict;
  return message.length <= longestMessage
    ? verdict
    : { ...verdict, message: `${message.slice(0, longestMessage - 3)}...` };
}

/** An opinion with the reason word and sentence given. */
export function opinion(verdict: Verdict, reason: Opinion['reason'], message: string): Opinion {
  return { verdict, reason, message };
}
