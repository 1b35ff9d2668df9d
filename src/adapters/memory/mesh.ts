// The mesh in memory, for tests of what is made of it: the few answers of an API server that routes need, under the same
// translation that speaks to the real one.
import { isDeepStrictEqual } from 'node:util';
import type { Mesh } from '../../controller/mesh-port.ts';
import { type Operation, patched } from './json-patch.ts';

/** The kinds of objects a mesh is made of, as the API calls them. */
export type MeshKind = 'virtualservices' | 'destinationrules' | 'services' | 'pods';

/** An object as a user writes it. */
export interface MeshObject {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly [field: string]: unknown;
}

/** A mesh whose objects are told to it. */
export interface MemoryMesh extends Mesh {
  /** Creates the object, or replaces it, in the name of a writer (`user` unless given). */
  put(kind: MeshKind, object: MeshObject, writer?: string): void;
  /** Patches a VirtualService in the name of a writer. Throws when the patch does not apply. */
  edit(namespace: string, name: string, operations: readonly Operation[], writer?: string): void;
  /** Deletes a VirtualService, or an object of the kind given. */
  remove(namespace: string, name: string, kind?: MeshKind): void;
  /** A VirtualService as the API would show it; undefined when there is none. */
  read(namespace: string, name: string): unknown;
  /** Every object of a kind in a namespace. */
  list(kind: MeshKind, namespace: string): readonly Pick<MeshObject, 'metadata'>[];
}

interface Requests {
  request(
    method: 'GET' | 'PATCH' | 'POST' | 'DELETE',
    path: string,
    options?: { readonly body?: unknown; readonly query?: Readonly<Record<string, string>> },
  ): Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Entry {
  readonly manager: string;
  readonly operation: 'Update';
  readonly fieldsV1: Fields;
}

/** Fields by their parents: a list of routes is owned as a whole. */
type Fields = Readonly<Record<string, Readonly<Record<string, object>>>>;

interface Stored {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly resourceVersion: string;
    readonly generation: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields: readonly Entry[];
  };
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** A mesh without objects. `translate` makes a mesh of requests to an API server: the one that is used with the real one. */
export function memoryMesh(translate: (options: { readonly requests: Requests }) => Mesh): MemoryMesh {
  const shelf = emptyShelf();
  return {
    ...translate({ requests: { request: async (...asked) => answer(shelf, ...asked) } }),
    put: (kind, object, writer = 'user') => {
      const path = pathOf(kind, object.metadata.namespace, object.metadata.name);
      shelf.set(path, asWritten(object, shelf.get(path), writer));
    },
    edit: (namespace, name, operations, writer = 'user') => {
      const { status } = edit(shelf, pathOf('virtualservices', namespace, name), operations, writer);
      if (status !== 200) throw new Error(`The edit of VirtualService ${namespace}/${name} was answered ${status}.`);
    },
    remove: (namespace, name, kind = 'virtualservices') => shelf.remove(pathOf(kind, namespace, name)),
    read: (namespace, name) => structuredClone(shelf.get(pathOf('virtualservices', namespace, name))),
    list: (kind, namespace) => shelf.under(pathOf(kind, namespace, '').slice(0, -1)),
  };
}

/** Objects by their paths; each one set gets the next version. */
interface Shelf {
  get(path: string): Stored | undefined;
  set(path: string, object: Stored): void;
  remove(path: string): void;
  under(path: string): readonly Stored[];
  everywhere(group: string, plural: string): readonly Stored[];
}

function emptyShelf(): Shelf {
  const objects = new Map<string, Stored>();
  let version = 0;
  return {
    get: (path) => objects.get(path),
    set: (path, object) => {
      version += 1;
      objects.set(path, { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } });
    },
    remove: (path) => void objects.delete(path),
    everywhere: (group, plural) =>
      [...objects]
        .filter(([place]) => place.startsWith(`${group}/namespaces/`) && place.split('/').at(-2) === plural)
        .map(([, object]) => object),
    under: (path) => [...objects].filter(([place]) => place.startsWith(`${path}/`)).map(([, object]) => object),
  };
}

function answer(shelf: Shelf, ...[method, path, options]: Parameters<Requests['request']>): Answer {
  if (path === '/apis/networking.istio.io') return { status: 200, body: { versions: [{ version: 'v1' }] } };
  if (method === 'PATCH') {
    return edit(shelf, path, options?.body as readonly Operation[], options?.query?.['fieldManager'] ?? 'unknown');
  }
  if (method === 'POST')
    return create(shelf, path, options?.body as MeshObject, options?.query?.['fieldManager'] ?? 'unknown');
  if (method === 'DELETE') return discard(shelf, path, options?.body as Deletion | undefined);
  if (path.startsWith('/apis/gateway.networking.k8s.io/')) return { status: 404, body: {} };
  const isList = /\/namespaces\/[^/]+\/[^/]+$/.test(path);
  const everywhere = /^(?<group>.*\/v1)\/(?<plural>[^/]+)$/.exec(path)?.groups;
  if (everywhere !== undefined)
    return { status: 200, body: { items: shelf.everywhere(everywhere['group'] ?? '', everywhere['plural'] ?? '') } };
  const body = isList
    ? { items: shelf.under(path).filter(carrying(options?.query?.['labelSelector'])) }
    : shelf.get(path);
  return body === undefined ? { status: 404, body: {} } : { status: 200, body: structuredClone(body) };
}

