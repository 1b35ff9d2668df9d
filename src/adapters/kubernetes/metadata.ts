// What every object of a cluster has, and how a kind is asked for whole or by its metadata alone.
import { z } from 'zod';
import type { Instant } from '../../domain/time.ts';

const texts = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});

const ownerReference = z.object({
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
});

/** The metadata of an object, as far as it is used. */
export const metadataSchema = z.object({
  namespace: z.string().default(''),
  name: z.string(),
  uid: z.string().default(''),
  resourceVersion: z.string(),
  generation: z.number().default(0),
  creationTimestamp: z
    .string()
    .nullish()
    .transform((value) => instantOf(value)),
  deletionTimestamp: z.string().nullish(),
  annotations: texts,
  labels: texts,
  finalizers: z
    .array(z.string())
    .nullish()
    .transform((value) => value ?? []),
  ownerReferences: z
    .array(ownerReference)
    .nullish()
    .transform((value) => value ?? []),
});

/** An object of which only the metadata matter. */
export const objectSchema = z.object({ metadata: metadataSchema });

/** The metadata of an object. */
export type Metadata = z.output<typeof metadataSchema>;

/** A collection that is followed, and how one of its objects is read. */
export interface Followed<T> {
  /** The collection's path under the API server. */
  readonly path: string;
  /** Whether the API server is to send the metadata alone, which is a tenth of the bytes. */
  readonly metadataOnly: boolean;
  /** Reads one object; undefined leaves it out, and so does an error, which is told. */
  readonly read: (object: unknown) => T | undefined;
}

const partial = (kind: string): string => `application/json;as=${kind};g=meta.k8s.io;v=v1, application/json`;

/** Asks for a list of metadata. */
export const metadataList = partial('PartialObjectMetadataList');

/** Asks for the metadata of one object, or for a watch of metadata. */
export const metadataAlone = partial('PartialObjectMetadata');

/** A point in time as the API server writes it; 0 when it is none. */
export function instantOf(text: string | null | undefined): Instant {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? 0 : at;
}
