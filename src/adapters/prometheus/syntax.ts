// Whether a text is a query, by the grammar that Prometheus' own editor uses and by where it takes ranges. Says nothing of what it would find.
import { parser } from '@prometheus-io/lezer-promql';
import type { QueryProblem } from '../../domain/gates/query-template.ts';
import { isRange, typeProblem } from './query-types.ts';

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
  return [...typeProblems(query, tree), ...answerProblems(tree.topNode.firstChild)].slice(0, 1);
}

function typeProblems(query: string, tree: ReturnType<typeof parser.parse>): readonly QueryProblem[] {
  const problems: QueryProblem[] = [];
  tree.iterate({
    enter({ node }) {
      const problem = typeProblem(node, query);
      if (problem !== undefined) problems.push(problem);
    },
  });
  return problems;
}

/** What cannot be held against a limit. */
function answerProblems(whole: ReturnType<typeof parser.parse>['topNode'] | null): readonly QueryProblem[] {
  if (isRange(whole))
    return [{ offset: 0, message: 'The query gives a range of values; take one of it, as in avg_over_time(...).' }];
  return whole?.name === 'StringLiteral' ? [{ offset: 0, message: 'The query gives a text.' }] : [];
}

function whereIn(query: string, offset: number): string {
  const [next] = query.slice(offset).trimStart().split(/\s/, 1);
  return next === undefined || next === '' ? 'it ends too early.' : `it cannot be read from "${next.slice(0, 40)}" on.`;
}
