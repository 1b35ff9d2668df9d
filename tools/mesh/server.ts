// The mesh over HTTP: control, service discovery and metrics pages on one port.
import { setTimeout as pause } from 'node:timers/promises';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { z } from 'zod';
import { seenWhole } from './cluster.ts';
import { behaviourSchema, loadSchema, propagationSchema, scrapeSchema } from './control.ts';
import { countsOf, forget } from './counts.ts';
import { setDelay } from './propagation.ts';
import {
  metricsPage,
  type ScrapeModes,
  scrapeModeOf,
  scrapeTargets,
  serviceDiscovery,
  setScrapeMode,
} from './scrape.ts';
import { forgetNamespace, restartClient, restartPod, startLoad, type Traffic } from './traffic.ts';

/** A request that was not understood or found nothing; its message is the answer. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Place = { readonly Params: { readonly namespace: string; readonly name: string } };
type Namespaced = { readonly Params: { readonly namespace: string } };

/** The server, not yet listening. `nowMs` reads a steady clock in milliseconds. */
export function meshServer(traffic: Traffic, nowMs: () => number): FastifyInstance {
  const server = fastify({ forceCloseConnections: true });
  server.setErrorHandler((error, _request, reply) => {
    const status = error instanceof Refusal ? error.status : statusOf(error);
    return reply.code(status).send({ error: error instanceof Error ? error.message : String(error) });
  });
  serveTraffic(server, traffic, nowMs);
  serveRestarts(server, traffic);
  serveCounts(server, traffic);
  serveScrapes(server, traffic);
  return server;
}

function serveTraffic(server: FastifyInstance, traffic: Traffic, nowMs: () => number): void {
  server.put<Place>('/v1/loads/:namespace/:name', async ({ params, body }, reply) => {
    const { namespace, name } = params;
    startLoad(traffic, { namespace, name }, parse(loadSchema, body), nowMs());
    return done(reply);
  });
  server.delete<Place>('/v1/loads/:namespace/:name', async ({ params }, reply) => {
    traffic.loads.delete(`${params.namespace}/${params.name}`);
    return done(reply);
  });
  server.put<Place>('/v1/behaviours/:namespace/:name', async ({ params, body }, reply) => {
    traffic.behaviours.set(`${params.namespace}/${params.name}`, parse(behaviourSchema, body));
    return done(reply);
  });
  server.delete<Place>('/v1/behaviours/:namespace/:name', async ({ params }, reply) => {
    traffic.behaviours.delete(`${params.namespace}/${params.name}`);
    return done(reply);
  });
  server.delete<Namespaced>('/v1/namespaces/:namespace', async ({ params }, reply) => {
    forgetNamespace(traffic, params.namespace);
    return done(reply);
  });
  server.put('/v1/propagation', async ({ body }, reply) => {
    setDelay(traffic.history, parse(propagationSchema, body));
    return done(reply);
  });
}

function serveRestarts(server: FastifyInstance, traffic: Traffic): void {
  server.post<Place>('/v1/pods/:namespace/:name/restart', async ({ params }, reply) => {
    const { namespace, name } = params;
    if (restartPod(traffic, `${namespace}/${name}`)) return done(reply);
    throw new Refusal(404, `There is no pod ${name} in namespace ${namespace}, neither real nor a client's.`);
  });
  server.post<Place>('/v1/clients/:namespace/:name/restart', async ({ params }, reply) => {
    const { namespace, name } = params;
    if (restartClient(traffic, namespace, name)) return done(reply);
    throw new Refusal(404, `No meshed load in namespace ${namespace} had ${name} as its clientWorkload.`);
  });
}

function serveCounts(server: FastifyInstance, traffic: Traffic): void {
  server.get<Namespaced>('/v1/counts/:namespace', async ({ params }) => ({
    counts: countsOf(traffic.counts, params.namespace),
  }));
  server.post('/v1/counts/reset', async (_request, reply) => {
    forget(traffic.counts, undefined);
    return done(reply);
  });
  server.post<Namespaced>('/v1/counts/:namespace/reset', async ({ params }, reply) => {
    forget(traffic.counts, params.namespace);
    return done(reply);
  });
}

function serveScrapes(server: FastifyInstance, traffic: Traffic): void {
  const modes: ScrapeModes = new Map();
  server.put('/v1/scrape', async ({ body }, reply) => {
    setScrapeMode(modes, parse(scrapeSchema, body));
    return done(reply);
  });
  server.get('/healthz', async (_request, reply) => {
    const synced = seenWhole(traffic.cluster);
    return reply.code(synced ? 200 : 503).send({ synced });
  });
  server.get('/sd', async (request) => {
    return serviceDiscovery(scrapeTargets(traffic), `127.0.0.1:${request.socket.localPort}`);
  });
  server.get<Place>('/metrics/:namespace/:name', async ({ params }, reply) => {
    const { namespace, name } = params;
    const scrape = scrapeModeOf(modes, namespace);
    if (scrape.mode === 'gap') throw new Refusal(503, 'Metrics pages are in a gap: PUT /v1/scrape asked for it.');
    if (scrape.mode === 'slow') await pause(scrape.ms, undefined, { ref: false });
    const text = metricsPage(traffic, `${namespace}/${name}`);
    if (text === undefined) throw new Refusal(404, `There is no pod ${name} in namespace ${namespace}.`);
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
  });
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Refusal(400, `The request's body is not what this path takes. ${z.prettifyError(parsed.error)}`);
}

/** The status of an error that fastify itself raised, such as a body that is no JSON. */
function statusOf(error: unknown): number {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : 500;
}

function done(reply: FastifyReply): FastifyReply {
  return reply.code(204).send();
}
