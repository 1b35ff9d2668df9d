// Between a rollout as a value and as a stored object.
import { z } from 'zod';
import type { Evidence } from '../../domain/evidence.ts';
import type { Lanes } from '../../domain/lanes.ts';
import type { Approval, Given, Request } from '../../domain/people.ts';
import type { Rollout, RolloutId, RolloutSpec, RolloutStatus, Route, Told } from '../../domain/rollout.ts';
import { formatInstant, type Instant } from '../../domain/time.ts';
import type { GateVerdict } from '../../domain/verdict.ts';
import { readMail, writeMail } from './mail-codec.ts';
import type { Metadata } from './metadata.ts';
import { writeNumbers } from './numbers-codec.ts';
import { readPlan, writePlan } from './plan-codec.ts';
import { rolloutObjectSchema, type StoredSpec } from './rollout-object.ts';
import { type ParsedStatus, type StoredStatus, statusSchema } from './rollout-status-object.ts';
import { readWeight, writeClaim, writeWeight } from './status-parts.ts';

/**
 * Reads a stored object. One without a phase was created and not yet written to: it is pending since its creation. Throws, naming
 * the object and the field, when it holds something that is no rollout.
 */
export function readRollout(object: unknown): Rollout {
  const parsed = rolloutObjectSchema.safeParse(object);
  if (!parsed.success) throw unreadable(object, parsed.error);
  const { metadata, spec, status } = parsed.data;
  return {
    id: { namespace: metadata.namespace, name: metadata.name },
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    generation: metadata.generation,
    createdAt: metadata.creationTimestamp,
    deleting: metadata.deletionTimestamp !== undefined && metadata.deletionTimestamp !== null,
    spec: { ...spec, plan: readPlan(spec.plan) },
    status: isWritten(status) ? readStatus(object, status) : unwritten(metadata),
  };
}

function isWritten(status: unknown): boolean {
  return typeof status === 'object' && status !== null && 'phase' in status;
}

function readStatus(object: unknown, stored: unknown): RolloutStatus {
  const parsed = statusSchema.safeParse(stored);
  if (!parsed.success) throw unreadable(object, parsed.error);
  const { weight, route, lanes, verdicts, mail, ...others } = parsed.data;
  return {
    ...others,
    weight: readWeight(weight),
    verdicts: verdicts as readonly GateVerdict[],
    ...(route === undefined ? {} : { route: readRoute(route) }),
    ...(lanes === undefined ? {} : { lanes: readLanes(lanes) }),
    ...(mail === undefined ? {} : { mail: readMail(mail) }),
  };
}

function readRoute(route: NonNullable<ParsedStatus['route']>): Route {
  const { stable, canary } = route.original;
  return { ...route, original: { stable: stable ?? null, canary: canary ?? null } };
}

function readLanes(lanes: NonNullable<ParsedStatus['lanes']>): Lanes {
  const originals = lanes.originals.map((original) => ({ ...original, weight: original.weight ?? null }));
  return { kind: 'lanes', ...lanes, originals };
}

function unwritten({ creationTimestamp: created }: Metadata): RolloutStatus {
  return {
    phase: 'pending',
    step: 0,
    epoch: 0,
    weight: { intended: 0, observed: null },
    since: created,
    verdicts: [],
    checkpointAt: created,
    corrections: 0,
    history: [],
    answers: [],
    reason: 'Pending',
    message: 'Looking whether anything stands in the way.',
    due: created,
  };
}

function unreadable(object: unknown, error: z.ZodError): Error {
  const named = z.object({ metadata: z.object({ namespace: z.string(), name: z.string() }) }).safeParse(object);
  const where = named.success ? `${named.data.metadata.namespace}/${named.data.metadata.name}` : 'without a name';
  return new Error(`CanaryRollout ${where} cannot be read: ${z.prettifyError(error)}`);
}

/** A spec as it is stored. */
export function writeSpec(spec: RolloutSpec): StoredSpec {
  return {
    mode: spec.mode,
    target: spec.target,
    stable: writeVersion(spec.stable),
    canary: writeVersion(spec.canary),
    attempt: spec.attempt,
    ...(spec.takesOver === undefined ? {} : { takesOver: spec.takesOver }),
    plan: writePlan(spec.plan),
    route: { ...spec.route },
    requests: spec.requests.map(writeRequest),
    paused: spec.paused,
    abort: spec.abort,
  };
}

