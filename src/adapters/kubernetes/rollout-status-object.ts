// The status of a CanaryRollout as the API server stores it: instants as RFC 3339.
import { z } from 'zod';
import { happenings } from '../../domain/happening.ts';
import { cleanUps, phases, stages } from '../../domain/rollout.ts';
import { numbersSchema } from './numbers-codec.ts';

const instant = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .pipe(z.number());

const weight = z.object({ intended: z.number(), observed: z.number().exactOptional() });

const claim = z.object({ by: z.string(), until: instant, posting: z.literal(true).exactOptional() });

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

const given = z.object({ by: z.string(), surface: z.string(), time: instant, reason: z.string().exactOptional() });

const approval = z.object({
  of: z.enum(['start', 'step']),
  step: z.number(),
  askedAt: instant,
  expiresAt: instant.exactOptional(),
  remindedAt: instant.exactOptional(),
  warrant: warrant.exactOptional(),
  given: given.exactOptional(),
});

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

const outboxEntry = z.object({
  key: z.string(),
  time: instant,
  to: z.enum(['nobody', 'thread', 'channel']),
  message: z.string(),
});

const told = z.object({
  channel: z.string(),
  ts: z.string().exactOptional(),
  shown: z.string().exactOptional(),
  claim: claim.exactOptional(),
});

const cursor = z.object({
  told: z.number(),
  at: z.string().exactOptional(),
  claim: claim.exactOptional(),
});

const mail = z.object({
  letters: z
    .array(
      z.object({
        number: z.number(),
        time: instant,
        event: z.enum(happenings),
        phase: z.enum(phases),
        step: z.number(),
        weight,
        reason: z.string(),
        message: z.string(),
      }),
    )
    .default([]),
  next: z.number(),
  webhook: cursor.exactOptional(),
  github: cursor.exactOptional(),
});

const condition = z.object({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string(),
  message: z.string(),
  lastTransitionTime: z.string(),
});

/** Parses a status that was written by Serin. */
export const statusSchema = z.object({
  phase: z.enum(phases),
  step: z.number(),
  epoch: z.number(),
  weight,
  since: instant,
  writtenAt: instant.exactOptional(),
  bakeSince: instant.exactOptional(),
  cleanUp: z.enum(cleanUps).exactOptional(),
  stage: z.enum(stages).exactOptional(),
  route: route.exactOptional(),
  lanes: lanes.exactOptional(),
  promotedHash: z.string().exactOptional(),
  warrant: warrant.exactOptional(),
  cause: z
    .enum(['gate', 'health', 'person', 'superseded', 'stableChanged', 'deadline', 'undecided', 'approval'])
    .exactOptional(),
  fullWarrant: warrant.exactOptional(),
  pausedBy: z.string().exactOptional(),
  approval: approval.exactOptional(),
  freezeOverride: given.exactOptional(),
  verdicts: z.array(verdict).default([]),
  evidence: evidence.exactOptional(),
  checkpointAt: instant,
  corrections: z.number().default(0),
  stalled: z.object({ reason: z.string(), message: z.string() }).exactOptional(),
  history: z.array(historyEntry).default([]),
  answers: z.array(answer).default([]),
  outbox: z.array(outboxEntry).exactOptional(),
  slack: told.exactOptional(),
  mail: mail.exactOptional(),
  reason: z.string(),
  message: z.string(),
  due: instant.exactOptional(),
  finishedAt: instant.exactOptional(),
});

/** Parses the conditions of any object that has some; other entries are dropped. */
export const conditionsSchema = z
  .looseObject({ conditions: z.array(condition).catch([]) })
  .transform(({ conditions }) => conditions)
  .catch([]);

/** A status as it is stored, before parsing. */
export type StoredStatus = z.input<typeof statusSchema>;

/** A status as it was parsed. */
export type ParsedStatus = z.output<typeof statusSchema>;

/** A condition as it is stored. */
export type StoredCondition = z.infer<typeof condition>;
