// The report's plots.
import type { Cell } from './cell.ts';
import type { Scenario } from './scenarios.ts';
import { type Dot, type Plot, svgOf } from './svg.ts';
import type { Results } from './tables.ts';

/** A file of the report. */
export interface PlotFile {
  readonly name: string;
  readonly caption: string;
  readonly svg: string;
}

/** All plots; `foot` says seed and command. */
export function plotsOf(results: Results, foot: string): readonly PlotFile[] {
  const series = results.rules.map(({ title }) => title);
  return [falseRollbacks, missed, delays, bad, exposed].map((drawn) => {
    const { name, ...plot } = drawn(results);
    return { name, caption: plot.title, svg: svgOf({ ...plot, series, foot }) };
  });
}

/** A file's name, and what its plot alone has. */
type Drawn = Omit<Plot, 'series' | 'foot'> & Pick<PlotFile, 'name'>;

function falseRollbacks(results: Results): Drawn {
  const dots = shareDots(({ rolledBack }) => rolledBack);
  const rows = rowsOf(results, ['equal'], dots);
  return {
    name: 'false-rollbacks.svg',
    title: 'Good releases rolled back',
    axis: 'rolled back, % of good releases (logarithmic; 0 stands at 0.1; bars are 95% intervals)',
    scale: 'log',
    from: 0.1,
    to: 100,
    ticks: [0.1, 0.3, 1, 3, 10, 30, 100],
    rows,
    line: { at: 1, name: '1%' },
  };
}

function missed(results: Results): Drawn {
  const rows = rowsOf(
    results,
    ['errors', 'latency'],
    shareDots(({ promoted }) => promoted),
  );
  return {
    name: 'missed.svg',
    title: 'Bad releases promoted',
    axis: 'promoted, % of bad releases (bars are 95% intervals)',
    scale: 'linear',
    from: 0,
    to: 100,
    ticks: [0, 20, 40, 60, 80, 100],
    rows,
  };
}

function delays(results: Results): Drawn {
  const rows = rowsOf(results, ['errors', 'latency'], ({ rollbackMedian, rollbackNinety }) =>
    rollbackMedian === undefined
      ? undefined
      : { value: rollbackMedian.value, low: rollbackMedian.value, high: rollbackNinety?.value ?? rollbackMedian.value },
  );
  return {
    name: 'time-to-rollback.svg',
    title: 'Minutes until a bad release is rolled back',
    axis: 'minutes from the first harm (logarithmic; dot: median, bar up to the 90th percentile; of those rolled back)',
    scale: 'log',
    from: 0.25,
    to: 120,
    ticks: [0.25, 1, 3, 10, 30, 60, 120],
    rows,
  };
}

function bad(results: Results): Drawn {
  const rows = rowsOf(results, ['errors'], ({ bad: { mean, error } }) => ({
    value: mean,
    low: mean - 2 * error,
    high: mean + 2 * error,
  }));
  return {
    name: 'bad-requests.svg',
    title: 'Bad requests served until the decision',
    axis: 'failed requests that stable would have served, mean (logarithmic; bars are two standard errors)',
    scale: 'log',
    from: 0.1,
    to: 100_000,
    ticks: [0.1, 1, 10, 100, 1_000, 10_000, 100_000],
    rows,
  };
}

function exposed(results: Results): Drawn {
  const rows = rowsOf(results, ['latency'], ({ exposed: time }) =>
    time === undefined ? undefined : { value: time.value, low: time.range.low, high: time.range.high },
  );
  return {
    name: 'exposed-requests.svg',
    title: 'Canary requests until a slow release is rolled back',
    axis: 'canary requests, median of those rolled back (logarithmic; bars are 95% intervals)',
    scale: 'log',
    from: 10,
    to: 1_000_000,
    ticks: [10, 100, 1_000, 10_000, 100_000, 1_000_000],
    rows,
  };
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
