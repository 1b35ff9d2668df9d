// The schema of the CustomResourceDefinition as far as it bounds values, so that what is written can be held against it
// without an API server.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

interface Schema {
  readonly type?: string | undefined;
  readonly required?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly additionalProperties?: Schema | undefined;
  readonly items?: Schema | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly pattern?: string | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly minItems?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly maxProperties?: number | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean | undefined;
}

const schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    type: z.string().optional(),
    required: z.array(z.string()).optional(),
    properties: z.record(z.string(), schema).optional(),
    additionalProperties: schema.optional(),
    items: schema.optional(),
    enum: z.array(z.unknown()).optional(),
    pattern: z.string().optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    minItems: z.number().optional(),
    maxItems: z.number().optional(),
    maxProperties: z.number().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    'x-kubernetes-preserve-unknown-fields': z.boolean().optional(),
  }),
);

const definition = z.object({
  spec: z.object({ versions: z.array(z.object({ schema: z.object({ openAPIV3Schema: schema }) })) }),
});

/** The schema of CanaryRollout objects. */
export function rolloutSchema(): Schema {
  const path = join(import.meta.dirname, '..', '..', '..', 'deploy', 'crds', 'canaryrollouts.yaml');
  const [version] = definition.parse(parse(readFileSync(path, 'utf8'))).spec.versions;
  if (version === undefined) throw new Error('The definition has no version.');
  return version.schema.openAPIV3Schema;
}

/** What the schema has against a value, each with the place. Fields that it does not know would be dropped, and count too. */
export function complaintsOf(rules: Schema, value: unknown, place = ''): readonly string[] {
  if (rules['x-kubernetes-preserve-unknown-fields'] === true) return [];
  const own = ownComplaints(rules, value).map((what) => `${place}: ${what}`);
  if (Array.isArray(value)) {
    const { items } = rules;
    const inner = items === undefined ? [] : value.flatMap((item, at) => complaintsOf(items, item, `${place}[${at}]`));
    return [...own, ...inner];
  }
  if (typeof value !== 'object' || value === null) return own;
  return [...own, ...Object.entries(value).flatMap(([key, part]) => ofField(rules, key, part, place))];
}

function ofField(rules: Schema, key: string, value: unknown, place: string): readonly string[] {
  const field = rules.properties?.[key] ?? rules.additionalProperties;
  if (field !== undefined) return complaintsOf(field, value, `${place}.${key}`);
  return place === '' ? [] : [`${place}.${key}: is not known`];
}

function ownComplaints(rules: Schema, value: unknown): readonly string[] {
  if (typeof value === 'string') return stringComplaints(rules, value);
  if (typeof value === 'number') return numberComplaints(rules, value);
  if (Array.isArray(value)) {
    const { maxItems = Number.POSITIVE_INFINITY, minItems = 0 } = rules;
    return value.length > maxItems || value.length < minItems ? [`has ${value.length} items`] : typed(rules, 'array');
  }
  if (typeof value === 'boolean') return typed(rules, 'boolean');
  if (typeof value !== 'object' || value === null) return [`is ${String(value)}`];
  const missing = (rules.required ?? []).filter((key) => !(key in value)).map((key) => `lacks ${key}`);
  const { maxProperties = Number.POSITIVE_INFINITY } = rules;
  const many = Object.keys(value).length > maxProperties ? ['has too many properties'] : [];
  return [...typed(rules, 'object'), ...missing, ...many];
}

function stringComplaints(rules: Schema, value: string): readonly string[] {
  const letters = Array.from(value).length;
  const { maxLength, minLength = 0 } = rules;
  if (maxLength === undefined && rules.enum === undefined) return ['has no bound'];
  if (letters > (maxLength ?? letters) || letters < minLength) return [`has ${letters} letters`];
  if (rules.enum !== undefined && !rules.enum.includes(value)) return [`is "${value}"`];
  if (rules.pattern !== undefined && !new RegExp(rules.pattern).test(value)) return [`does not match: ${value}`];
  return typed(rules, 'string');
}

function numberComplaints(rules: Schema, value: number): readonly string[] {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = rules;
  if (value < minimum || value > maximum) return [`is ${value}`];
  return typed(rules, Number.isInteger(value) ? 'integer' : 'number');
}

function typed(rules: Schema, type: string): readonly string[] {
  return rules.type === type ? [] : [`is of type ${type}, not ${rules.type}`];
}
