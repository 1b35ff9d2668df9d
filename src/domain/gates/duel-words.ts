// A duel of canary and stable in numbers and words: what was counted, where the difference lies, and what is missing.
import type { Reporter } from '../evidence.ts';
import type { GateContext } from '../gate.ts';
import { formatShare } from '../plan.ts';
import { intervalOf } from '../statistics/bounds.ts';
import { phiOf } from '../statistics/dispersion.ts';
import { type Duel, fineOf, pastLimit, requestsToFine, type Terms, unitOf } from '../statistics/duel.ts';
import { rate } from '../statistics/excess.ts';
import { intervalLevel, passOdds } from '../statistics/levels.ts';
import { rateBounds } from '../statistics/rate-bounds.ts';
import { formatDuration } from '../time.ts';
import type { GateNumbers } from '../verdict.ts';
import { type Span, stepSpan, widerInterval } from './spans.ts';
import { grouped, outOf, seenBy } from './words.ts';

/** Odds beyond a number that anybody reads are not told more exactly. */
const mostOdds = 1e9;

/** One duel as a gate speaks of it. */
export interface Told {
  readonly duel: Duel;
  readonly terms: Terms;
  readonly reporter: Reporter;
  /** ln of the gate's whole evidence of harm, and its part of the false-rollback probability. */
  readonly harm: number;
  readonly share: number;
  /** The counts that are named; absent: those of the step. */
  readonly span?: Span;
}

/** The numbers behind an opinion. */
export function numbersOf(told: Told, context: GateContext): GateNumbers {
  const { duel, terms, harm, share } = told;
  const { kind, canary, stable } = spanOf(told);
  const interval = toldInterval(told);
  const numbers = {
    canary: { requests: canary.n, failures: canary.x },
    stable: { requests: stable.n, failures: stable.x },
    ...(interval === undefined ? {} : { interval: { ...interval, level: intervalLevel } }),
    margin: marginOf(duel, terms),
    worse: { odds: oddsOf(harm), needed: neededOdds(context, share) },
  };
  if (kind !== 'step') return numbers;
  const fine = { odds: oddsOf(fineOf(duel)), needed: passOdds };
  return { ...numbers, fine, ...progressOf(duel, terms, context) };
}

/** What the difference has to stay below for a pass. At weight 100 it is what stable's past is granted. */
export function marginOf(duel: Duel, { margin, alone }: Terms): number {
  return alone ? Math.max(margin, pastLimit(duel, margin) - rate(duel.past)) : margin;
}

/** Whether the canary's failures exceed stable's by more than half of the margin, be it by chance. */
export function isWorseLooking({ duel, terms }: Told): boolean {
  const usual = terms.alone ? duel.past : duel.stable;
  return rate(duel.canary) - rate(usual) > marginOf(duel, terms) / 2;
}

/** Where the difference lies. At weight 100 it is the canary's own bounds, seen from stable's past. */
export function intervalIn(duel: Duel, { scale, alone }: Terms): { readonly low: number; readonly high: number } {
  if (!alone) return intervalOf(duel.bounds, unitOf(scale));
  const { low, high } = rateBounds(duel.canary, intervalLevel);
  const usual = rate(duel.past);
  return { low: Number((low - usual).toFixed(6)), high: Number((high - usual).toFixed(6)) };
}

/** The odds at which this gate alone would roll back. */
export function neededOdds({ plan }: GateContext, share: number): number {
  return 1 / (plan.falseRollback * share);
}

/** `4 of 600 (0.67%) canary requests failed against 32 of 5,400 (0.59%) of stable, as its clients saw it`. */
export function againstStable(told: Told, verb = 'failed'): string {
  const { canary, stable, when } = spanOf(told);
  const against =
    stable.n === 0 ? `, while stable had no requests${when}` : ` against ${outOf(stable)} of stable${when}`;
  return `${outOf(canary)} canary requests ${verb}${against}, ${seenBy[told.reporter]}`;
}

