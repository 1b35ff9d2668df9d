// A shared policy's fields, which are the settings in another spelling: `maxBake` is `max-bake`, lists are comma-joined.
import { settingKeys } from './settings.ts';
import { nearest } from './spelling.ts';

/** Settings that belong to one Deployment alone. */
const ofOne: readonly string[] = ['canary', 'canary-of', 'policy', 'virtual-service', 'route'];

/** Settings that a policy may hold, in the spelling of its fields. */
const policyFields: readonly string[] = [...settingKeys.filter((key) => !ofOne.includes(key)).map(fieldName), 'gates'];

/** One field under the name that its annotation has. */
function annotationName(field: string): string {
  return field.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
}

/** The name of the field for an annotation, without the prefix. */
export function fieldName(key: string): string {
  return key.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A policy's fields as `parseSettings` reads them: texts under the names of the annotations, and its gates as JSON under `gates`. */
export function policySettings({
  gates,
  ...fields
}: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const settings = Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [annotationName(field), spelled(value)]),
  );
  return gates === undefined ? settings : { ...settings, gates: JSON.stringify(gates) };
}

function spelled(value: unknown): string {
  if (Array.isArray(value)) return value.map(spelled).join(',');
  if (typeof value === 'string') return value;
  return JSON.stringify(value) ?? '';
}

/** Why a field means nothing; undefined for one that does. */
export function unknownField(field: string): string | undefined {
  if (policyFields.includes(field)) return undefined;
  const guess = nearest(field, policyFields);
  const hint = guess === undefined ? `The known ones are ${policyFields.join(', ')}.` : `Did you mean ${guess}?`;
  return `spec.${field} is no field of a CanaryPolicy. ${hint}`;
}
