// One cell of the report: what a rule did with the draws of a scenario, in figures with their sampling error.
import type { Outcome } from './rule.ts';
import { meanOf, quantileOf, quantileRange, type Range, upperBound, wilson } from './shares.ts';

/** A share of draws, its 95% interval, and the one-sided upper bound. */
export interface Share {
  readonly share: number;
  readonly range: Range;
  readonly upper: number;
}

/** A quantile with its 95% interval. */
export interface Time {
  readonly value: number;
  readonly range: Range;
}

/** A mean with its standard error. */
export interface Mean {
  readonly mean: number;
  readonly error: number;
}

/** A rule's figures for a scenario. */
export interface Cell {
  readonly draws: number;
  readonly rolledBack: Share;
  readonly promoted: Share;
  readonly undecided: Share;
  /** Minutes; from the first harm where there is one. */
  readonly rollbackMedian?: Time;
  readonly rollbackNinety?: Time;
  readonly promotionMedian?: Time;
  readonly promotionNinety?: Time;
  /** Bad requests until the decision, whichever it was. */
  readonly bad: Mean;
  /** The same of the draws that were rolled back. */
  readonly badRolledBack: Mean;
  /** Canary requests until the decision, median over the draws that were rolled back. */
  readonly exposed?: Time;
  /** Draws decided either way within an hour. */
  readonly decidedInHour: Share;
}

/** Sums up. Owes at least one outcome. */
export function cellOf(outcomes: readonly Outcome[]): Cell {
  const draws = outcomes.length;
  const share = (is: (outcome: Outcome) => boolean): Share => shareOf(outcomes.filter(is).length, draws);
  const back = outcomes.filter(({ end }) => end === 'rolledBack');
  const forth = outcomes.filter(({ end }) => end === 'promoted').map(({ minutes }) => minutes);
  const delays = back.map(({ harmfulMinutes, minutes }) => (harmfulMinutes > 0 ? harmfulMinutes : minutes));
  return {
    draws,
    rolledBack: share(({ end }) => end === 'rolledBack'),
    promoted: share(({ end }) => end === 'promoted'),
    undecided: share(({ end }) => end === 'undecided'),
    decidedInHour: share(({ end, minutes }) => end !== 'undecided' && minutes <= 60),
    bad: meanOf(outcomes.map(({ excess }) => excess)),
    badRolledBack: meanOf(back.map(({ excess }) => excess)),
    ...timed('rollbackMedian', delays, 0.5),
    ...timed('rollbackNinety', delays, 0.9),
    ...timed('promotionMedian', forth, 0.5),
    ...timed('promotionNinety', forth, 0.9),
    ...timed(
      'exposed',
      back.map(({ exposed }) => exposed),
      0.5,
    ),
  };
}

function shareOf(hits: number, draws: number): Share {
  return { share: hits / draws, range: wilson(hits, draws), upper: upperBound(hits, draws) };
}

function timed(name: string, values: readonly number[], share: number): Partial<Record<string, Time>> {
  const sorted = [...values].sort((a, b) => a - b);
  const [value, range] = [quantileOf(sorted, share), quantileRange(sorted, share)];
  return value === undefined || range === undefined ? {} : { [name]: { value, range } };
}
