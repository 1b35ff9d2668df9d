// The HTTP API: calls from the table of operations, each behind the door, each answered with JSON or a problem.
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify, type RouteOptions } from 'fastify';
import type { Caller, Right } from '../../domain/permission.ts';
import { rightOf } from '../../domain/permission.ts';
import type { RolloutId } from '../../domain/rollout.ts';
import type { Millis } from '../../domain/time.ts';
import { askerOf } from './asking.ts';
import { askedOf, responseOf } from './asks.ts';
import { deployment, deployments } from './deployment.ts';
import { type Door, doorOf } from './door.ts';
import { answerWithProblem, clientError, nothingHere, problemOf } from './errors.ts';
import { find } from './finding.ts';
import { documentPath, openApiDocument } from './openapi.ts';
import { type Operation, type OperationId, operations } from './operations.ts';
import type { ApiParts } from './parts.ts';
import { places } from './places.ts';
import { parsed } from './problem.ts';
import { listed, one } from './reading.ts';
import {
  deploymentsQuerySchema,
  eventsQuerySchema,
  listQuerySchema,
  longestWaitMs,
  noQuerySchema,
  oneQuerySchema,
  placeSchema,
} from './schemas.ts';
import { sharedReads } from './shared-reads.ts';
import { stream } from './streams.ts';

/** Key and certificate in PEM. */
export interface Tls {
  readonly key: string;
  readonly cert: string;
}

/** A call that was let in. */
interface Call {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly caller: Caller;
  /** Aborts when the caller has gone, or the API ends. */
  readonly signal: AbortSignal;
}

type Answering = (call: Call) => Promise<unknown>;

const bodyLimit = 4_096;
const mostConnections = 1_000;

/** The API, not yet listening. It sets every time-out and logs no token. */
export function apiApp(given: ApiParts, tls?: Tls): FastifyInstance {
  const parts = { ...given, rollouts: sharedReads(given.rollouts) };
  const app = newApp(parts.limits.requestMs, tls);
  const ending = new AbortController();
  const within = parts.namespace === undefined ? {} : { namespace: parts.namespace };
  const door = doorOf({ ...parts, pace: parts.limits.pace });
  const answering = answersOf(parts, door);
  app.server.maxConnections = mostConnections;
  app.removeContentTypeParser('text/plain');
  app.addHook('onSend', async (_request, reply) => {
    reply.headers(everywhere);
  });
  app.addHook('preClose', async () => ending.abort());
  for (const operation of operations)
    app.route(routeOf(operation, { door, ending: ending.signal, ...within }, answering[operation.id]));
  const document = openApiDocument(parts.version);
  app.get(documentPath, async (request, reply) => {
    await door.caller(request);
    return reply.send(document);
  });
  app.setNotFoundHandler((request, reply) => answerWithProblem(reply, nothingHere(request)));
  app.setErrorHandler((error, _request, reply) => answerWithProblem(reply, problemOf(error, parts.log)));
  return app;
}

const everywhere = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

function newApp(requestMs: Millis, tls: Tls | undefined): FastifyInstance {
  const options = {
    logger: false,
    bodyLimit,
    requestTimeout: requestMs,
    connectionTimeout: longestWaitMs + 30_000,
    keepAliveTimeout: 30_000,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 300 },
    clientErrorHandler: clientError,
    frameworkErrors: (error: Error, _request: FastifyRequest, reply: FastifyReply) =>
      void answerWithProblem(reply, problemOf(error)),
  };
  // Node would answer a request without a host by itself, and look for slow ones twice a minute.
  const server = {
    requestTimeout: requestMs,
    headersTimeout: requestMs,
    connectionsCheckingInterval: Math.ceil(requestMs / 5),
    requireHostHeader: false,
  };
  if (tls === undefined) return fastify({ ...options, http: server });
  return fastify({ ...options, https: { ...server, ...tls, minVersion: 'TLSv1.2' } }) as unknown as FastifyInstance;
}

