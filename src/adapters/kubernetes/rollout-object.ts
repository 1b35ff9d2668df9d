// A CanaryRollout as the API server stores it, its status aside: durations and shares as people write them.
import { z } from 'zod';
import { verbs } from '../../domain/people.ts';
import { instantOf, metadataSchema } from './metadata.ts';

/** Group, version and kind. */
export const rolloutKind = { apiVersion: 'serin.dev/v1alpha1', kind: 'CanaryRollout' } as const;

/** Keeps a rollout from going before its route is restored. */
export const restoreFinalizer = 'serin.dev/restore';

/** Most requests that one rollout takes. */
export const mostRequests = 20;

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
  slackChannel: z.string().exactOptional(),
  webhook: z.string().exactOptional(),
  github: z.string().exactOptional(),
  githubRef: z.string().exactOptional(),
  approval: z.string().exactOptional(),
  approvalTimeout: z.string().exactOptional(),
  onApprovalTimeout: z.string().exactOptional(),
  approvalByAuthor: z.string().exactOptional(),
  author: z.string().exactOptional(),
  gates: z.array(gate).exactOptional(),
});

const request = z.object({
  id: z.string(),
  verb: z.enum(verbs),
  step: z.number().exactOptional(),
  actor: z.string(),
  surface: z.string(),
  reason: z.string().exactOptional(),
  overrideFreeze: z.literal(true).exactOptional(),
  // Written by people too: no text of theirs is to make the rollout unreadable.
  time: z.string().transform(instantOf),
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

/** Parses a stored object except for its status, which a new object has none of. */
export const rolloutObjectSchema = z.object({ metadata: metadataSchema, spec, status: z.unknown().optional() });

/** A spec as it is stored, before parsing. */
export type StoredSpec = z.input<typeof spec>;

/** A plan as it is stored. */
export type StoredPlan = z.infer<typeof plan>;
