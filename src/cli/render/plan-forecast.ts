// What a plan comes to at the present traffic, said before it begins: how long it takes, and what it can see.
import {
  type Forecast,
  forecastOf,
  type Level,
  lasts,
  marginFor,
  passesInTime,
  rateFor,
  type StepForecast,
  toleratedBy,
} from '../../domain/forecast.ts';
import { grouped } from '../../domain/gates/words.ts';
import { formatShare, type Plan, undecidedFactor } from '../../domain/plan.ts';
import { prefix } from '../../domain/settings-keys.ts';
import { formatDuration, type Millis } from '../../domain/time.ts';
import { levelOf, type Traffic } from '../traffic.ts';
import { fact } from './plan.ts';
import { table } from './table.ts';

/** What is taken for the error rate of a service of which nothing was read. */
export const usualErrorRate = 0.005;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** The traffic of a pair's stable and the forecast, after an empty line; nothing where no source was named. */
export function trafficPage(plan: Plan, traffic: Traffic | undefined): readonly string[] {
  if (traffic === undefined) return [];
  if (traffic.kind === 'unknown') return ['', fact('Traffic', `not known: ${traffic.message}`)];
  return [
    '',
    fact('Traffic', `${rateText(traffic.perSecond)} over the last minute`),
    ...forecastLines(plan, levelOf(traffic)),
  ];
}

/** The forecast: a row for each step, and sentences with what can be done. */
export function forecastLines(plan: Plan, level: Level): readonly string[] {
  if (plan.analysis === 'off') return [];
  if (level.perSecond <= 0)
    return [
      fact(
        'Forecast',
        `there is no traffic at present, and without any no step is decided: the release ${plan.onUndecided === 'rollback' ? 'is rolled back' : 'is held, and a person asked'}. Send probes.`,
      ),
    ];
  const forecast = forecastOf(plan, level);
  const at = `at ${rateText(level.perSecond)}, of which about ${rough(level.errorRate)} fail, by the error gate and on average`;
  return [
    fact('Forecast', at),
    ...table(
      ['  WEIGHT', 'MARGIN', 'A GOOD RELEASE PASSES', 'TWICE THE ERRORS SEEN', '+1 POINT SEEN'],
      forecast.steps.map((step) => row(plan, step)),
    ),
    ...sentences(plan, forecast).map((sentence) => `  ${sentence}`),
  ];
}

/** A duration as precise as a forecast can be. */
export function aboutDuration(millis: Millis): string {
  if (millis >= 2 * dayMs) return `${Number((millis / dayMs).toPrecision(2))} days`;
  const unit = millis < 10 * minuteMs ? 15_000 : millis < 3 * hourMs ? minuteMs : 10 * minuteMs;
  return formatDuration(Math.ceil(millis / unit) * unit);
}

function row(plan: Plan, step: StepForecast): readonly string[] {
  const requests = step.requests === undefined ? '' : `, ${grouped(step.requests)} canary requests`;
  const late = passesInTime(plan, step) ? '' : ', after max-bake';
  return [
    `  ${step.weight}%`,
    formatShare(step.margin),
    step.passMs === undefined
      ? 'never'
      : `after ${aboutDuration(Math.max(plan.bakeMs, step.passMs))}${late}${requests}`,
    seen(step.doubleMs),
    seen(step.pointMs),
  ];
}

function seen(millis: Millis | undefined): string {
  if (millis === undefined) return 'not';
  return millis > 365 * dayMs ? 'not' : `after ${aboutDuration(millis)}`;
}

function sentences(plan: Plan, forecast: Forecast): readonly string[] {
  return [
    ...(forecast.steps.every((step) => passesInTime(plan, step)) ? [] : [slowSentence(plan, forecast)]),
    ...(forecast.promotedMs === undefined
      ? []
      : [
          `A release that is as good as stable is judged for about ${aboutDuration(forecast.promotedMs)} in all; settling, and the way back of a managed Deployment, come on top.`,
        ]),
    doubleSentence(plan, forecast),
    harmSentence(plan, forecast, 'one percentage point more errors', forecast.pointSeenMs),
    ...(forecast.pointSeenMs === undefined
      ? [harmSentence(plan, forecast, 'five percentage points more errors', forecast.fiveSeenMs)]
      : []),
  ];
}

