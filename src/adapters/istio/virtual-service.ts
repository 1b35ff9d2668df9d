// VirtualServices as Serin reads them: the few fields it looks at, with everything else kept as it came.
import { z } from 'zod';
import type { Destination, Route } from '../../domain/rollout.ts';

const destinationSchema = z.looseObject({
  host: z.string(),
  subset: z.string().optional(),
  port: z.looseObject({ number: z.int().optional() }).optional(),
});

const weightedSchema = z.looseObject({ destination: destinationSchema, weight: z.int().optional() });

const ruleSchema = z.looseObject({
  name: z.string().optional(),
  route: z.array(weightedSchema).default([]),
  fault: z.unknown().optional(),
});

const managedFieldsSchema = z.looseObject({
  manager: z.string().optional(),
  apiVersion: z.string().optional(),
  time: z.string().optional(),
  fieldsV1: z.record(z.string(), z.unknown()).optional(),
});

/** Parses a VirtualService of networking.istio.io. Owes an object of the API server, which always has a version. */
export const virtualServiceSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string(),
    resourceVersion: z.string(),
    annotations: z.record(z.string(), z.string()).optional(),
    managedFields: z.array(managedFieldsSchema).default([]),
  }),
  spec: z
    .looseObject({
      http: z.array(ruleSchema).default([]),
      tls: z.array(ruleSchema).default([]),
      tcp: z.array(ruleSchema).default([]),
    })
    .prefault({}),
});

/** A VirtualService as read; unknown fields are kept. Without hosts it is a delegate, and is treated no differently. */
export type VirtualService = z.output<typeof virtualServiceSchema>;

type Weighted = z.output<typeof weightedSchema>;

/** A destination within a route. */
export interface Target {
  /** Its place in the route, from 0. */
  readonly index: number;
  readonly destination: Destination;
  /** The destination as it is written, unknown fields included. */
  readonly written: unknown;
  /** Null where the field is absent. */
  readonly weight: number | null;
}

/** A route within a VirtualService. */
export interface Rule {
  readonly protocol: Route['protocol'];
  /** Its place in the list of its protocol, from 0. */
  readonly index: number;
  /** Only http routes have names, and not all of them. */
  readonly name?: string;
  /** Whether it injects faults. */
  readonly faulty: boolean;
  readonly targets: readonly Target[];
}

const protocols = ['http', 'tls', 'tcp'] as const;

/** Every route of a VirtualService: http, then tls, then tcp, each in the order written. */
export function rulesOf(object: VirtualService): readonly Rule[] {
  return protocols.flatMap((protocol) =>
    object.spec[protocol].map((rule, index) => ({
      protocol,
      index,
      ...(protocol === 'http' && rule.name !== undefined && rule.name !== '' ? { name: rule.name } : {}),
      faulty: rule.fault !== undefined,
      targets: rule.route.map(targetOf),
    })),
  );
}

function targetOf({ destination, weight }: Weighted, index: number): Target {
  const { host, subset, port } = destination;
  const named = {
    host,
    ...(subset === undefined || subset === '' ? {} : { subset }),
    ...(port?.number === undefined ? {} : { port: port.number }),
  };
  return { index, destination: named, written: destination, weight: weight ?? null };
}

/** The weight a destination among several has: one left out counts as 0 (istio.io/api, RouteDestination.weight). */
export function effectiveWeight(target: Target): number {
  return target.weight ?? 0;
}

/** An object's place as people write it: `namespace/name`. */
export function placeOf(object: VirtualService): string {
  return `${object.metadata.namespace}/${object.metadata.name}`;
}
