// Whose fields they are: what an object's managedFields say, and how Serin gives its own back.
import type { Route } from '../../domain/rollout.ts';
import { lock, type PatchOperation } from './patch.ts';
import type { VirtualService } from './virtual-service.ts';

/** The name Serin writes under. */
export const fieldOwner = 'serin';

/** The name left behind where Serin's entry was the only one. It owns no field that anybody could write. */
const nobody = 'unowned';

type Entry = VirtualService['metadata']['managedFields'][number];

/** Whether the object holds fields in Serin's name. */
export function isOwned({ metadata }: VirtualService): boolean {
  return metadata.managedFields.some(({ manager }) => manager === fieldOwner);
}

/**
 * Who last wrote the routes of a protocol, Serin aside, as far as it is recorded. A list of routes is owned as a whole, so
 * whoever changed it last holds it; those who wrote it alike share it, and the newest of them counts.
 */
export function lastWriter({ metadata }: VirtualService, protocol: Route['protocol']): string | undefined {
  return metadata.managedFields
    .filter(({ manager, fieldsV1 }) => manager !== fieldOwner && holdsRoutes(fieldsV1, protocol))
    .reduce<Entry | undefined>((best, entry) => ((entry.time ?? '') >= (best?.time ?? '') ? entry : best), undefined)
    ?.manager;
}

function holdsRoutes(fields: Entry['fieldsV1'], protocol: Route['protocol']): boolean {
  const spec = fields['f:spec'];
  return typeof spec === 'object' && spec !== null && `f:${protocol}` in spec;
}

/**
 * The patch that takes away every entry of Serin's; undefined when there is none. Taking away the last entry would have no
 * effect, and an empty list makes the next server-side apply conflict with "before-first-apply", so where Serin's is the
 * only one an entry stays that owns nothing but the existence of the spec
 * (sigs.k8s.io/structured-merge-diff; measured in docs/decisions/0002-field-ownership.md).
 */
export function disownPatch(object: VirtualService): readonly PatchOperation[] | undefined {
  const entries = object.metadata.managedFields;
  const ours = entries.flatMap(({ manager }, index) => (manager === fieldOwner ? [index] : [])).toReversed();
  if (ours.length === 0) return undefined;
  const others = ours.length < entries.length ? [] : [keeper(object)];
  return [lock(object), ...others, ...ours.flatMap((index) => removal(index))];
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
