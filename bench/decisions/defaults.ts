// Serin with one default moved at a time: what each of them buys, and what it costs.
import type { Rule } from './rule.ts';
import { serin, serinUnder } from './serin.ts';
import { mean, minutes, percent, type Results, table } from './tables.ts';

/** The default plan with one thing moved. */
export const moved: readonly Rule[] = [
  { id: 'serin-false-rollback-5', title: 'false-rollback 5%', change: { falseRollback: 0.05 } },
  { id: 'serin-false-rollback-0.1', title: 'false-rollback 0.1%', change: { falseRollback: 0.001 } },
  { id: 'serin-margin-1', title: 'error-margin 1%', change: { errorMargin: 0.01 } },
  { id: 'serin-margin-0.25', title: 'error-margin 0.25%', change: { errorMargin: 0.0025 } },
  { id: 'serin-steps-5', title: 'steps 5,25,50,100', change: { steps: [5, 25, 50, 100] } as const },
  { id: 'serin-steps-25', title: 'steps 25,50,100', change: { steps: [25, 50, 100] } as const },
  { id: 'serin-bake-5', title: 'bake 5m', change: { bakeMs: 300_000 } },
  { id: 'serin-max-6', title: 'max-bake 6m', change: { maxBakeMs: 360_000 } },
  { id: 'serin-max-30', title: 'max-bake 30m', change: { maxBakeMs: 1_800_000 } },
  { id: 'serin-hold', title: 'on-undecided hold', change: { onUndecided: 'hold' } as const },
].map(serinUnder);

/** The cells in which it is looked at. */
export const movedCells = [
  'equal-1rps',
  'equal-10rps',
  'equal-100rps',
  'errors+1-10rps',
  'errors+5-1rps',
  'errors+5-10rps',
] as const;

/** The section of the report; the default plan comes first. */
export function movedSection({ scenarios, cell }: Results): string {
  const rows = [serin, ...moved].map((rule) => [
    rule === serin ? 'the default' : rule.title,
    ...movedCells.map((id) => {
      const scenario = scenarios.find((each) => each.id === id);
      const found = scenario === undefined ? undefined : cell(scenario, rule);
      if (scenario === undefined || found === undefined) return '';
      if (scenario.truth !== 'equal') return `${percent(found.promoted)} / ${mean(found.bad)}`;
      return `${percent(found.rolledBack)} / ${minutes(found.promotionMedian)} / ${percent(found.decidedInHour)}`;
    }),
  ]);
  return [
    '## What moves when a default moves',
    'Serin with one setting other than the default. Good releases: rolled back in % / median minutes to promotion / decided within 60 minutes in %. Bad ones: missed (promoted) in % / bad requests until the decision, mean ± standard error. The rows below the first are of as many draws as bad releases have.',
    table(['plan', ...movedCells], rows),
  ].join('\n\n');
}
