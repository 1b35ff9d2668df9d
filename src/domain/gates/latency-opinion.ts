// What one reporter's latencies come to, in words.
import type { GateContext, Opinion } from '../gate.ts';
import { formatShare } from '../plan.ts';
import type { Block } from '../statistics/excess.ts';
import { leastPrediction } from '../statistics/latency-harm.ts';
import { sumOf } from '../statistics/latency-histogram.ts';
import { warmUpMs } from '../statistics/levels.ts';
import { evidenceOf } from '../statistics/race.ts';
import { formatDuration } from '../time.ts';
import { oddsText } from './duel-words.ts';
import { boundsAround, isShown } from './latency-answer.ts';
import { doubtIn, phiIn } from './latency-bursts.ts';
import { type Forecast, forecastOf } from './latency-forecast.ts';
import { isAlone, type Question, questionsOf } from './latency-questions.ts';
import { accusingBlock, accusingText } from './latency-spans.ts';
import type { Contest, TimedState } from './latency-state.ts';
import {
  armsOf,
  intervalText,
  millis,
  numbersOf,
  progressText,
  quantilesText,
  type Seen,
  sharesText,
  slowBeyond,
} from './latency-words.ts';
import { warmUpOf } from './warm-up.ts';
import { grouped, opinion, outOf, seenBy, worst } from './words.ts';

/** Something that was asked, with its answer so far. */
interface Asked {
  readonly question: Question;
  readonly contest: Contest;
  readonly forecast: Forecast | undefined;
}

/** Judges one reporter by everything but proven harm: what hinders judging first, then every question; the worst decides. */
export function latencyOpinion(seen: Seen, context: GateContext): Opinion {
  const all = askedOf(seen.state, context);
  const [first, ...others] = all.map((asked) => askedOpinion(asked, seen, context));
  const said = hindrance(seen, context) ?? (first === undefined ? nobodyTimes(context) : worst([first, ...others]));
  return sumOf(seen.state.canary) === 0 ? said : { ...said, ...numbersOf(seen, context, farthest(all)) };
}

/** What a reporter says when latency is the main reason of a rollback. */
export function latencyBlame(seen: Seen, context: GateContext): Opinion {
  const { state } = seen;
  const all = askedOf(state, context);
  const doubt = doubtIn(state.bursts);
  const heaviest = all.toSorted((a, b) => evidenceOf(b.contest.harm, doubt) - evidenceOf(a.contest.harm, doubt))[0];
  if (heaviest === undefined) return nobodyTimes(context);
  const whole = accusingBlock(state, context);
  const numbers = numbersOf(seen, context, farthest(all), whole);
  return { ...blameFor(heaviest.question, seen, whole, context), ...numbers };
}

/** No reporter has timed anything of either version. */
export function nobodyTimes({ subject, countedMs }: GateContext): Opinion {
  const message =
    `No latencies of ${subject.stable} or ${subject.canary} have been reported in ${formatDuration(countedMs)}. Send some traffic, ` +
    'and look whether the latency histograms are scraped.';
  return opinion('noData', 'NoRequests', message);
}

function askedOf(state: TimedState, context: GateContext): readonly Asked[] {
  return questionsOf(context.plan, context.weight).flatMap((question) => {
    const contest = state.contests.find(({ text }) => text === question.text);
    return contest === undefined
      ? []
      : [{ question, contest, forecast: forecastOf(question, contest, state, context) }];
  });
}

function farthest(all: readonly Asked[]): Forecast | undefined {
  return all
    .flatMap(({ forecast }) => forecast ?? [])
    .reduce<Forecast | undefined>((far, next) => (far === undefined || next.more > far.more ? next : far), undefined);
}

function blameFor(question: Question, seen: Seen, whole: Block | undefined, context: GateContext): Opinion {
  const odds = `The odds against chance are ${oddsText(seen.harm)}.`;
  const shares = accusingText(seen, whole, context);
  if (question.kind === 'ceiling') {
    const counts = whole === undefined ? ceilingText(question, seen, context) : `${shares}.`;
    return opinion('fail', 'LatencyAboveLimit', `${question.text}: ${counts} ${odds}`);
  }
  const guesses = whole === undefined ? quantilesText(seen, context) : '';
  const slower = `Slower than stable, beyond the ${times(question.tolerance)} that is tolerated`;
  const message = `${prefix(question)}${slower}: ${shares}.${guesses} ${odds}`;
  return opinion('fail', question.text === '' ? 'LatencyWorse' : 'LatencyAboveLimit', message);
}

