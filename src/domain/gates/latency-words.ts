// Latencies in numbers and words: what took longer than which bound, where the difference lies, and what is missing.
import type { Reporter } from '../evidence.ts';
import type { GateContext } from '../gate.ts';
import { formatShare } from '../plan.ts';
import { intervalOf } from '../statistics/bounds.ts';
import type { Block, Trial } from '../statistics/excess.ts';
import { beyondOf, edgesOf } from '../statistics/latency-edge.ts';
import { type Histogram, sizeOf } from '../statistics/latency-histogram.ts';
import { intervalLevel, passOdds } from '../statistics/levels.ts';
import { rateBounds } from '../statistics/rate-bounds.ts';
import { formatDuration } from '../time.ts';
import type { GateNumbers } from '../verdict.ts';
import { quantileSpan } from './buckets.ts';
import { neededOdds, oddsOf, progressWith } from './duel-words.ts';
import type { Forecast } from './latency-forecast.ts';
import { isAlone, questionsOf } from './latency-questions.ts';
import { type TimedState, timingsOf, usualOf } from './latency-state.ts';
import { gateShares } from './shares.ts';
import { grouped, outOf, seenBy } from './words.ts';

/** One reporter among those of a rollout. */
export interface Seen {
  readonly reporter: Reporter;
  readonly state: TimedState;
  /** ln of the whole gate's evidence of harm. */
  readonly harm: number;
}

/** What is held against what: at weight 100 stable's past stands in for it. */
export function armsOf(
  state: TimedState,
  context: GateContext,
): { readonly canary: Histogram; readonly stable: Histogram } {
  const { canary, stable } = timingsOf(state);
  return { canary, stable: isAlone(context) ? usualOf(state) : stable };
}

/** How many requests took longer than one of the histogram's own bounds. */
export function slowBeyond(histogram: Histogram, bound: number): Trial {
  return { n: sizeOf(histogram), x: beyondOf(histogram, histogram.bounds.indexOf(bound)) };
}

/** `38 of 1,204 (3.16%) canary requests took over 250ms against 310 of 10,800 (2.87%) of stable, as its clients saw it`. */
export function sharesText({ state, reporter }: Seen, bound: number, context: GateContext): string {
  const { canary, stable } = armsOf(state, context);
  const usual = slowBeyond(stable, bound);
  const against = isAlone(context)
    ? `${formatShare(usual.n === 0 ? 0 : usual.x / usual.n)} of stable before weight 100%`
    : `${outOf(usual)} of stable`;
  return `${outOf(slowBeyond(canary, bound))} canary requests took over ${millis(bound)} against ${against}, ${seenBy[reporter]}`;
}

/** `about 120ms at p50 (stable 80ms)`: guesses, because within a bucket nothing is known. */
export function quantilesText({ state }: Seen, context: GateContext): string {
  const { canary, stable } = armsOf(state, context);
  if (sizeOf(canary) === 0 || sizeOf(stable) === 0) return '';
  const at = (quantile: number): string => {
    const [mine, usual] = [quantileSpan(canary, quantile), quantileSpan(stable, quantile)];
    return `p${quantile * 100} ${estimate(mine)} (stable ${estimate(usual)})`;
  };
  return ` Guessing within the buckets: ${[0.5, 0.9, 0.99].map(at).join(', ')}.`;
}

/** Where the difference lies, as a sentence of its own. */
export function intervalText(state: TimedState, context: GateContext): string {
  const found = intervalIn(state, context);
  if (state.watch === undefined || found === undefined || (found.low <= -1 && found.high >= 1)) return '';
  const over = `The share over ${millis(state.watch.bound)} differs by`;
  const [low, high] = [points(found.low), points(found.high)];
  const certain = `points with ${formatShare(intervalLevel)} certainty.`;
  if (found.low <= -1) return ` ${over} at most ${high} ${certain}`;
  return found.high >= 1 ? ` ${over} at least ${low} ${certain}` : ` ${over} ${low} to ${high} ${certain}`;
}

/** The numbers behind an opinion, at the bound that is shown, of all steps when `whole` is given; none before stable is known. */
export function numbersOf(
  { state, harm }: Seen,
  context: GateContext,
  forecast: Forecast | undefined,
  whole?: Block,
): { readonly numbers?: GateNumbers } {
  const { watch } = state;
  if (watch === undefined) return {};
  const { canary, stable } = armsOf(state, context);
  const counted = ({ n, x }: Trial) => ({ requests: Math.round(n), failures: Math.round(x) });
  const interval = whole === undefined ? intervalIn(state, context) : undefined;
  const numbers = {
    canary: counted(whole?.canary ?? slowBeyond(canary, watch.bound)),
    stable: counted(whole?.stable ?? slowBeyond(stable, watch.bound)),
    ...(interval === undefined ? {} : { interval: { ...interval, level: intervalLevel } }),
    ...marginAtWatch(state, context),
    worse: { odds: oddsOf(harm), needed: neededOdds(context, gateShares.latency) },
  };
  if (forecast === undefined || whole !== undefined) return { numbers };
  const fine = { odds: oddsOf(forecast.log), needed: passOdds };
  return { numbers: { ...numbers, fine, ...progressWith(forecast.have, forecast.more, context) } };
}

/** `412 of about 900 requests, 6min left at this rate.` */
export function progressText(forecast: Forecast, context: GateContext): string {
  const { progress } = progressWith(forecast.have, forecast.more, context);
  if (progress === undefined) return 'At what has been seen, a pass is not in sight.';
  const left =
    progress.leftMs === undefined ? '' : `, ${formatDuration(wholeMinutes(progress.leftMs))} left at this rate`;
  return `${grouped(progress.have)} of about ${grouped(progress.need)} requests${left}.`;
}

/** A bound as people read it. */
export function millis(bound: number): string {
  return `${bound}ms`;
}

function intervalIn(
  state: TimedState,
  context: GateContext,
): { readonly low: number; readonly high: number } | undefined {
  const { watch } = state;
  if (watch === undefined) return undefined;
  if (!isAlone(context)) return intervalOf(watch.interval, watch.scale);
  const { low, high } = rateBounds(slowBeyond(timingsOf(state).canary, watch.bound), intervalLevel);
  const usual = slowBeyond(usualOf(state), watch.bound);
  return usual.n === 0 ? undefined : { low: low - usual.x / usual.n, high: high - usual.x / usual.n };
}

/** By how much the share beyond the shown bound grows at the margin. */
function marginAtWatch(state: TimedState, { plan, weight }: GateContext): { readonly margin?: number } {
  const order = questionsOf(plan, weight).find((question) => question.kind === 'order');
  if (order === undefined) return {};
  const edge = edgesOf(usualOf(state), order.margin).find(({ bound }) => bound === state.watch?.bound);
  return edge === undefined ? {} : { margin: Number((edge.slowTail - edge.tail).toPrecision(4)) };
}

function wholeMinutes(duration: number): number {
  return Math.max(60_000, Math.ceil(duration / 60_000) * 60_000);
}

function points(share: number): string {
  const rounded = Number((share * 100).toPrecision(2));
  return rounded > 0 ? `+${rounded}` : String(rounded);
}

function estimate({ low, high, estimate: guess }: ReturnType<typeof quantileSpan>): string {
  return Number.isFinite(high) ? millis(Number(guess.toPrecision(2))) : `over ${millis(low)}`;
}
