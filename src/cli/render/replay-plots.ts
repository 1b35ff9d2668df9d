// The plots of a replay: for each gate where the difference lies and how the odds stand, and the requests of both arms.
import { formatShare } from '../../domain/plan.ts';
import type { Look, Replay } from '../../domain/replay.ts';
import type { Millis } from '../../domain/time.ts';
import type { GateNumbers } from '../../domain/verdict.ts';
import { points } from './numbers.ts';
import type { Mark, Plot, Point } from './plot.ts';

/** Points of a curve; what is told by a look holds for all before it in the step, so that the last of several is enough. */
const mostPoints = 600;
/** Odds beyond these are at the edge of the plot. */
const farthest = 9;

interface Told {
  readonly look: Look;
  readonly numbers: GateNumbers;
}

/** The gates that have numbers to be plotted, in the order in which they speak. */
export function gatesWithNumbers({ looks }: Replay): readonly string[] {
  const all = looks.flatMap(({ verdicts }) =>
    verdicts.filter(({ numbers }) => numbers !== undefined).map(({ gate }) => gate),
  );
  return [...new Set(all)];
}

/** Where the difference between canary and stable lies, against the margin. Undefined where the gate tells no interval. */
export function differencePlot(replay: Replay, gate: string): Plot | undefined {
  const told = toldBy(replay, gate).filter(({ numbers }) => numbers.interval !== undefined);
  if (told.length === 0) return undefined;
  const range = differenceRange(told);
  const observed = linesOf(told, ({ canary, stable }) => rateOf(canary) - (stable === undefined ? 0 : rateOf(stable)));
  const band = stepsOf(told).map((step) =>
    step.map(({ look, numbers }) => ({
      at: look.time,
      low: numbers.interval?.low ?? -1,
      high: numbers.interval?.high ?? 1,
    })),
  );
  const level = told.at(-1)?.numbers.interval?.level ?? 0.95;
  return {
    title: `The difference between canary and stable over time, as the ${gate} gate saw it, with the margin.`,
    span: spanOf(replay),
    range,
    ticks: evenTicks(range, 4).map((y) => ({ y, text: `${points(y)} pt` })),
    marks: [
      { kind: 'band', style: 'sure', label: `where the difference lies (${formatShare(level)} certain)`, pieces: band },
      { kind: 'line', style: 'seen', label: 'difference counted in the step', pieces: observed },
      { kind: 'line', style: 'limit', label: 'margin of the step', pieces: linesOf(told, ({ margin }) => margin) },
      { kind: 'line', style: 'zero', label: 'no difference', pieces: linesOf(told, () => 0) },
    ],
  };
}

/** How the odds stand for both answers, on a logarithmic scale. Undefined where the gate tells none. */
export function oddsPlot(replay: Replay, gate: string): Plot | undefined {
  const told = toldBy(replay, gate).filter(({ numbers }) => numbers.worse !== undefined || numbers.fine !== undefined);
  if (told.length === 0) return undefined;
  const range = oddsRange(told);
  const decades = Array.from({ length: range.high - range.low + 1 }, (_, index) => range.low + index);
  const every = Math.ceil(decades.length / 7);
  return {
    title: `The odds of the ${gate} gate over time, on a logarithmic scale.`,
    span: spanOf(replay),
    range,
    ticks: decades.filter((decade) => decade % every === 0).map((y) => ({ y, text: decadeText(y) })),
    marks: [
      oddsLine(told, 'worse', 'that the canary is worse', ({ worse }) => worse?.odds),
      oddsLine(told, 'worse needed', 'would roll it back', ({ worse }) => worse?.needed),
      oddsLine(told, 'fine', 'that it is not worse than the margin', ({ fine }) => fine?.odds),
      oddsLine(told, 'fine needed', 'pass the step', ({ fine }) => fine?.needed),
    ],
  };
}