/** Why a good release would not get through, and what each lever would have to be. */
function slowSentence(plan: Plan, { level, steps }: Forecast): string {
  const late = steps.filter((step) => !passesInTime(plan, step));
  const slowest = Math.max(...late.map(({ passMs }) => passMs ?? Number.POSITIVE_INFINITY));
  const names = late.map(({ weight }) => `${weight}%`).join(', ');
  const most = formatDuration(plan.maxBakeMs);
  const takes = Number.isFinite(slowest) ? `up to about ${aboutDuration(slowest)}` : 'for ever';
  const which =
    late.length === 1
      ? `the step ${names} is not decided within ${most}; it takes`
      : `the steps ${names} are not decided within ${most}; they take`;
  return `At ${rateText(level.perSecond)} ${which} ${takes}${undecidedWords(plan, late)}. ${levers(plan, level, slowest)}`;
}

function levers(plan: Plan, level: Level, slowest: Millis): string {
  const margin = marginFor(plan, level);
  const rates = plan.steps
    .map((weight) => rateFor(plan, weight, level.errorRate, plan.maxBakeMs))
    .filter((rate) => rate !== undefined);
  const least = Math.max(...rates) - level.perSecond;
  const parts = [
    margin === undefined
      ? 'begin with a higher weight'
      : `widen the margin (${prefix}error-margin=${formatShare(margin)} would do)`,
    Number.isFinite(slowest) && slowest < 30 * dayMs
      ? `lengthen the steps (${prefix}max-bake=${wholeDuration(slowest)})`
      : 'lengthen the steps',
    Number.isFinite(least) && least > 0 ? `or send probes (${rateText(Math.max(0.1, least))} more)` : 'or send probes',
  ];
  const sentence = parts.join(', ');
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

function doubleSentence(plan: Plan, forecast: Forecast): string {
  const { errorRate } = forecast.level;
  const what = `a doubling of the error rate (to ${rough(2 * errorRate)})`;
  const least = toleratedBy(plan);
  return errorRate <= least
    ? `Even ${what} is not looked for: it is less than what is tolerated, ${rough(least).replace('%', '')} percentage points.`
    : harmSentence(plan, forecast, what, forecast.doubleSeenMs);
}

function harmSentence(plan: Plan, { level, promotedMs }: Forecast, what: string, after: Millis | undefined): string {
  const at = `At ${rateText(level.perSecond)} this plan`;
  const held =
    promotedMs === undefined && after !== undefined && after > plan.maxBakeMs ? ', if it is held so long' : '';
  if (after !== undefined) return `${at} can see ${what} after about ${aboutDuration(after)}${held}.`;
  if (promotedMs === undefined) return `${at} cannot see ${what} at any weight that it reaches.`;
  return `${at} is through before it would see ${what}. A longer bake or a narrower margin would see it.`;
}

function undecidedWords(plan: Plan, late: readonly StepForecast[]): string {
  switch (plan.onUndecided) {
    case 'hold':
      return ', so that the release is held there, and a person asked';
    case 'rollback':
      return ', so that a good release is rolled back there';
    case 'advance':
      return wideWords(plan, late);
  }
}

/** What `advance` settles for, and when. */
function wideWords(plan: Plan, late: readonly StepForecast[]): string {
  const margins = late.map(({ margin }) => points(Math.min(1, undecidedFactor * margin))).join(', ');
  const lengths = late.map((step) => lasts(plan, step) ?? Number.POSITIVE_INFINITY);
  const longest = Math.max(...lengths);
  const when = Number.isFinite(longest)
    ? `after ${lengths.length > 1 ? 'up to ' : ''}about ${aboutDuration(longest)}`
    : 'late';
  return `. By on-undecided (advance) ${late.length === 1 ? 'it is' : 'they are'} left ${when}, when only harm beyond five times the margin is excluded (${margins} points more errors)`;
}

function points(share: number): string {
  return String(Number((share * 100).toFixed(2)));
}

function rateText(perSecond: number): string {
  const text =
    perSecond >= 10
      ? grouped(perSecond)
      : perSecond >= 0.1
        ? perSecond.toFixed(1)
        : String(Number(perSecond.toPrecision(1)));
  return `${text} requests a second`;
}

/** Two digits of a share, as a forecast can tell it. */
export function rough(share: number): string {
  return `${Number((share * 100).toPrecision(2))}%`;
}

/** Upwards to what a person would write. */
function wholeDuration(millis: Millis): string {
  const unit = millis < hourMs ? 5 * minuteMs : millis < 6 * hourMs ? 15 * minuteMs : hourMs;
  return formatDuration(Math.ceil(millis / unit) * unit);
}
