// The report's tables.
import type { Cell, Mean, Share, Time } from './cell.ts';
import type { Rule } from './rule.ts';
import type { Scenario } from './scenarios.ts';

/** All cells that are known. */
export interface Results {
  readonly scenarios: readonly Scenario[];
  readonly rules: readonly Rule[];
  readonly cell: (scenario: Scenario, rule: Rule) => Cell | undefined;
}

/** False rollbacks in percent with Wilson's interval, promotion in minutes. */
export function equalTable(results: Results): string {
  return sideBySide(
    results,
    ['equal', 'grey', 'pod'],
    (cell) => `${ranged(cell.rolledBack)} / ${minutes(cell.promotionMedian)}${undecided(cell)}`,
  );
}

/** Promoted in percent (a miss), minutes to rollback (median, 90%), bad requests until the decision. */
export function failingTable(results: Results): string {
  return sideBySide(results, ['errors'], (cell) => `${missed(cell)} / ${mean(cell.bad)}${undecided(cell)}`);
}

/** As above, with canary requests (median of the draws rolled back) for bad ones. */
export function slowTable(results: Results): string {
  return sideBySide(results, ['latency'], (cell) => {
    const exposed = cell.exposed === undefined ? '-' : String(Math.round(cell.exposed.value));
    return `${missed(cell)} / ${exposed}${undecided(cell)}`;
  });
}

function missed({ promoted, rollbackMedian, rollbackNinety }: Cell): string {
  return `${ranged(promoted)} / ${minutes(rollbackMedian)}, ${minutes(rollbackNinety)}`;
}

function undecided({ undecided: share }: Cell): string {
  return share.share > 0 ? `, u ${percent(share)}` : '';
}

/** Every figure of every cell, one row each. */
export function fullTable({ scenarios, rules, cell }: Results): string {
  const rows = scenarios.flatMap((scenario) =>
    rules.flatMap((rule) => {
      const found = cell(scenario, rule);
      return found === undefined ? [] : [fullRow(scenario, rule, found)];
    }),
  );
  const head = [
    'cell',
    'rule',
    'draws',
    'rolled back % [95%] (upper)',
    'promoted %',
    'undecided %',
    'decided within 60 min %',
    'rollback min: median, 90%',
    'promotion min: median, 90%',
    'bad requests, mean ± s.e. (of those rolled back)',
    'exposed requests, median [95%]',
  ];
  return table(head, rows);
}

function fullRow({ id }: Scenario, rule: Rule, cell: Cell): readonly string[] {
  const exposed = cell.exposed;
  return [
    id,
    rule.title,
    String(cell.draws),
    `${ranged(cell.rolledBack)} (${(100 * cell.rolledBack.upper).toFixed(2)})`,
    ranged(cell.promoted),
    ranged(cell.undecided),
    percent(cell.decidedInHour),
    `${minutesRanged(cell.rollbackMedian)}, ${minutes(cell.rollbackNinety)}`,
    `${minutesRanged(cell.promotionMedian)}, ${minutes(cell.promotionNinety)}`,
    `${mean(cell.bad)} (${mean(cell.badRolledBack)})`,
    exposed === undefined
      ? '-'
      : `${Math.round(exposed.value)} [${Math.round(exposed.range.low)}-${Math.round(exposed.range.high)}]`,
  ];
}

function sideBySide(
  { scenarios, rules, cell }: Results,
  truths: readonly Scenario['truth'][],
  write: (cell: Cell) => string,
): string {
  const rows = scenarios
    .filter(({ truth }) => truths.includes(truth))
    .map((scenario) => ({ scenario, cells: rules.map((rule) => cell(scenario, rule)) }))
    .filter(({ cells }) => cells.some((found) => found !== undefined))
    .map(({ scenario, cells }) => [scenario.id, ...cells.map((found) => (found === undefined ? '' : write(found)))]);
  return table(['cell', ...rules.map(({ title }) => title)], rows);
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A share in percent with its interval. */
function ranged(share: Share): string {
  return `${percent(share)} [${(100 * share.range.low).toFixed(1)}-${(100 * share.range.high).toFixed(1)}]`;
}

/** A share in percent. */
export function percent({ share }: Share): string {
  return (100 * share).toFixed(share > 0 && share < 0.01 ? 2 : 1);
}

/** Minutes; a dash where there are none. */
export function minutes(time: Time | undefined): string {
  return time === undefined ? '-' : String(Math.round(time.value * 10) / 10);
}

function minutesRanged(time: Time | undefined): string {
  return time === undefined ? '-' : `${minutes(time)} [${time.range.low}-${time.range.high}]`;
}

/** A mean and its standard error. */
export function mean({ mean: value, error }: Mean): string {
  const digits = value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ± ${error.toFixed(digits)}`;
}
