// The report's plots.
import type { Cell } from './cell.ts';
import type { Scenario } from './scenarios.ts';
import { type Dot, svgOf } from './svg.ts';
import type { Results } from './tables.ts';

/** A file of the report. */
export interface PlotFile {
  readonly name: string;
  readonly caption: string;
  readonly svg: string;
}

/** All plots; `foot` says seed and command. */
export function plotsOf(results: Results, foot: string): readonly PlotFile[] {
  return [
    falseRollbacks(results, foot),
    missed(results, foot),
    delays(results, foot),
    bad(results, foot),
    exposed(results, foot),
  ];
}

const shareTicks = [0.1, 0.3, 1, 3, 10, 30, 100];
const countTicks = [0.1, 1, 10, 100, 1_000, 10_000, 100_000];

function falseRollbacks(results: Results, foot: string): PlotFile {
  const caption = 'Good releases rolled back';
  const dots = shareDots(({ rolledBack }) => rolledBack);
  const rows = rowsOf(results, ['equal'], dots);
  const line = { at: 1, name: '1%' };
  const axis = 'rolled back, % of good releases (logarithmic; 0 stands at 0.1; bars are 95% intervals)';
  const svg = svgOf({
    title: caption,
    axis,
    scale: 'log',
    from: 0.1,
    to: 100,
    ticks: shareTicks,
    series: titles(results),
    rows,
    line,
    foot,
  });
  return { name: 'false-rollbacks.svg', caption, svg };
}

function missed(results: Results, foot: string): PlotFile {
  const caption = 'Bad releases promoted';
  const rows = rowsOf(
    results,
    ['errors', 'latency'],
    shareDots(({ promoted }) => promoted),
  );
  const axis = 'promoted, % of bad releases (bars are 95% intervals)';
  const svg = svgOf({
    title: caption,
    axis,
    scale: 'linear',
    from: 0,
    to: 100,
    ticks: [0, 20, 40, 60, 80, 100],
    series: titles(results),
    rows,
    foot,
  });
  return { name: 'missed.svg', caption, svg };
}

function delays(results: Results, foot: string): PlotFile {
  const caption = 'Minutes until a bad release is rolled back';
  const rows = rowsOf(results, ['errors', 'latency'], ({ rollbackMedian, rollbackNinety }) =>
    rollbackMedian === undefined
      ? undefined
      : { value: rollbackMedian.value, low: rollbackMedian.value, high: rollbackNinety?.value ?? rollbackMedian.value },
  );
  const axis =
    'minutes from the first harm (logarithmic; dot: median, bar up to the 90th percentile; of those rolled back)';
  const svg = svgOf({
    title: caption,
    axis,
    scale: 'log',
    from: 0.25,
    to: 120,
    ticks: [0.25, 1, 3, 10, 30, 60, 120],
    series: titles(results),
    rows,
    foot,
  });
  return { name: 'time-to-rollback.svg', caption, svg };
}

function bad(results: Results, foot: string): PlotFile {
  const caption = 'Bad requests served until the decision';
  const rows = rowsOf(results, ['errors'], ({ bad: { mean, error } }) => ({
    value: mean,
    low: mean - 2 * error,
    high: mean + 2 * error,
  }));
  const axis = 'failed requests that stable would have served, mean (logarithmic; bars are two standard errors)';
  const svg = svgOf({
    title: caption,
    axis,
    scale: 'log',
    from: 0.1,
    to: 100_000,
    ticks: countTicks,
    series: titles(results),
    rows,
    foot,
  });
  return { name: 'bad-requests.svg', caption, svg };
}

function exposed(results: Results, foot: string): PlotFile {
  const caption = 'Canary requests until a slow release is rolled back';
  const rows = rowsOf(results, ['latency'], ({ exposed: time }) =>
    time === undefined ? undefined : { value: time.value, low: time.range.low, high: time.range.high },
  );
  const axis = 'canary requests, median of those rolled back (logarithmic; bars are 95% intervals)';
  const svg = svgOf({
    title: caption,
    axis,
    scale: 'log',
    from: 10,
    to: 1_000_000,
    ticks: [10, 100, 1_000, 10_000, 100_000, 1_000_000],
    series: titles(results),
    rows,
    foot,
  });
  return { name: 'exposed-requests.svg', caption, svg };
}

type Place = Omit<Dot, 'series'>;

function shareDots(of: (cell: Cell) => Cell['rolledBack']): (cell: Cell) => Place {
  return (cell) => {
    const { share, range } = of(cell);
    return { value: 100 * share, low: 100 * range.low, high: 100 * range.high };
  };
}

function rowsOf(
  { scenarios, rules, cell }: Results,
  truths: readonly Scenario['truth'][],
  of: (cell: Cell) => Place | undefined,
) {
  return scenarios
    .filter(({ truth }) => truths.includes(truth))
    .map((scenario) => ({
      name: scenario.id,
      dots: rules.flatMap((rule) => {
        const found = cell(scenario, rule);
        const dot = found === undefined ? undefined : of(found);
        return dot === undefined ? [] : [{ series: rule.title, ...dot }];
      }),
    }))
    .filter(({ dots }) => dots.length > 0);
}

function titles({ rules }: Results): readonly string[] {
  return rules.map(({ title }) => title);
}
