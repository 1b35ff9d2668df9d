// Draws the rollout machine as docs/machine.md: `node tools/diagram.ts`. A test holds the file to what is drawn here.
import { writeFileSync } from 'node:fs';
import { type DirectedGraphEdge, type DirectedGraphNode, toDirectedGraph } from 'xstate/graph';
import { rolloutMachine } from '../machines/rollout.ts';

/** Where the drawing is kept. */
export const diagramFile = new URL('../docs/machine.md', import.meta.url);

/** The whole page: a few sentences and the Mermaid diagram. */
export function machinePage(): string {
  return [
    '# The machine of a rollout',
    '',
    'Drawn from `machines/rollout.ts` by `node tools/diagram.ts`; do not edit by hand. An arrow is an event, brackets hold the',
    'condition under which it is taken: _warranted_ by a warrant for the very step the rollout stands at, _last_ when that is the',
    'last step of the plan. An event without an arrow is ignored in that phase. What is owed in each phase is read from it by',
    '`src/domain/duty.ts`; the words are explained in [glossary.md](glossary.md).',
    '',
    '```mermaid',
    'stateDiagram-v2',
    ...diagramLines().map((line) => `    ${line}`),
    '```',
    '',
    "A person's pause is no phase: it stops forward moves and nothing else. A rollback is possible up to the last bake; from",
    '`promoting` on the new version serves everything, and the way back is a rollout of the old one.',
    '',
  ].join('\n');
}

function diagramLines(): readonly string[] {
  const { children } = toDirectedGraph(rolloutMachine);
  const [first] = children;
  const last = children.filter(({ stateNode }) => stateNode.type === 'final');
  return [
    ...(first === undefined ? [] : [`[*] --> ${nameOf(first)}`]),
    ...children.flatMap(({ edges }) => edges.map((edge) => arrow(edge))),
    ...last.map((node) => `${nameOf(node)} --> [*]`),
  ];
}

function arrow(edge: DirectedGraphEdge): string {
  const { guard } = edge.transition;
  const condition = typeof guard === 'string' ? ` [${inWords(guard)}]` : '';
  return `${edge.source.key} --> ${edge.target.key}: ${edge.label.text}${condition}`;
}

function nameOf(node: DirectedGraphNode): string {
  return node.stateNode.key;
}

function inWords(camelCase: string): string {
  return camelCase.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

if (import.meta.main) writeFileSync(diagramFile, machinePage());
