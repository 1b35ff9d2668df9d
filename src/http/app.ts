// What the controller answers over HTTP: whether it lives, whether it can work, and what it has counted.
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import { type Health, healthOf, type Part } from './health.ts';
import type { ControllerMetrics } from './metrics.ts';

/** What the answers are made of, asked anew at every request. */
export interface HttpParts {
  readonly metrics: ControllerMetrics;
  /** Parts whose failure a restart would heal. */
  readonly live: () => readonly Part[];
  /** Parts whose failure keeps the controller from its work. */
  readonly ready: () => readonly Part[];
}

const paths = ['/healthz', '/readyz', '/metrics'];

/** The app, not yet listening. It logs nothing, reads no body and sets every time-out. */
export function httpApp(parts: HttpParts): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: 1_024,
    requestTimeout: 10_000,
    connectionTimeout: 15_000,
    keepAliveTimeout: 30_000,
    forceCloseConnections: true,
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
  });
  app.get('/healthz', (_request, reply) => answer(reply, healthOf(parts.live())));
  app.get('/readyz', (_request, reply) => answer(reply, healthOf(parts.ready())));
  app.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await parts.metrics.exposition();
    return reply.header('content-type', contentType).send(text);
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ message: `Nothing answers ${request.method} here. There are GET ${paths.join(', GET ')}.` }),
  );
  app.setErrorHandler((_error, _request, reply) =>
    reply.code(500).send({ message: 'The answer could not be made. The log of the controller may say why.' }),
  );
  return app;
}

function answer(reply: FastifyReply, health: Health): FastifyReply {
  return reply.code(health.code).send(health.body);
}
