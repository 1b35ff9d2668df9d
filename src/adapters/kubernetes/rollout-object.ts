// A CanaryRollout as the API server stores it: instants as RFC 3339, durations and shares as people write them.
import { z } from 'zod';
import { cleanUps, phases, stages, verbs } from '../../domain/rollout.ts';
import { metadataSchema } from './metadata.ts';
import { numbersSchema } from './numbers-codec.ts';

/** Group, version and kind. */
export const rolloutKind = { apiVersion: 'serin.dev/v1alpha1', kind: 'CanaryRollout' } as const;

/** Keeps a rollout from going before its route is restored. */
export const restoreFinalizer = 'serin.dev/restore';

/** Most requests that one rollout takes. */
export const mostRequests = 20;

const instant = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .pipe(z.number());

const version = z.object({
  workload: z.string(),
  hash: z.string(),
  images: z.array(z.string()).default([]),
});

const gate = z.object({
  name: z.string(),
  query: z.string().exactOptional(),
  min: z.number().exactOptional(),
  max: z.number().exactOptional(),
  compare: z
    .object({
      canary: z.string(),
      stable: z.string(),
      maxRatio: z.number().exactOptional(),
      maxIncrease: z.number().exactOptional(),
    })
    .exactOptional(),
  onNoData: z.string(),
  shadow: z.boolean(),
  window: z.string(),
  interval: z.string().exactOptional(),
  failures: z.number(),
});

const plan = z.object({
  steps: z.array(z.number()),
  bake: z.string(),
  maxBake: z.string(),
  errorMargin: z.string(),
  maxErrorRate: z.string().exactOptional(),
  maxLatency: z.string().exactOptional(),
  minRequests: z.number(),
  onUndecided: z.string(),
  analysis: z.string(),
  maxUnmeshed: z.string().exactOptional(),
  falseRollback: z.string().exactOptional(),
  testers: z.string().exactOptional(),
  gates: z.array(gate).exactOptional(),
});

const request = z.object({
  id: z.string(),
  verb: z.enum(verbs),
  step: z.number().exactOptional(),
  actor: z.string(),
  surface: z.string(),
  reason: z.string().exactOptional(),
  time: instant,
});

const spec = z.object({
  mode: z.enum(['pair', 'managed']),
  target: z.object({ name: z.string(), uid: z.string() }),
  stable: version,
  canary: version,
  attempt: z.number(),
  takesOver: z.string().exactOptional(),
  plan,
  route: z
    .object({
      namespace: z.string().exactOptional(),
      object: z.string().exactOptional(),
      section: z.string().exactOptional(),
    })
    .default({}),
  requests: z.array(request).default([]),
  paused: z.boolean().default(false),
  abort: z.boolean().default(false),
});

const destination = z.object({
  host: z.string(),
  subset: z.string().exactOptional(),
  port: z.number().exactOptional(),
});

const route = z.object({
  namespace: z.string(),
  name: z.string(),
  protocol: z.enum(['http', 'tls', 'tcp']),
  section: z.string().exactOptional(),
  stable: destination,
  canary: destination,
  original: z.object({ stable: z.number().exactOptional(), canary: z.number().exactOptional() }).default({}),
  services: z.array(z.string()).default([]),
});

const lanes = z.object({
  target: z.string(),
  namespace: z.string(),
  hosts: z.array(z.string()),
  objects: z.array(z.object({ namespace: z.string(), name: z.string(), made: z.boolean() })),
  originals: z
    .array(
      z.object({
        object: z.string(),
        protocol: z.enum(['http', 'tls', 'tcp']),
        section: z.string().exactOptional(),
        index: z.number(),
        host: z.string(),
        subset: z.string().exactOptional(),
        port: z.number().exactOptional(),
        weight: z.number().exactOptional(),
        alone: z.boolean(),
      }),
    )
    .default([]),
  names: z.object({ stable: z.string().exactOptional(), canary: z.string() }),
  made: z
    .array(z.object({ kind: z.enum(['DestinationRule', 'Deployment']), namespace: z.string(), name: z.string() }))
    .default([]),
  testers: z.string().exactOptional(),
});

const warrantKind = z.enum(['start', 'pass', 'time', 'person', 'undecided']);
const warrant = z.object({ kind: warrantKind, step: z.number(), message: z.string() });

const verdict = z.object({
  gate: z.string(),
  verdict: z.enum(['pass', 'fail', 'undecided', 'noData', 'sourceDown']),
  reason: z.string(),
  message: z.string(),
  query: z.string().exactOptional(),
  numbers: numbersSchema.exactOptional(),
  shadow: z.literal(true).exactOptional(),
});

const evidence = z.object({
  schema: z.literal(1),
  through: instant,
  stepStart: instant,
  gates: z.record(z.string(), z.object({ version: z.number(), state: z.unknown().default(null) })).default({}),
});

const historyEntry = z.object({
  time: instant,
  phase: z.enum(phases),
  step: z.number(),
  weight: z.number(),
  warrant: warrantKind.exactOptional(),
  message: z.string(),
});

const answer = z.object({
  id: z.string(),
  outcome: z.enum(['done', 'refused', 'repeated']),
  message: z.string(),
  time: instant,
});

const condition = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string(),
  message: z.string(),
  lastTransitionTime: z.string(),
});

const status = z.object({
  phase: z.enum(phases),
  step: z.number(),
  epoch: z.number(),
  weight: z.object({ intended: z.number(), observed: z.number().exactOptional() }),
  since: instant,
  writtenAt: instant.exactOptional(),
  bakeSince: instant.exactOptional(),
  cleanUp: z.enum(cleanUps).exactOptional(),
  stage: z.enum(stages).exactOptional(),
  route: route.exactOptional(),
  lanes: lanes.exactOptional(),
  promotedHash: z.string().exactOptional(),
  warrant: warrant.exactOptional(),
  cause: z.enum(['gate', 'health', 'person', 'superseded', 'stableChanged', 'deadline', 'undecided']).exactOptional(),
  fullWarrant: warrant.exactOptional(),
  pausedBy: z.string().exactOptional(),
  verdicts: z.array(verdict).default([]),
  evidence: evidence.exactOptional(),
  checkpointAt: instant,
  corrections: z.number().default(0),
  stalled: z.object({ reason: z.string(), message: z.string() }).exactOptional(),
  history: z.array(historyEntry).default([]),
  answers: z.array(answer).default([]),
  reason: z.string(),
  message: z.string(),
  due: instant.exactOptional(),
  finishedAt: instant.exactOptional(),
});

/** Parses a stored object except for its status, which a new object has none of. */
export const rolloutObjectSchema = z.object({ metadata: metadataSchema, spec, status: z.unknown().optional() });

/** Parses a status that was written by Serin. */
export const statusSchema = status;

/** Parses the conditions of any object that has some; other entries are dropped. */
export const conditionsSchema = z
  .looseObject({ conditions: z.array(condition).catch([]) })
  .transform(({ conditions }) => conditions)
  .catch([]);

/** A spec as it is stored, before parsing. */
export type StoredSpec = z.input<typeof spec>;

/** A status as it is stored, before parsing. */
export type StoredStatus = z.input<typeof status>;

/** A plan as it is stored. */
export type StoredPlan = z.infer<typeof plan>;

/** A condition as it is stored. */
export type StoredCondition = z.infer<typeof condition>;