function hindrance({ reporter, state }: Seen, context: GateContext): Opinion | undefined {
  const { plan, countedMs, weight } = context;
  const n = sumOf(state.canary);
  if (!state.present) {
    const message = `Reporter ${reporter} reported latencies of this rollout before and reports none at all now. Look whether the proxies still run and are scraped.`;
    return opinion('noData', 'ReporterVanished', message);
  }
  if (state.trouble === 'apart' && plan.maxLatency.length === 0)
    return opinion('pass', 'NoComparison', `Latency is not judged. ${troubles.apart(seenBy[reporter])}`);
  if (state.trouble !== 'none') return opinion('noData', 'NoComparison', troubles[state.trouble](seenBy[reporter]));
  const warmUp = warmUpOf(plan);
  if (n === 0 && state.warmMs > 0 && countedMs <= 2 * warmUp) {
    const left = Math.ceil(((warmUpMs - state.warmMs) * warmUp) / warmUpMs / 1_000) * 1_000;
    const more = left > 0 ? `; ${formatDuration(left)} left` : '';
    const message = `No canary request has been timed yet: the first ${formatDuration(warmUp)} of its traffic are not, because a new pod is slow at first${more}.`;
    return opinion('undecided', 'TooFewRequests', message);
  }
  if (n === 0) {
    const message = `No canary request has been timed in ${formatDuration(countedMs)} at weight ${weight}%, ${seenBy[reporter]}.`;
    return opinion('noData', 'NoRequests', message);
  }
  if (n >= plan.minRequests) return undefined;
  const message = `${grouped(n)} of ${grouped(plan.minRequests)} canary requests that a pass takes (min-requests) have been timed, ${seenBy[reporter]}.`;
  return opinion('undecided', 'TooFewRequests', message);
}

const troubles = {
  apart: (seen: string): string =>
    `The proxies of canary and stable count latencies in different buckets without a bound in common, ${seen}, so they cannot be ` +
    'compared. Give both the same histogram buckets (annotation sidecar.istio.io/statsHistogramBuckets).',
  mixed: (seen: string): string =>
    `Proxies that count latencies in different buckets were added up, ${seen}, or one of them began anew, so this slot says nothing. ` +
    'If this goes on, give all of them the same histogram buckets (annotation sidecar.istio.io/statsHistogramBuckets).',
};

function askedOpinion(asked: Asked, seen: Seen, context: GateContext): Opinion {
  const { question } = asked;
  return question.kind === 'order'
    ? orderOpinion(question, asked, seen, context)
    : ceilingOpinion(question, asked, seen, context);
}

function orderOpinion(
  question: Question & { readonly kind: 'order' },
  { contest, forecast }: Asked,
  seen: Seen,
  context: GateContext,
): Opinion {
  const { state, harm } = seen;
  if (forecast === undefined || !isComparable(state, context)) {
    return untellable(question, seen, context);
  }
  const shares = `${prefix(question)}${sharesText(seen, forecast.bound, context)}`;
  const interval = intervalText(state, context);
  const past = isAlone(context) ? ', with the wider margin for a stable known from before' : '';
  if (isShown(question, contest.fine)) {
    const at = contest.fine.map(({ bound }) => millis(bound)).join(', ');
    const message = `${shares}. It is shown to be less than ${times(question.margin)} slower (at ${at})${past}.${interval}`;
    return opinion('pass', question.text === '' ? 'NotWorse' : 'WithinLimit', message);
  }
  const looks = harm > 0 ? ` The odds that it is slower are ${oddsText(harm)} by now.` : '';
  const bursts = phiIn(state.bursts);
  const tempered =
    bursts > 1 ? ` Slow requests of stable come in bursts, so they count ${Number(bursts.toFixed(1))} times less.` : '';
  const message = `${shares}. That does not exclude yet that it is ${times(question.margin)} slower${past}: ${progressText(forecast, context)}${interval}${looks}${tempered}`;
  return opinion('undecided', harm > Math.log(2) ? 'MarginNotMet' : 'TooFewRequests', message);
}

