// Whether a text is a query, by the grammar that Prometheus' own editor uses. Says nothing of what it would find.
import { parser } from '@prometheus-io/lezer-promql';
import type { QueryProblem } from '../../domain/gates/query-template.ts';

/** What gives no values that could be held against a limit, by the grammar's names. */
const noValues: Readonly<Record<string, string>> = {
  MatrixSelector: 'a range of values; take one of it, as in avg_over_time(...)',
  SubqueryExpr: 'a range of values; take one of it, as in avg_over_time(...)',
  StringLiteral: 'a text',
};

/** What is wrong with a query, the first place of it; empty when it can be asked. */
export function queryProblems(query: string): readonly QueryProblem[] {
  const tree = parser.parse(query);
  let wrong: number | undefined;
  tree.iterate({
    enter({ type, from }) {
      if (type.isError) wrong ??= from;
    },
  });
  if (wrong !== undefined) {
    const offset = Math.min(wrong, query.trimEnd().length);
    return [{ offset, message: `This is no query of Prometheus: ${whereIn(query, offset)}` }];
  }
  const gives = noValues[tree.topNode.firstChild?.name ?? ''];
  return gives === undefined ? [] : [{ offset: 0, message: `The query gives ${gives}.` }];
}

function whereIn(query: string, offset: number): string {
  const [next] = query.slice(offset).trimStart().split(/\s/, 1);
  return next === undefined || next === '' ? 'it ends too early.' : `it cannot be read from "${next.slice(0, 40)}" on.`;
}