/** What every route is given. */
interface House {
  readonly door: Door;
  /** Aborts when the API ends. */
  readonly ending: AbortSignal;
  /** The only namespace there is here; all without it. */
  readonly namespace?: string;
}

function routeOf(operation: Operation, { door, ending, namespace }: House, answer: Answering): RouteOptions {
  const callers = new WeakMap<FastifyRequest, Caller>();
  return {
    method: operation.method,
    url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    // Before the body is read: it costs nothing to send one to a door that stays shut.
    onRequest: async (request) => {
      const caller = await door.caller(request);
      await door.demand(caller, rightFor(operation.id), namespaceOf(operation, request) ?? namespace);
      callers.set(request, caller);
    },
    handler: async (request, reply) => {
      const caller = callers.get(request);
      if (caller === undefined) throw new Error('A call came in past the door.');
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      return answer({ request, reply, caller, signal: AbortSignal.any([gone.signal, ending]) });
    },
  };
}

/** The right that a call takes. */
function rightFor(id: OperationId): Right {
  switch (id) {
    case 'listRollouts':
    case 'listDeployments':
      return 'list';
    case 'readRollout':
    case 'readDeployment':
    case 'readEvents':
      return 'get';
    case 'promote':
    case 'abort':
    case 'pause':
    case 'resume':
    case 'retry':
    case 'approve':
      return rightOf(id);
  }
}

function namespaceOf({ id, params }: Operation, request: FastifyRequest): string | undefined {
  if (params !== undefined) return placeOf(request).namespace;
  const schema = id === 'listDeployments' ? deploymentsQuerySchema : listQuerySchema;
  return parsed(schema, request.query, 'query').namespace;
}

function placeOf(request: FastifyRequest): RolloutId {
  return parsed(placeSchema, request.params, 'path');
}

function answersOf(parts: ApiParts, door: Door): Readonly<Record<OperationId, Answering>> {
  const { waits, streams } = parts.limits;
  const waiting = places(waits.total, waits.each);
  const streaming = places(streams.total, streams.each);
  const asker = askerOf(parts);
  const asking =
    (id: Parameters<typeof askedOf>[0]): Answering =>
    async ({ request, reply, caller, signal }) => {
      parsed(noQuerySchema, request.query, 'query');
      const asked = askedOf(id, request.body);
      const place = placeOf(request);
      const demand = (right: Right): Promise<void> => door.demand(caller, right, place.namespace);
      const outcome = await asker.ask({ ...asked, place, actor: caller.name, demand, signal });
      const { status, body } = responseOf(outcome);
      return reply.code(status).send(body);
    };
  return {
    listRollouts: ({ request }) => listed(parts, parsed(listQuerySchema, request.query, 'query')),
    readRollout: ({ request, caller, signal }) =>
      one(parts, waiting, {
        place: placeOf(request),
        query: parsed(oneQuerySchema, request.query, 'query'),
        caller,
        signal,
      }),
    listDeployments: ({ request }) =>
      deployments(parts, parsed(deploymentsQuerySchema, request.query, 'query').namespace),
    readDeployment: ({ request }) => {
      parsed(noQuerySchema, request.query, 'query');
      return deployment(parts, placeOf(request));
    },
    readEvents: async ({ request, reply, caller, signal }) => {
      const { form } = parsed(eventsQuerySchema, request.query, 'query');
      const place = placeOf(request);
      const first = await find(parts, place);
      const leave = streaming.take(caller.name);
      const lastEventId = [request.headers['last-event-id']].flat()[0];
      reply.hijack();
      reply.raw.writeHead(200, { ...everywhere, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
      const mayStill = async (): Promise<void> => door.demand(await door.known(request), 'get', place.namespace);
      await stream(parts, { place, form, lastEventId, first, raw: reply.raw, signal, mayStill }).finally(leave);
    },
    promote: asking('promote'),
    abort: asking('abort'),
    pause: asking('pause'),
    resume: asking('resume'),
    retry: asking('retry'),
    approve: asking('approve'),
  };
}