/** A version shows at most eight images. */
function writeVersion({ workload, hash, images }: RolloutSpec['stable']): StoredSpec['stable'] {
  return { workload, hash, images: images.slice(0, 8).map((image) => image.slice(0, 256)) };
}

/** A request as it is stored. */
export function writeRequest(request: Request): NonNullable<StoredSpec['requests']>[number] {
  return { ...request, time: formatInstant(request.time) };
}

/** A status as it is stored, whatever its size. */
export function writeStatus(status: RolloutStatus): StoredStatus {
  const { since, writtenAt, bakeSince, checkpointAt, due, finishedAt, weight, route, lanes, evidence, ...rest } =
    status;
  const { outbox, slack, mail, approval, freezeOverride, ...others } = rest;
  return {
    ...others,
    weight: writeWeight(weight),
    since: formatInstant(since),
    ...optionalInstant('writtenAt', writtenAt),
    ...optionalInstant('bakeSince', bakeSince),
    checkpointAt: formatInstant(checkpointAt),
    ...optionalInstant('due', due),
    ...optionalInstant('finishedAt', finishedAt),
    ...(route === undefined ? {} : { route: writeRoute(route) }),
    ...(lanes === undefined ? {} : { lanes: writeLanes(lanes) }),
    ...(evidence === undefined ? {} : { evidence: writeEvidence(evidence) }),
    ...(outbox === undefined ? {} : { outbox: outbox.map((entry) => ({ ...entry, time: formatInstant(entry.time) })) }),
    ...(slack === undefined ? {} : { slack: writeTold(slack) }),
    ...(mail === undefined ? {} : { mail: writeMail(mail) }),
    ...(approval === undefined ? {} : { approval: writeApproval(approval) }),
    ...(freezeOverride === undefined ? {} : { freezeOverride: writeGiven(freezeOverride) }),
    verdicts: status.verdicts.map(writeVerdict),
    history: status.history.map((entry) => ({ ...entry, time: formatInstant(entry.time) })),
    answers: status.answers.map((answer) => ({ ...answer, time: formatInstant(answer.time) })),
  };
}

function writeApproval({ askedAt, expiresAt, remindedAt, given, ...approval }: Approval): StoredApproval {
  return {
    ...approval,
    askedAt: formatInstant(askedAt),
    ...optionalInstant('expiresAt', expiresAt),
    ...optionalInstant('remindedAt', remindedAt),
    ...(given === undefined ? {} : { given: writeGiven(given) }),
  };
}

type StoredApproval = NonNullable<StoredStatus['approval']>;

function writeGiven(given: Given): NonNullable<StoredApproval['given']> {
  return { ...given, time: formatInstant(given.time) };
}

function writeTold({ claim, ...told }: Told): NonNullable<StoredStatus['slack']> {
  return { ...told, ...writeClaim(claim) };
}

function writeVerdict({ numbers, ...verdict }: GateVerdict): NonNullable<StoredStatus['verdicts']>[number] {
  return { ...verdict, ...(numbers === undefined ? {} : { numbers: writeNumbers(numbers) }) };
}

function writeRoute(route: Route): NonNullable<StoredStatus['route']> {
  const { stable, canary } = route.original;
  return {
    ...route,
    original: { ...(stable === null ? {} : { stable }), ...(canary === null ? {} : { canary }) },
    services: [...route.services],
  };
}

function writeLanes(found: Lanes): NonNullable<StoredStatus['lanes']> {
  const { kind: _, ...lanes } = found;
  return {
    ...lanes,
    hosts: [...lanes.hosts],
    objects: [...lanes.objects],
    made: [...lanes.made],
    originals: lanes.originals.map(({ weight, ...original }) => ({
      ...original,
      ...(weight === null ? {} : { weight }),
    })),
  };
}

function writeEvidence(evidence: Evidence): NonNullable<StoredStatus['evidence']> {
  const { schema, through, stepStart, gates } = evidence;
  return { schema, through: formatInstant(through), stepStart: formatInstant(stepStart), gates: { ...gates } };
}

function optionalInstant<Key extends string>(key: Key, at: Instant | undefined): { readonly [K in Key]?: string } {
  return at === undefined ? {} : ({ [key]: formatInstant(at) } as { readonly [K in Key]: string });
}

/** The path of a namespace's rollouts, or of all. */
export function rolloutsPath(namespace?: string): string {
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/apis/serin.dev/v1alpha1${within}/canaryrollouts`;
}

/** The path of one rollout. */
export function rolloutPath({ namespace, name }: RolloutId): string {
  return `${rolloutsPath(namespace)}/${encodeURIComponent(name)}`;
}