/** Where the difference lies, as a sentence of its own after a blank; what bursts have done to it included. */
export function intervalText(told: Told): string {
  const phi = phiOf(told.duel.dispersion);
  const bursts =
    phi > 1 ? ` Stable's failures come in bursts, so they count ${Number(phi.toFixed(1))} times less.` : '';
  const interval = toldInterval(told);
  return interval === undefined ? bursts : ` ${differenceText(interval)}${bursts}`;
}

function differenceText({ low, high }: { readonly low: number; readonly high: number }): string {
  if (low <= -1 && high >= 1) return 'Nothing can be said yet of how far they differ.';
  const from = low <= -1 ? 'at most' : `${points(low)} to`;
  const upTo = high >= 1 ? undefined : points(high);
  const where = upTo === undefined ? `at least ${points(low)}` : `${from} ${upTo}`;
  return `The difference is ${where} points with ${formatShare(intervalLevel)} certainty.`;
}

function spanOf({ span, duel, terms }: Told): Span {
  return span ?? stepSpan(duel, terms);
}

/** The interval that belongs to the counts that are named. */
function toldInterval(told: Told): ReturnType<typeof widerInterval> {
  const span = spanOf(told);
  return span.kind === 'step' ? intervalIn(told.duel, told.terms) : widerInterval(span, told.duel);
}

/** `412 of about 900 requests, 6 min left at this rate`; nothing where no pass is in sight. */
export function progressText({ duel, terms }: Told, context: GateContext): string {
  const { progress } = progressOf(duel, terms, context);
  if (progress === undefined) return 'At what has been seen, a pass is not in sight.';
  const left =
    progress.leftMs === undefined ? '' : `, ${formatDuration(wholeMinutes(progress.leftMs))} left at this rate`;
  return `${grouped(progress.have)} of about ${grouped(progress.need)} requests${left}.`;
}

/** The margin at this weight, and where it comes from. */
export function marginText({ duel, terms }: Told, setting: string): string {
  const margin = marginOf(duel, terms);
  if (terms.alone) {
    const limit = formatShare(pastLimit(duel, terms.margin));
    return `${limit}, which is half as much again as before and ${setting}, because the times differ`;
  }
  if (terms.margin >= 1 && terms.scale < 1) return `${setting}, which is 100% at this weight`;
  if (terms.margin <= terms.scale) return `${setting} (${formatShare(margin)})`;
  const next = Math.round((100 * terms.scale) / terms.margin);
  return `${formatShare(margin)}, which is ${setting} (${formatShare(terms.scale)}) over the ${next}% that come next`;
}

/** `14 to 1`. */
export function oddsText(harm: number): string {
  const odds = oddsOf(harm);
  if (odds < 1) return 'less than 1 to 1';
  return odds >= mostOdds ? 'more than a billion to 1' : `${grouped(odds)} to 1`;
}

function progressOf(duel: Duel, terms: Terms, context: GateContext): Pick<GateNumbers, 'progress'> {
  const have = duel.canary.n;
  return progressWith(have, Math.max(requestsToFine(duel, terms), context.plan.minRequests - have), context);
}

/** How far a pass is that takes `more` requests besides those it has, and how long at their rate; nothing where none is in sight. */
export function progressWith(have: number, more: number, { countedMs }: GateContext): Pick<GateNumbers, 'progress'> {
  if (!Number.isFinite(more) || more > 1e9) return {};
  const need = Math.max(have, roughly(have + more));
  const leftMs = have > 0 && countedMs > 0 ? { leftMs: Math.round((more * countedMs) / have) } : {};
  return { progress: { have, need, ...leftMs } };
}

/** Odds as numbers tell them, to four digits. */
export function oddsOf(log: number): number {
  return Number(Math.min(mostOdds, Math.exp(log)).toPrecision(4));
}

/** To two digits, upwards. */
function roughly(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - 1);
  return Math.ceil(count / unit) * unit;
}

function wholeMinutes(millis: number): number {
  return millis < 60_000 ? Math.ceil(millis / 1_000) * 1_000 : Math.ceil(millis / 60_000) * 60_000;
}

function points(share: number): string {
  const value = Number((share * 100).toFixed(2));
  return value > 0 ? `+${value}` : String(value);
}
