// Every call of the API: the table that both the routes and the OpenAPI document are made from.
import type { z } from 'zod';
import { deploymentSchema, deploymentsSchema } from './deployment.ts';
import type { ProblemKind } from './problem.ts';
import {
  answeredSchema,
  askSchema,
  deploymentsQuerySchema,
  eventsQuerySchema,
  listQuerySchema,
  noQuerySchema,
  oneQuerySchema,
  oneSchema,
  pageSchema,
  placeSchema,
} from './schemas.ts';

/** What a call that succeeds is answered with. */
export interface Success {
  readonly status: 200 | 202;
  readonly description: string;
  /** Absent for a stream of events. */
  readonly schema?: z.ZodType;
}

/** One call. */
export interface Operation {
  readonly id: OperationId;
  readonly method: 'GET' | 'POST';
  /** With placeholders in braces. */
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: z.ZodType;
  readonly successes: readonly Success[];
  readonly problems: readonly ProblemKind[];
}

/** The requests, by the word in their path. */
export const asks = ['promote', 'abort', 'pause', 'resume', 'retry', 'approve'] as const;

export type Ask = (typeof asks)[number];

export type OperationId = 'listRollouts' | 'readRollout' | 'readEvents' | 'listDeployments' | 'readDeployment' | Ask;

const always = ['unauthenticated', 'forbidden', 'too-many-requests', 'internal', 'unavailable'] as const;
const onePath = '/v1/rollouts/{namespace}/{name}';

const readers: readonly Operation[] = [
  reading({
    id: 'listRollouts',
    path: '/v1/rollouts',
    summary: 'Rollouts, newest first. Takes the right to list.',
    query: listQuerySchema,
    success: { description: 'One page.', schema: pageSchema },
  }),
  reading({
    id: 'readRollout',
    path: onePath,
    summary: 'One rollout, at once or when it has come as far as is wanted. Takes the right to get.',
    params: placeSchema,
    query: oneQuerySchema,
    success: {
      description: 'The rollout as it is. With waitFor also when the time is over: look at reached and finished.',
      schema: oneSchema,
    },
    waits: true,
  }),
  reading({
    id: 'readEvents',
    path: `${onePath}/events`,
    summary: 'The rollout at every change, as server-sent events. Takes the right to get.',
    params: placeSchema,
    query: eventsQuerySchema,
    headers: { 'Last-Event-ID': 'The id of the event that was seen last: its resourceVersion.' },
    success: {
      description: 'Events `rollout` with a Rollout as data, `gone` when it is no more, and comments in between.',
    },
    waits: true,
  }),
  reading({
    id: 'listDeployments',
    path: '/v1/deployments',
    summary: 'Deployments that ask to be managed, by name. Takes the right to list rollouts.',
    query: deploymentsQuerySchema,
    success: { description: 'All of them.', schema: deploymentsSchema },
  }),
  reading({
    id: 'readDeployment',
    path: '/v1/deployments/{namespace}/{name}',
    summary: 'One Deployment, as far as its rollouts go. Takes the right to get rollouts.',
    params: placeSchema,
    query: noQuerySchema,
    success: { description: 'The Deployment as it is.', schema: deploymentSchema },
  }),
];

/** A call that changes nothing. */
interface Reader extends Omit<Operation, 'method' | 'successes' | 'problems'> {
  readonly success: Omit<Success, 'status'>;
  /** Whether it may take its time, so that there is only room for so many at once. */
  readonly waits?: true;
}

function reading({ success, waits, ...operation }: Reader): Operation {
  return {
    ...operation,
    method: 'GET',
    successes: [{ status: 200, ...success }],
    problems: ['bad-request', 'not-found', ...(waits === undefined ? [] : (['busy'] as const)), ...always],
  };
}

const summaries: Readonly<Record<Ask, string>> = {
  promote: 'Leave the step, or with full every remaining one. No request overrides a failing gate.',
  abort: 'Go back to stable, up to the last bake.',
  pause: 'Hold forward moves; a failing gate still rolls back.',
  resume: 'Let a paused rollout go on. Takes the right to pause.',
  retry: 'Begin a new attempt of a rollout that was rolled back, or go on with a held one.',
  approve: 'Approve what the rollout waits for.',
};

function asking(ask: Ask): Operation {
  return {
    id: ask,
    method: 'POST',
    path: `${onePath}/${ask}`,
    summary: summaries[ask],
    params: placeSchema,
    query: noQuerySchema,
    body: askSchema,
    successes: [
      { status: 200, description: 'It was done, now or before.', schema: answeredSchema },
      { status: 202, description: 'It is written and will be answered.', schema: answeredSchema },
    ],
    problems: ['bad-request', 'not-found', 'refused', 'id-taken', 'too-large', 'not-json', ...always],
  };
}

/** Every call that takes a token. */
export const operations: readonly Operation[] = [...readers, ...asks.map(asking)];
