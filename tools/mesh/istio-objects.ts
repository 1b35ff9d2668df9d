// VirtualServices and DestinationRules as the mesh reads them, parsed at the door. Fields that play no part in choosing
// a destination (retries, timeouts, faults, mirrors, connection pools) are not read.
import { z } from 'zod';
import { metadataSchema } from './objects.ts';

/** How one string is compared. None of the three means: present. */
export interface StringMatch {
  readonly exact?: string | undefined;
  readonly prefix?: string | undefined;
  readonly regex?: string | undefined;
}

const stringMatch = z.object({
  exact: z.string().optional(),
  prefix: z.string().optional(),
  regex: z.string().optional(),
});
const headerMatches = z.record(z.string(), stringMatch).default({});

const requestMatch = z.object({
  uri: stringMatch.optional(),
  method: stringMatch.optional(),
  authority: stringMatch.optional(),
  headers: headerMatches,
  withoutHeaders: headerMatches,
  queryParams: headerMatches,
  port: z.int().optional(),
  sourceNamespace: z.string().optional(),
  sourceLabels: z.record(z.string(), z.string()).default({}),
  gateways: z.array(z.string()).default([]),
});

/** One condition of an http route; all its parts must hold. */
export type RequestMatch = Readonly<z.output<typeof requestMatch>>;

const weightedDestination = z.object({
  destination: z.object({
    host: z.string(),
    subset: z.string().optional(),
    port: z.object({ number: z.int().optional() }).optional(),
  }),
  weight: z.int().default(0),
});

const httpRule = z.object({
  match: z.array(requestMatch).default([]),
  route: z.array(weightedDestination).default([]),
  delegate: z.object({ name: z.string(), namespace: z.string().optional() }).optional(),
  redirect: z.object({ redirectCode: z.int().default(301) }).optional(),
  directResponse: z.object({ status: z.int() }).optional(),
});

/** One http route: its conditions (any may hold; none means always) and where it leads. */
export type HttpRule = Readonly<z.output<typeof httpRule>>;

/** A destination of a route with its relative weight. */
export type WeightedDestination = HttpRule['route'][number];

const exportTo = z
  .array(z.string())
  .default([])
  .transform((targets) => (targets.length === 0 ? ['*'] : targets.toSorted()));

/** A VirtualService. Without hosts it is a delegate, which others may point at. */
export interface VirtualService {
  readonly namespace: string;
  readonly name: string;
  readonly createdAt: string;
  readonly hosts: readonly string[];
  readonly gateways: readonly string[];
  readonly exportTo: readonly string[];
  readonly http: readonly HttpRule[];
}

/** Parses a VirtualService. */
export const virtualServiceSchema = z
  .object({
    metadata: metadataSchema,
    spec: z
      .object({
        hosts: z.array(z.string()).default([]),
        gateways: z.array(z.string()).default([]),
        exportTo,
        http: z.array(httpRule).default([]),
      })
      .prefault({}),
  })
  .transform(({ metadata, spec }): VirtualService => ({ ...place(metadata), ...spec }));

/** A DestinationRule: the subsets of one host. */
export interface DestinationRule {
  readonly namespace: string;
  readonly name: string;
  readonly createdAt: string;
  readonly host: string;
  readonly exportTo: readonly string[];
  readonly subsets: readonly Subset[];
  /** Meant for some client workloads only; virtual clients are never among them. */
  readonly selective: boolean;
}

/** A named part of a host's pods. */
export interface Subset {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Parses a DestinationRule. */
export const destinationRuleSchema = z
  .object({
    metadata: metadataSchema,
    spec: z.object({
      host: z.string(),
      exportTo,
      subsets: z
        .array(z.object({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) }))
        .default([]),
      workloadSelector: z.unknown().optional(),
    }),
  })
  .transform(
    ({ metadata, spec }): DestinationRule => ({
      ...place(metadata),
      host: spec.host,
      exportTo: spec.exportTo,
      subsets: spec.subsets,
      selective: spec.workloadSelector !== undefined,
    }),
  );

/** Orders by age, then by name: where Istio lets only one object count, it is the first in this order. */
export function byAge(
  a: { readonly createdAt: string; readonly name: string; readonly namespace: string },
  b: { readonly createdAt: string; readonly name: string; readonly namespace: string },
): number {
  return compare(a.createdAt, b.createdAt) || compare(`${a.name}.${a.namespace}`, `${b.name}.${b.namespace}`);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function place(metadata: z.output<typeof metadataSchema>): { namespace: string; name: string; createdAt: string } {
  return { namespace: metadata.namespace, name: metadata.name, createdAt: metadata.creationTimestamp };
}
