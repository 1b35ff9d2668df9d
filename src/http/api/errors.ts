// Whatever goes wrong is answered with a problem, and tells nothing of the inside.
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Log, silentLog } from '../../controller/log.ts';
import { operations } from './operations.ts';
import { bodyOf, Problem, statusOf } from './problem.ts';

const contentType = 'application/problem+json';
const document = 'GET /openapi.json says what is taken here.';

/** Sends a problem. */
export function answerWithProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const { kind, retryAfterSeconds } = problem;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  if (kind === 'unauthenticated') reply.header('www-authenticate', 'Bearer');
  return reply
    .code(statusOf(kind))
    .header('content-type', contentType)
    .send(Buffer.from(JSON.stringify(bodyOf(problem))));
}

/** The problem behind anything that was thrown; what nobody foresaw is logged and not told. */
export function problemOf(error: unknown, log: Log = silentLog): Problem {
  if (error instanceof Problem) return error;
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  switch (status) {
    case 413:
      return new Problem('too-large', 'The body has more than 4 KiB.', 'Shorten the reason.');
    case 415:
      return new Problem(
        'not-json',
        'The body is not sent as JSON.',
        'Send it with content-type: application/json (curl --json).',
      );
    case 414:
      return new Problem('bad-request', 'A name in the address is longer than names are.', document);
    case 400:
      return new Problem('bad-request', 'The body is no JSON, or the address is none.', document);
    default:
      log.error('The API could not make an answer', {}, error);
      return new Problem('internal', 'Something went wrong inside.', 'The log of the controller may say why.');
  }
}

/** Nothing answers there. */
export function nothingHere({ method, url }: FastifyRequest): Problem {
  const path = url.split('?')[0] ?? url;
  const known = [...new Set(operations.map((operation) => operation.path))].join(', ');
  const what = `Nothing answers ${method} ${path.slice(0, 200)} here.`;
  return new Problem('not-found', what, `There are ${known}; ${document}`);
}

/** What is no HTTP is answered once, and the connection ends. */
export function clientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(
    bodyOf(new Problem('bad-request', 'What came is no HTTP request, or came too slowly.', document)),
  );
  const head = [
    'HTTP/1.1 400 Bad Request',
    `content-type: ${contentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end([...head, 'connection: close', '', body].join('\r\n'));
}
