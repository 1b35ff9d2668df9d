// What the mesh reads from the cluster, parsed at the door: Services, EndpointSlices and Pods. Only the fields used.
import { z } from 'zod';
import { type Behaviour, behaviourSchema } from './control.ts';
import { type Workload, workloadOf } from './workload.ts';

/** A pod's template may choose its behaviour with this annotation, as JSON; the control interface overrides it. */
export const BEHAVIOUR_ANNOTATION = 'mesh.serin.dev/behaviour';

/** Or the behaviour of each image, a JSON object by image; so that `kubectl set image` alone makes a version bad. */
export const BEHAVIOURS_ANNOTATION = 'mesh.serin.dev/behaviours';

const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((found) => found ?? {});

/** The metadata fields that all kinds share. */
export const metadataSchema = z.object({
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  creationTimestamp: z.string(),
  labels,
  annotations: labels,
  ownerReferences: z
    .array(z.object({ kind: z.string(), name: z.string(), controller: z.boolean().optional() }))
    .optional(),
});

/** A Service: its place, its ports, and its age, since the oldest wins where only one can. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
  readonly createdAt: string;
  readonly ports: readonly number[];
}

/** Parses a Service. */
export const serviceSchema = z
  .object({
    metadata: metadataSchema,
    spec: z.object({ ports: z.array(z.object({ port: z.int() })).optional() }),
  })
  .transform(
    ({ metadata, spec }): Service => ({
      namespace: metadata.namespace,
      name: metadata.name,
      createdAt: metadata.creationTimestamp,
      ports: (spec.ports ?? []).map(({ port }) => port),
    }),
  );

/** One address of a slice that belongs to a pod. */
interface Endpoint {
  readonly pod: string;
  readonly ready: boolean;
}

/** An EndpointSlice: the pods behind one Service. */
export interface EndpointSlice {
  readonly namespace: string;
  readonly name: string;
  readonly service: string | undefined;
  readonly endpoints: readonly Endpoint[];
}

const endpointSchema = z.object({
  conditions: z.object({ ready: z.boolean().nullish() }).nullish(),
  targetRef: z.object({ kind: z.string().optional(), name: z.string().optional() }).nullish(),
});

/** Parses an EndpointSlice. Addresses that are no pod's are left out; an unsaid `ready` means ready (Kubernetes API). */
export const endpointSliceSchema = z
  .object({ metadata: metadataSchema, endpoints: z.array(endpointSchema).nullish() })
  .transform(
    ({ metadata, endpoints }): EndpointSlice => ({
      namespace: metadata.namespace,
      name: metadata.name,
      service: metadata.labels['kubernetes.io/service-name'],
      endpoints: (endpoints ?? []).flatMap(({ conditions, targetRef }) =>
        targetRef?.kind === 'Pod' && targetRef.name !== undefined
          ? [{ pod: targetRef.name, ready: conditions?.ready ?? true }]
          : [],
      ),
    }),
  );

/** A pod and who it is in telemetry. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  readonly running: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly workload: Workload;
  /** The image of its first container; empty when it has none. */
  readonly image: string;
  /** From its annotations; undefined when they say nothing of it. */
  readonly behaviour: Behaviour | undefined;
}

function annotationOf<T>(name: string, schema: z.ZodType<T>): z.ZodType<T, string> {
  return z.string().transform((text, context): T => {
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    const message = `annotation ${name} is not a behaviour: ${z.prettifyError(parsed.error)}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

const podAnnotations = z.object({
  [BEHAVIOUR_ANNOTATION]: annotationOf(BEHAVIOUR_ANNOTATION, behaviourSchema).optional(),
  [BEHAVIOURS_ANNOTATION]: annotationOf(BEHAVIOURS_ANNOTATION, z.record(z.string(), behaviourSchema)).optional(),
});

const podSpec = z.object({
  serviceAccountName: z.string().optional(),
  containers: z.array(z.object({ image: z.string().default('') })).default([]),
});

const podStatus = z.object({ podIP: z.string().optional(), phase: z.string().optional() }).optional();

/** Parses a Pod. */
export const podSchema = z
  .object({
    metadata: metadataSchema.extend({ annotations: podAnnotations.nullish() }),
    spec: podSpec,
    status: podStatus,
  })
  .transform(({ metadata, spec, status }): Pod => {
    const { namespace, name, labels, annotations } = metadata;
    const image = spec.containers[0]?.image ?? '';
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
    const serviceAccount = spec.serviceAccountName ?? 'default';
    return {
      namespace,
      name,
      uid: metadata.uid,
      ip: status?.podIP ?? '',
      running: status?.phase === 'Running',
      labels,
      workload: workloadOf({ namespace, name, labels, serviceAccount, owner }),
      image,
      behaviour: annotations?.[BEHAVIOUR_ANNOTATION] ?? annotations?.[BEHAVIOURS_ANNOTATION]?.[image],
    };
  });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