interface Deletion {
  readonly preconditions: { readonly resourceVersion: string };
}

function discard(shelf: Shelf, path: string, asked: Deletion | undefined): Answer {
  const found = shelf.get(path);
  if (found === undefined) return { status: 404, body: {} };
  const wanted = asked?.preconditions.resourceVersion ?? found.metadata.resourceVersion;
  if (wanted !== found.metadata.resourceVersion) return { status: 409, body: {} };
  shelf.remove(path);
  return { status: 200, body: {} };
}

/** Which objects a selector of labels chooses; all of them without one. */
function carrying(selector = ''): (object: Stored) => boolean {
  const wanted = selector === '' ? [] : selector.split(',').map((pair) => pair.split('='));
  return ({ metadata }) => wanted.every(([key = '', value]) => metadata.labels?.[key] === value);
}

function create(shelf: Shelf, path: string, object: MeshObject, writer: string): Answer {
  const place = `${path}/${object.metadata.name}`;
  if (shelf.get(place) !== undefined) return { status: 409, body: {} };
  shelf.set(place, asWritten(object, undefined, writer));
  return { status: 201, body: structuredClone(shelf.get(place)) };
}

function edit(shelf: Shelf, path: string, operations: readonly Operation[], writer: string): Answer {
  const before = shelf.get(path);
  if (before === undefined) return { status: 404, body: {} };
  const after = patched(before, operations) as Stored | undefined;
  if (after === undefined) return { status: 422, body: {} };
  if (after.metadata.resourceVersion !== before.metadata.resourceVersion) return { status: 409, body: {} };
  const stored = settled(before, after, writer);
  if (!isDeepStrictEqual(stored, before)) shelf.set(path, stored);
  return { status: 200, body: structuredClone(shelf.get(path)) };
}

function pathOf(kind: MeshKind, namespace: string, name: string): string {
  const group = kind === 'services' || kind === 'pods' ? '/api/v1' : '/apis/networking.istio.io/v1';
  return `${group}/namespaces/${namespace}/${kind}/${name}`;
}

function asWritten(object: MeshObject, before: Stored | undefined, writer: string): Stored {
  const generation = (before?.metadata.generation ?? 0) + 1;
  const { metadata, ...rest } = structuredClone(object);
  const bare: Stored = { ...rest, metadata: { ...metadata, resourceVersion: '', generation, managedFields: [] } };
  const managedFields = owning([], writer, { 'f:spec': differing({}, bare) });
  return { ...bare, metadata: { ...bare.metadata, managedFields } };
}

/** What the API server makes of an update: generation, owners, no empty annotations, and no emptied list of owners. */
function settled(before: Stored, after: Stored, writer: string): Stored {
  const { annotations = {}, managedFields, ...metadata } = after.metadata;
  const spec = differing(before, after);
  const respecified = Object.keys(spec).length > 0;
  const reannotated = !isDeepStrictEqual(before.metadata.annotations ?? {}, annotations);
  const kept = managedFields.length === 0 ? before.metadata.managedFields : managedFields;
  const touched: Fields = { ...(respecified ? { 'f:spec': spec } : {}), ...(reannotated ? { 'f:metadata': {} } : {}) };
  return {
    ...after,
    metadata: {
      ...metadata,
      generation: before.metadata.generation + (respecified ? 1 : 0),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      managedFields: Object.keys(touched).length === 0 ? kept : owning(kept, writer, touched),
    },
  };
}

/** The fields of the spec that differ, as owners' entries name them. */
function differing(before: Pick<Stored, 'spec'>, after: Pick<Stored, 'spec'>): Readonly<Record<string, object>> {
  const fields = [...new Set([...Object.keys(before.spec ?? {}), ...Object.keys(after.spec ?? {})])];
  const changed = fields.filter((field) => !isDeepStrictEqual(before.spec?.[field], after.spec?.[field]));
  return Object.fromEntries(changed.map((field) => [`f:${field}`, {}]));
}

/** Whoever changes a field takes it from the others. */
function owning(entries: readonly Entry[], writer: string, touched: Fields): readonly Entry[] {
  const others = entries.filter(({ manager }) => manager !== writer).map((entry) => without(entry, touched));
  const own = entries.find(({ manager }) => manager === writer)?.fieldsV1 ?? {};
  const spec = { ...own['f:spec'], ...touched['f:spec'] };
  return [...others, { manager: writer, operation: 'Update', fieldsV1: { ...own, ...touched, 'f:spec': spec } }];
}

function without(entry: Entry, touched: Fields): Entry {
  const kept = Object.entries(entry.fieldsV1['f:spec'] ?? {}).filter(
    ([field]) => touched['f:spec']?.[field] === undefined,
  );
  return { ...entry, fieldsV1: { ...entry.fieldsV1, 'f:spec': Object.fromEntries(kept) } };
}
