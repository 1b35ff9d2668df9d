// What serin lint says of an object, and how it reads the objects.
import { isObject, type Manifest, type Path } from './manifests.ts';

/** One sentence about one line of a file. */
export interface Complaint {
  readonly line: number;
  readonly message: string;
}

/** Complains of the line at the path of an object, or so many letters into the text that stands there. */
export type At = (path: Path, message: string, offset?: number) => Complaint;

/** Annotations as they are read: every value a text. */
export function annotationsOf({ metadata }: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined;
  const entries = isObject(annotations) ? Object.entries(annotations) : [];
  return Object.fromEntries(entries.map(([key, value]) => [key, typeof value === 'string' ? value : String(value)]));
}

/** A field of the metadata; undefined where it is no text. */
export function nameOf({ value }: Manifest, field: 'name' | 'namespace'): string | undefined {
  const metadata = isObject(value['metadata']) ? value['metadata'] : {};
  const name = metadata[field];
  return typeof name === 'string' ? name : undefined;
}
