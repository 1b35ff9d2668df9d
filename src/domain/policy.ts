// A shared policy's fields, which are the settings in another spelling: `maxBake` is `max-bake`, lists are comma-joined.
import { settingKeys } from './settings-keys.ts';
import { nearest } from './spelling.ts';

/** Settings that belong to one Deployment alone. */
const ofOne: readonly string[] = [
  'canary',
  'canary-of',
  'policy',
  'virtual-service',
  'route',
  'slack-channel',
  'webhook',
  'github',
  'github-ref',
  'author',
];

/** Settings that a policy may hold, in the spelling of its fields. */
const policyFields: readonly string[] = [
  ...settingKeys.filter((key) => !ofOne.includes(key)).map(fieldName),
  'announce',
  'gates',
  'freeze',
  'stop',
];

/** One field under the name that its annotation has. */
function annotationName(field: string): string {
  return field.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
}

/** The name of the field for an annotation, without the prefix. */
export function fieldName(key: string): string {
  return key.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * A policy's fields as `parseSettings` reads them: texts under the names of the annotations, and its gates as JSON under `gates`. Its
 * freezes are no settings: they hold the whole namespace.
 */
export function policySettings({
  announce,
  gates,
  freeze: _freeze,
  stop: _stop,
  ...fields
}: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const settings = Object.fromEntries(
    [...Object.entries(fields), ...announceSettings(announce)].map(([field, value]) => [
      annotationName(field),
      spelled(value),
    ]),
  );
  return gates === undefined ? settings : { ...settings, gates: JSON.stringify(gates) };
}

/** Where each setting of `announce` stands in a policy. */
const announcePaths: Readonly<Record<string, readonly [string, string]>> = {
  'slack-channel': ['slack', 'channel'],
  webhook: ['webhook', 'url'],
  github: ['github', 'repository'],
};

/** The fields of a policy that a setting stands in, outermost first. */
export function fieldPath(key: string): readonly string[] {
  const path = announcePaths[key];
  return path === undefined ? [fieldName(key)] : ['announce', ...path];
}

/** Whom a policy has told, under the names of the fields that the annotations stand for. */
function announceSettings(announce: unknown): readonly (readonly [string, unknown])[] {
  return Object.entries(announcePaths).flatMap(([key, [target, field]]) => {
    const value = within(within(announce, target), field);
    return value === undefined ? [] : [[fieldName(key), value] as const];
  });
}

/** Whether every target has its one field, a text, and there is one target at least. */
function isAnnounce(announce: unknown): boolean {
  const targets = isFields(announce) ? Object.entries(announce) : [];
  return (
    targets.length > 0 &&
    targets.every(([target, value]) => {
      const field = Object.values(announcePaths).find(([each]) => each === target)?.[1];
      return (
        field !== undefined && typeof within(value, field) === 'string' && Object.keys(value as object).length === 1
      );
    })
  );
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function within(value: unknown, field: string): unknown {
  return isFields(value) ? value[field] : undefined;
}

function spelled(value: unknown): string {
  if (Array.isArray(value)) return value.map(spelled).join(',');
  if (typeof value === 'string') return value;
  return JSON.stringify(value) ?? '';
}

/**
 * What the cluster would refuse about the kind of a field's value, which `parseSettings` reads all the same because an annotation is
 * always a text; undefined where nothing is wrong.
 */
export function wrongType(field: string, value: unknown): string | undefined {
  const wanted = wantedOf(field, value);
  return wanted === undefined ? undefined : `spec.${field} is ${JSON.stringify(value)}. Expected ${wanted}.`;
}

function wantedOf(field: string, value: unknown): string | undefined {
  switch (field) {
    case 'steps':
      return Array.isArray(value) && value.every(Number.isInteger)
        ? undefined
        : 'a list of whole numbers, as in [10, 25, 50, 100]';
    case 'minRequests':
      return Number.isInteger(value) ? undefined : 'a whole number without quotes, such as 100';
    case 'gates':
    case 'freeze':
      return undefined;
    case 'announce':
      return isAnnounce(value)
        ? undefined
        : 'one or several of slack: {channel: ...}, webhook: {url: ...} and github: {repository: ...}';
    default:
      return typeof value === 'string' ? undefined : 'a text; put it in quotes';
  }
}

/** Why a field means nothing; undefined for one that does. */
export function unknownField(field: string): string | undefined {
  if (policyFields.includes(field)) return undefined;
  const guess = nearest(field, policyFields);
  const hint = guess === undefined ? `The known ones are ${policyFields.join(', ')}.` : `Did you mean ${guess}?`;
  return `spec.${field} is no field of a CanaryPolicy. ${hint}`;
}
