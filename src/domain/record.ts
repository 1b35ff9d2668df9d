// A rollout as programs read it, over HTTP and from the command: stable keys, times as RFC 3339, steps counted from 1, and the words
// that people see.
import type { Answer, Approval, Given, Request } from './people.ts';
import { isFinal, type Rollout, type Version } from './rollout.ts';
import { type Display, displayOf, isPaused } from './status.ts';
import { formatInstant } from './time.ts';

/** A version with the images of its template. */
export interface VersionRecord extends Omit<Version, 'images'> {
  readonly images: string[];
}

/** A word that somebody gave. */
export interface GivenRecord extends Omit<Given, 'time'> {
  readonly time: string;
}

/** A word that is waited for, or that was given. */
export interface ApprovalRecord {
  readonly of: Approval['of'];
  readonly step: number;
  readonly askedAt: string;
  readonly expiresAt?: string;
  readonly given?: GivenRecord;
}

/** One rollout. The arrays are the reader's own. */
export interface RolloutRecord {
  readonly schema: 'serin.dev/rollout/v1';
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly createdAt: string;
  readonly target: string;
  readonly mode: Rollout['spec']['mode'];
  readonly attempt: number;
  readonly stable: VersionRecord;
  readonly canary: VersionRecord;
  readonly phase: Rollout['status']['phase'];
  readonly reason: string;
  readonly message: string;
  readonly paused: boolean;
  readonly step: number;
  readonly steps: number[];
  readonly weight: Rollout['status']['weight'];
  readonly finished: boolean;
  readonly finishedAt?: string;
  readonly cause?: string;
  readonly approval?: ApprovalRecord;
  /** Who let it go on in spite of freezes. */
  readonly freezeOverride?: GivenRecord;
  readonly verdicts: Rollout['status']['verdicts'][number][];
  readonly history: (Omit<Rollout['status']['history'][number], 'time'> & { readonly time: string })[];
  readonly requests: (Omit<Request, 'time'> & { readonly time: string })[];
  readonly answers: (Omit<Answer, 'time'> & { readonly time: string })[];
  readonly display: Record<string, string> & Display;
}

/** The record of a rollout as it stands. */
export function recordOf(rollout: Rollout): RolloutRecord {
  const { id, spec, status } = rollout;
  return {
    schema: 'serin.dev/rollout/v1',
    namespace: id.namespace,
    name: id.name,
    uid: rollout.uid,
    resourceVersion: rollout.resourceVersion,
    createdAt: formatInstant(rollout.createdAt),
    target: spec.target.name,
    mode: spec.mode,
    attempt: spec.attempt,
    stable: { ...spec.stable, images: [...spec.stable.images] },
    canary: { ...spec.canary, images: [...spec.canary.images] },
    phase: status.phase,
    reason: status.reason,
    message: status.message,
    paused: isPaused(spec, status),
    step: Math.min(status.step + 1, spec.plan.steps.length),
    steps: [...spec.plan.steps],
    weight: status.weight,
    ...endOf(rollout),
    ...(status.approval === undefined ? {} : { approval: approvalOf(status.approval) }),
    ...(status.freezeOverride === undefined ? {} : { freezeOverride: timed(status.freezeOverride) }),
    verdicts: [...status.verdicts],
    history: status.history.map((entry) => ({ ...timed(entry), step: entry.step + 1 })),
    requests: spec.requests.map(requestOf),
    answers: status.answers.map(timed),
    display: { ...displayOf(spec, status) },
  };
}

function endOf({ status }: Rollout): Pick<RolloutRecord, 'finished' | 'finishedAt' | 'cause'> {
  return {
    finished: isFinal(status.phase),
    ...(status.finishedAt === undefined ? {} : { finishedAt: formatInstant(status.finishedAt) }),
    ...(status.cause === undefined ? {} : { cause: status.cause }),
  };
}

function approvalOf({ of, step, askedAt, expiresAt, given }: Approval): ApprovalRecord {
  return {
    of,
    step: step + 1,
    askedAt: formatInstant(askedAt),
    ...(expiresAt === undefined ? {} : { expiresAt: formatInstant(expiresAt) }),
    ...(given === undefined ? {} : { given: timed(given) }),
  };
}

function requestOf({ step, ...request }: Request): RolloutRecord['requests'][number] {
  return { ...timed(request), ...(step === undefined ? {} : { step: step + 1 }) };
}

function timed<T extends { readonly time: number }>({ time, ...rest }: T): Omit<T, 'time'> & { readonly time: string } {
  return { ...rest, time: formatInstant(time) };
}
