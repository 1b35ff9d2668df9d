// The report: tables, plots, and how to get them again.
import { bucketShares } from './latency.ts';
import { information, leastRequests, leastTimed } from './limits.ts';
import type { PlotFile } from './plots.ts';
import type { Scenario } from './scenarios.ts';
import { equalTable, failingTable, fullTable, type Results, slowTable, table } from './tables.ts';

/** What the report says besides figures. */
export interface Said {
  readonly command: string;
  readonly seed: number;
  readonly machine: string;
  readonly versions: readonly string[];
  /** Sections of measures besides the table, ready to print. */
  readonly measures: readonly string[];
}

/** The report in Markdown. */
export function reportOf(results: Results, said: Said, plots: readonly PlotFile[]): string {
  const { command, seed, machine, versions, measures } = said;
  return [
    '# Decisions: rules side by side on the same draws',
    `\`${command}\`, seed ${seed}, ${machine}. Simulated services; each rule sees the same requests as long as it holds the same weight. Slots of 15 s, two hours; what is not decided then is undecided. Cells are as many draws as the last table says. Square brackets are 95% intervals (Wilson). Code: ${versions.join(', ')}.`,
    "Serin is the judgement that the controller runs (`judge`, `decideBake`) over the default plan, counted by clients and servers, with the controller's settle time, its lag of one scrape, and its reading of the five minutes before. The others are ports of their documented rules; each file under `bench/decisions/peers` says what was taken from where. Peers read without lag and lose no first values, which flatters them. Kayenta has fresh baseline pods of the canary's size.",
    ...plots.map(({ name, caption }) => `![${caption}](${name})`),
    '## Releases as good as stable',
    'False rollbacks in % / median minutes to promotion, u: undecided in %. `errors+0.1` is grey: neither answer is wrong. In `equal-badcanarypod` one of four pods is sick for ten minutes, which no rule over whole versions can tell from a bad version.',
    equalTable(results),
    '## Releases with more errors',
    'Missed (promoted) in % / minutes to rollback, median and 90% / bad requests until the decision, mean ± standard error; u: undecided in %. Time counts from the first harm. Harm that begins after 20 minutes is missed by every rule that has promoted by then: that row shows how long rules look, not how well.',
    failingTable(results),
    'The least that any rule with 1% false rollbacks needs on average at weight 10% (ln 100 over the information of a request):',
    limitTable(results.scenarios),
    '## Releases that are slower',
    'Missed (promoted) in % / minutes to rollback, median and 90% / canary requests until then, median; u: undecided in %.',
    slowTable(results),
    timedLimitTable(),
    ...measures,
    '## All figures',
    fullTable(results),
  ].join('\n\n');
}

function limitTable(scenarios: readonly Scenario[]): string {
  const rows = scenarios.flatMap(({ id, rate, base, harm: { lift }, nuisance }) => {
    if (lift === undefined || nuisance !== 'none') return [];
    const split = { weight: 0.1, canary: base + lift, stable: base };
    const requests = leastRequests(split, 0.01);
    return [
      [
        id,
        (requests / rate / 60).toFixed(1),
        (requests * 0.1).toFixed(0),
        (requests * 0.1 * lift).toFixed(1),
        information(split, 0).toExponential(2),
      ],
    ];
  });
  return table(['cell', 'minutes', 'canary requests', 'bad requests', 'nats per request'], rows);
}

function timedLimitTable(): string {
  const usual = { kind: 'heavy', factor: 1, tail: 1 } as const;
  const stable = bucketShares(usual);
  const slower = [
    ['slower-1.1x', { ...usual, factor: 1.1 }],
    ['slower-1.5x', { ...usual, factor: 1.5 }],
    ['tail-2x', { ...usual, tail: 2 }],
  ] as const;
  const rows = slower.map(([name, pace]) => [name, leastTimed(0.1, bucketShares(pace), stable, 0.01).toFixed(0)]);
  return table(
    [
      'release',
      'canary requests that any rule with 1% false rollbacks needs on average at weight 10%, in these buckets',
    ],
    rows,
  );
}
