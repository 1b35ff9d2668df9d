// Where a query has a range of values and where one value, which its grammar leaves open and Prometheus does not.
import type { parser } from '@prometheus-io/lezer-promql';
import type { QueryProblem } from '../../domain/gates/query-template.ts';

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

/** Functions of a range besides those called `..._over_time`. */
const rangeFunctions: readonly string[] = [
  'changes',
  'delta',
  'deriv',
  'double_exponential_smoothing',
  'idelta',
  'increase',
  'irate',
  'predict_linear',
  'rate',
  'resets',
];
/** What is of the type of the thing that it holds. */
const wrappers: readonly string[] = ['ParenExpr', 'OffsetExpr', 'StepInvariantExpr', 'SmoothedExpr', 'AnchoredExpr'];
const ranges: readonly string[] = ['MatrixSelector', 'SubqueryExpr'];

/** Whether an expression gives a range of values. */
export function isRange(node: SyntaxNode | null): boolean {
  if (node === null) return false;
  return ranges.includes(node.name) || (wrappers.includes(node.name) && isRange(node.firstChild));
}

/** What is wrong with one expression, its parts aside; undefined for one that can be asked. */
export function typeProblem(node: SyntaxNode, query: string): QueryProblem | undefined {
  switch (node.name) {
    case 'FunctionCall':
      return callProblem(node, query);
    case 'AggregateExpr':
      return plainProblem(argumentsOf(node), textOf(node.firstChild, query), query);
    case 'BinaryExpr':
      return plainProblem(childrenOf(node), 'A comparison or calculation', query);
    case 'MatrixSelector':
      return node.firstChild?.name === 'VectorSelector' ? undefined : loneProblem(node);
    default:
      return undefined;
  }
}

function callProblem(node: SyntaxNode, query: string): QueryProblem | undefined {
  const name = textOf(node.firstChild, query);
  const all = argumentsOf(node);
  if (!rangeFunctions.includes(name) && !name.endsWith('_over_time')) return plainProblem(all, name, query);
  const at = name === 'quantile_over_time' ? 1 : 0;
  const wanted = all[at];
  if (wanted !== undefined && isRange(wanted)) return undefined;
  const takes = `${name} takes a range of values`;
  if (wanted === undefined) {
    return { offset: node.firstChild?.to ?? node.from, message: `${takes}, as in ${name}(x[5m]).` };
  }
  const text = textOf(wanted, query);
  const message =
    wanted.name === 'VectorSelector'
      ? `${takes}, as in ${rewritten(node, wanted, query)}; ${text} is none.`
      : `${takes}, and ${text} is none. Give it one, as in ${name}(x[5m]).`;
  return { offset: wanted.from, message };
}

/** The call as it was written, with a range behind the selector. */
function rewritten(call: SyntaxNode, { to }: SyntaxNode, query: string): string {
  return `${query.slice(call.from, to)}[5m]${query.slice(to, call.to)}`;
}

function plainProblem(all: readonly SyntaxNode[], who: string, query: string): QueryProblem | undefined {
  const wrong = all.find(isRange);
  if (wrong === undefined) return undefined;
  const message = `${who} takes no range of values, and ${textOf(wrong, query)} is one. Take one of it, as in avg_over_time(...).`;
  return { offset: wrong.from, message };
}

function loneProblem({ from }: SyntaxNode): QueryProblem {
  return { offset: from, message: 'A range belongs to one selector within a function, as in rate(x[5m]).' };
}

function argumentsOf(node: SyntaxNode): readonly SyntaxNode[] {
  const body = node.getChild('FunctionCallBody');
  return body === null ? [] : childrenOf(body);
}

function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}

function textOf(node: SyntaxNode | null, query: string): string {
  return node === null ? '' : query.slice(node.from, node.to);
}