/** Requests a second of both arms. */
export function requestsPlot(replay: Replay, slotMs: Millis): Plot {
  const size = Math.max(1, Math.ceil(replay.looks.length / mostPoints));
  const bins = Array.from({ length: Math.ceil(replay.looks.length / size) }, (_, index) =>
    replay.looks.slice(index * size, (index + 1) * size),
  );
  const rates = (arm: 'canary' | 'stable'): readonly Point[] =>
    bins.map((bin) => {
      const sum = bin.reduce((total, { requests }) => total + requests[arm], 0);
      return { at: bin.at(-1)?.time ?? 0, y: sum / ((bin.length * slotMs) / 1_000) };
    });
  const [canary, stable] = [rates('canary'), rates('stable')];
  const high = Math.max(0.001, ...[...canary, ...stable].map(({ y }) => y)) * 1.1;
  return {
    title: 'Requests a second to canary and stable over time.',
    span: spanOf(replay),
    range: { low: 0, high },
    ticks: evenTicks({ low: 0, high }, 3).map((y) => ({ y, text: `${Number(y.toPrecision(2))}/s` })),
    marks: [
      { kind: 'line', style: 'stable', label: 'stable', pieces: [stable] },
      { kind: 'line', style: 'canary', label: 'canary', pieces: [canary] },
    ],
  };
}

/** The time that a plot of a replay spans. */
export function spanOf({ from, end }: Replay): Plot['span'] {
  return { from, to: end.time };
}

function toldBy({ looks }: Replay, gate: string): readonly Told[] {
  const all = looks.flatMap((look) => {
    const numbers = look.verdicts.find((verdict) => verdict.gate === gate)?.numbers;
    return numbers === undefined ? [] : [{ look, numbers }];
  });
  const every = Math.ceil(all.length / mostPoints);
  return all.filter((_, index) => index % every === 0 || index === all.length - 1);
}

/** What is told begins anew with every step. */
function stepsOf(told: readonly Told[]): readonly (readonly Told[])[] {
  return [...Map.groupBy(told, ({ look }) => look.step).values()];
}

function linesOf(
  told: readonly Told[],
  value: (numbers: GateNumbers) => number | undefined,
): Extract<Mark, { kind: 'line' }>['pieces'] {
  return stepsOf(told).map((step) =>
    step.flatMap(({ look, numbers }) => {
      const y = value(numbers);
      return y === undefined ? [] : [{ at: look.time, y }];
    }),
  );
}

function oddsLine(
  told: readonly Told[],
  style: string,
  label: string,
  value: (numbers: GateNumbers) => number | undefined,
): Mark {
  const log = (numbers: GateNumbers): number | undefined => {
    const odds = value(numbers);
    return odds === undefined ? undefined : Math.min(farthest, Math.max(-3, Math.log10(Math.max(odds, 1e-12))));
  };
  return { kind: 'line', style, label, pieces: linesOf(told, log) };
}

function oddsRange(told: readonly Told[]): Plot['range'] {
  const odds = told.flatMap(({ numbers: { worse, fine } }) => [worse?.odds, worse?.needed, fine?.odds, fine?.needed]);
  const logs = odds.filter((each) => each !== undefined).map((each) => Math.log10(Math.max(each, 1e-12)));
  return {
    low: Math.max(-3, Math.floor(Math.min(-1, ...logs))),
    high: Math.min(farthest, Math.ceil(Math.max(3, ...logs) + 0.2)),
  };
}

function differenceRange(told: readonly Told[]): Plot['range'] {
  const margin = Math.max(0.0005, ...told.map(({ numbers }) => numbers.margin ?? 0));
  const last = told.at(-1)?.numbers;
  const counted = last === undefined ? 0 : rateOf(last.canary) - (last.stable === undefined ? 0 : rateOf(last.stable));
  const reach = Math.min(1, Math.max(1.5 * margin, 1.3 * Math.abs(counted)));
  return { low: -reach, high: reach };
}

function rateOf({ requests, failures }: GateNumbers['canary']): number {
  return requests === 0 ? 0 : failures / requests;
}

/** Round numbers across a range. */
export function evenTicks({ low, high }: Plot['range'], about: number): readonly number[] {
  const raw = (high - low) / about;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const stride = [1, 2, 5, 10].map((times) => times * unit).find((each) => each >= raw) ?? 10 * unit;
  const first = Math.ceil(low / stride);
  const count = Math.floor(high / stride) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => Number(((first + index) * stride).toPrecision(12)));
}

/** Odds as short as the side of a plot needs them: `10M:1`. */
function decadeText(decade: number): string {
  if (decade === 0) return 'even';
  const number = shortNumber(10 ** Math.abs(decade));
  return decade > 0 ? `${number}:1` : `1:${number}`;
}

/** A number with a letter for thousands, millions and so on: `1.25G`. */
export function shortNumber(value: number): string {
  const [size, letter] = sizes.find(([least]) => Math.abs(value) >= least) ?? [1, ''];
  return `${Number((value / size).toPrecision(4))}${letter}`;
}

const sizes: readonly (readonly [number, string])[] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];
