// Building blocks of the schemas: what may be left out has a value all the same, so that nothing inside asks twice.
import { z } from 'zod';

/** A field that may be absent or null, and what it then is. */
export function orElse<T extends z.ZodType>(schema: T, absent: NonNullable<z.output<T>>) {
  return schema.nullish().transform((value) => value ?? absent);
}

/** Several words. */
export const texts = orElse(z.array(z.string()), []);
/** Labels or annotations. */
export const labels = orElse(z.record(z.string(), z.string()), {});
/** A word; an absent one is empty. */
export const text = orElse(z.string(), '');
/** A number; an absent one is 0. */
export const count = orElse(z.number(), 0);

/** A list; an absent one is empty. */
export function listOf<T extends z.ZodType>(item: T) {
  return orElse(z.array(item), []);
}

/** What every object says of itself. */
export const metadata = z.object({
  name: z.string(),
  namespace: text,
  uid: text,
  creationTimestamp: text,
  labels,
  annotations: labels,
  ownerReferences: listOf(z.object({ kind: z.string(), name: z.string(), uid: z.string() })),
  managedFields: listOf(z.object({ manager: text })),
});

/** What chooses objects by their labels: equality and set expressions. */
export const selector = z.object({
  matchLabels: labels,
  matchExpressions: listOf(z.object({ key: z.string(), operator: z.string(), values: texts })),
});

/** Amounts by resource, as they are written. */
export function quantities() {
  return orElse(z.record(z.string(), z.union([z.string(), z.number()]).transform(String)), {});
}

export type Selector = z.output<typeof selector>;
export type Labels = Readonly<Record<string, string>>;
export type Metadata = z.output<typeof metadata>;
