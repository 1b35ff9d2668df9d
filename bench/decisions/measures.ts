// Measures besides the table: how close the gates are to what is possible, whether the interval keeps its word, and what it all costs.
import { measureCost } from './measure-cost.ts';
import { measureCoverage } from './measure-coverage.ts';
import { measurePassing, measureRollback } from './measure-evidence.ts';

/** All measures, as sections of the report. */
export function measure(seed: number, say: (line: string) => void): readonly string[] {
  return [measureRollback, measurePassing, measureCoverage, measureCost].map((each) => {
    say(`measuring: ${each.name}`);
    return each(seed);
  });
}