/** A comparison that nobody asked for holds no rollout up when there never will be anything to compare. */
function untellable(question: Question & { readonly kind: 'order' }, seen: Seen, context: GateContext): Opinion {
  const why = `${prefix(question)}${untold(seen, context)}`;
  const isForGood = question.text === '' && isComparable(seen.state, context);
  return isForGood
    ? opinion('pass', 'NoComparison', `Latency is not judged. ${why}`)
    : opinion('undecided', 'NoComparison', why);
}

function isComparable(state: TimedState, context: GateContext): boolean {
  return sumOf(state.usual) >= leastPrediction && sumOf(armsOf(state, context).stable.counts) > 0;
}

function untold({ state, reporter }: Seen, context: GateContext): string {
  const known = sumOf(armsOf(state, context).stable.counts);
  if (!isComparable(state, context))
    return `Stable has had only ${grouped(known)} requests to compare with, ${seenBy[reporter]}.`;
  const last = state.bounds.at(-1);
  const beyond =
    last === undefined
      ? 'The histogram has no bounds'
      : `Nearly all requests of stable take over ${millis(last)}, the largest bound`;
  return `${beyond}, ${seenBy[reporter]}, so nothing can be told of their times. Set the proxies' histogram buckets.`;
}

function ceilingOpinion(
  question: Question & { readonly kind: 'ceiling' },
  { contest, forecast }: Asked,
  seen: Seen,
  context: GateContext,
): Opinion {
  const told = `${question.text}: ${ceilingText(question, seen, context)}`;
  const line = formatShare(question.line);
  if (forecast === undefined) {
    const first = seen.state.bounds[0];
    const hint =
      first === undefined
        ? ''
        : ` The smallest bound is ${millis(first)}; use a limit that is a bound, or set the proxies' histogram buckets.`;
    return opinion('undecided', 'MarginNotMet', `${told}${hint}`);
  }
  if (isShown(question, contest.fine)) {
    return opinion(
      'pass',
      'WithinLimit',
      `${told} It is shown that fewer than ${line} take over ${millis(forecast.bound)}.`,
    );
  }
  const message = `${told} That does not exclude yet that ${line} take over ${millis(forecast.bound)}: ${progressText(forecast, context)}`;
  return opinion('undecided', Number.isFinite(forecast.more) ? 'TooFewRequests' : 'MarginNotMet', message);
}

/** What was counted around the limit, and what a bucket bound can and cannot tell of it. */
function ceilingText(
  question: Question & { readonly kind: 'ceiling' },
  { state, reporter }: Seen,
  context: GateContext,
): string {
  const { canary } = armsOf(state, context);
  const limit = question.millis;
  const allowed = `${formatShare(question.allowed)} may`;
  const [above, below] = boundsAround(state.bounds, limit).map((index) => state.bounds[index]);
  const over = (bound: number): string =>
    `${outOf(slowBeyond(canary, bound))} canary requests took over ${millis(bound)}`;
  if (above !== undefined && above === below)
    return `${over(above)}, ${seenBy[reporter]}; ${allowed} (a bucket bound, so this is exact).`;
  if (above === undefined && below === undefined) return `the histogram has no bounds, ${seenBy[reporter]}.`;
  if (above === undefined)
    return `${over(below ?? limit)}, the largest bucket bound, ${seenBy[reporter]}; nothing can be told beyond it, so ${millis(limit)} can be kept and never be broken; ${allowed}.`;
  if (below === undefined)
    return `${over(above)}, the smallest bucket bound, ${seenBy[reporter]}; nothing can be told below it, so ${millis(limit)} can be broken and never be kept; ${allowed}.`;
  return `${over(below)} and ${outOf(slowBeyond(canary, above))} over ${millis(above)}, ${seenBy[reporter]}; ${allowed} over ${millis(limit)}, which lies between these bucket bounds: the first can show that the limit is kept, the second that it is broken.`;
}

function prefix({ text }: Question): string {
  return text === '' ? '' : `${text}: `;
}

function times(factor: number): string {
  return `${Number(factor.toFixed(2))}x`;
}
