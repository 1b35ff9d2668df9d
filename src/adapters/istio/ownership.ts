// Whose fields they are: what an object's managedFields say, and how Serin gives its own back.
import type { Route } from '../../domain/rollout.ts';
import { lock, type PatchOperation } from './patch.ts';
import type { VirtualService } from './virtual-service.ts';

/** The name Serin writes under. */
export const fieldOwner = 'serin';

/** The name left behind where Serin's entry was the only one. It owns no field that anybody could write. */
const nobody = 'unowned';

/** An entry of managedFields, as the API server wrote it. */
export type Entry = VirtualService['metadata']['managedFields'][number];

/** Whether the object holds fields in Serin's name. */
export function isOwned({ metadata }: VirtualService): boolean {
  return metadata.managedFields.some(isOurs);
}

/**
 * Who last wrote the routes of a protocol, Serin aside, as far as it is recorded. A list of routes is owned as a whole, so
 * whoever changed it last holds it; those who wrote it alike share it, and the newest of them counts.
 */
export function lastWriter({ metadata }: VirtualService, protocol: Route['protocol']): string | undefined {
  return metadata.managedFields
    .filter((entry) => !isOurs(entry) && holdsRoutes(entry.fieldsV1, protocol))
    .reduce<Entry | undefined>((best, entry) => ((entry.time ?? '') >= (best?.time ?? '') ? entry : best), undefined)
    ?.manager;
}

function holdsRoutes(fields: Entry['fieldsV1'], protocol: Route['protocol']): boolean {
  const spec = fields?.['f:spec'];
  return typeof spec === 'object' && spec !== null && `f:${protocol}` in spec;
}

/**
 * The patch that gives up every field; undefined when Serin holds none. `before` are the entries the object had before
 * Serin's last write, given only when nobody has written since: they are put back as they were, so that those whose fields
 * the write took have them again.
 *
 * Without them Serin's entries are taken away, and the fields belong to nobody until somebody writes them. The last entry
 * cannot be taken away: the API server takes an empty list for no answer, and a reset one makes the next server-side apply
 * conflict with "before-first-apply". So where Serin's is the only one, an entry stays that holds nothing but the
 * existence of the spec (measured: docs/decisions/0002-field-ownership.md).
 */
export function disownPatch(
  object: VirtualService,
  before: readonly Entry[] = [],
): readonly PatchOperation[] | undefined {
  const entries = object.metadata.managedFields;
  const ours = entries.flatMap((entry, index) => (isOurs(entry) ? [index] : [])).toReversed();
  if (ours.length === 0) return undefined;
  const others = before.filter((entry) => !isOurs(entry));
  if (others.length > 0) return [lock(object), { op: 'replace', path: '/metadata/managedFields', value: others }];
  const left = ours.length < entries.length ? [] : [keeper(object)];
  return [lock(object), ...left, ...ours.flatMap(removal)];
}

function isOurs({ manager }: Entry): boolean {
  return manager === fieldOwner;
}

function removal(index: number): readonly PatchOperation[] {
  const path = `/metadata/managedFields/${index}`;
  return [
    { op: 'test', path: `${path}/manager`, value: fieldOwner },
    { op: 'remove', path },
  ];
}

function keeper({ metadata }: VirtualService): PatchOperation {
  const value = {
    manager: nobody,
    operation: 'Update',
    apiVersion: metadata.managedFields[0]?.apiVersion ?? 'networking.istio.io/v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { '.': {} } },
  };
  return { op: 'add', path: '/metadata/managedFields/-', value };
}
