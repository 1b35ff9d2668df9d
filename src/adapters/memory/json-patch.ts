// JSON Patch applied to a value: the four operations of RFC 6902 that make an object other in place.
import { isDeepStrictEqual } from 'node:util';

/** One operation; `path` is a JSON Pointer (RFC 6901). */
export type Operation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** The document with the operations applied in order; undefined when one of them does not apply. The document stays as it is. */
export function patched(document: unknown, operations: readonly Operation[]): unknown {
  const root = { '': structuredClone(document) };
  const applied = operations.every((operation) => apply(root, operation));
  return applied ? root[''] : undefined;
}

type Container = Record<string, unknown> | unknown[];

function apply(root: Container, operation: Operation): boolean {
  const tokens = operation.path.split('/').map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = tokens.at(-1) ?? '';
  const parent = tokens
    .slice(0, -1)
    .reduce<unknown>((at, token) => (isContainer(at) ? childOf(at, token) : undefined), root);
  if (!isContainer(parent)) return false;
  if (operation.op === 'add') return add(parent, key, structuredClone(operation.value));
  if (childOf(parent, key) === undefined) return false;
  switch (operation.op) {
    case 'test':
      return isDeepStrictEqual(childOf(parent, key), operation.value);
    case 'replace':
      return put(parent, key, structuredClone(operation.value));
    case 'remove':
      return remove(parent, key);
  }
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

/** Undefined where there is nothing; JSON itself knows no undefined. */
function childOf(parent: Container, key: string): unknown {
  if (Array.isArray(parent)) return /^(?:0|[1-9]\d*)$/.test(key) ? parent[Number(key)] : undefined;
  return Object.hasOwn(parent, key) ? parent[key] : undefined;
}

function add(parent: Container, key: string, value: unknown): boolean {
  if (!Array.isArray(parent)) return put(parent, key, value);
  const index = key === '-' ? parent.length : Number(key);
  if (!Number.isInteger(index) || index < 0 || index > parent.length) return false;
  parent.splice(index, 0, value);
  return true;
}

function put(parent: Container, key: string, value: unknown): boolean {
  if (Array.isArray(parent)) parent[Number(key)] = value;
  else parent[key] = value;
  return true;
}

function remove(parent: Container, key: string): boolean {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
  return true;
}
