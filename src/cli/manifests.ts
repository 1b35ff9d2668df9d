// Manifests in YAML, with the line that everything stands on.
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';

/** One object of a file. */
export interface Manifest {
  readonly value: Readonly<Record<string, unknown>>;
  /** The line of what stands at the path, or of the nearest thing around it; counted from 1. */
  lineOf(path: Path, offset?: number): number;
}

export type Path = readonly (string | number)[];

/** The objects of a file, and what is wrong with the text itself. */
export interface ReadManifests {
  readonly manifests: readonly Manifest[];
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

/** Reads every document; the items of a List count as objects of their own. */
export function readManifests(text: string): ReadManifests {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const problems: { readonly line: number; readonly message: string }[] = [];
  const manifests: Manifest[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    for (const { pos, message } of document.errors) {
      problems.push({ line: lines.linePos(pos[0]).line, message: `This is no YAML: ${message}` });
    }
    if (document.errors.length > 0) continue;
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (isObject(value)) manifests.push(...objectsIn(document, lines, value));
  }
  return { manifests, problems };
}

function objectsIn(document: Document, lines: LineCounter, value: Readonly<Record<string, unknown>>): Manifest[] {
  const { kind, items } = value;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items))
    return [manifestOf(document, lines, value, [])];
  return items.flatMap((item: unknown, index) =>
    isObject(item) ? [manifestOf(document, lines, item, ['items', index])] : [],
  );
}

function manifestOf(
  document: Document,
  lines: LineCounter,
  value: Readonly<Record<string, unknown>>,
  within: Path,
): Manifest {
  return {
    value,
    lineOf: (path, offset) => lineIn(document, lines, [...within, ...path], offset ?? 0),
  };
}

function lineIn(document: Document, lines: LineCounter, path: Path, offset: number): number {
  let node: unknown = document.contents;
  let seen = isNode(node) ? node : undefined;
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document);
    const pair = isMap(node) ? node.items.find((each) => isScalar(each.key) && each.key.value === key) : undefined;
    if (isNode(pair?.key)) seen = pair.key;
    node = pair === undefined ? (isSeq(node) && typeof key === 'number' ? node.items[key] : undefined) : pair.value;
    if (node === undefined) break;
    if (pair === undefined && isNode(node)) seen = node;
  }
  const line = lines.linePos(seen?.range?.[0] ?? 0).line;
  if (!isScalar(node) || node.type !== 'BLOCK_LITERAL' || typeof node.value !== 'string') return line;
  return line + node.value.slice(0, offset).split('\n').length;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'range' in value;
}

/** Whether a value is an object with keys. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
