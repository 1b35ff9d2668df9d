// HTTP mode: a listener of its own that takes what Slack has signed, and nothing else.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { App, Receiver } from '@slack/bolt';
import { z } from 'zod';
import type { Clock } from '../../controller/ports.ts';
import { isFromSlack } from './signature.ts';

/** How the listener listens. */
export interface ReceiverOptions {
  readonly listen: { readonly host: string; readonly port: number };
  /** Every secret that counts now; two while they are rotated. */
  readonly secrets: () => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly trouble: (message: string, error?: unknown) => void;
}

/** A receiver for Bolt that tells where it listens. */
export interface HttpReceiver extends Receiver {
  url(): string;
}

const mostBytes = 256 * 1024;
const ackMs = 2_500;
const bodySchema = z.record(z.string(), z.unknown());

/** Slack's requests over HTTP. Whatever is wrong with one, the answer is the same 401. */
export function httpReceiver(options: ReceiverOptions): HttpReceiver {
  let app: App | undefined;
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      options.trouble('A request of Slack could not be served', error);
      end(response, 500, '');
    });
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 10_000;
  server.maxConnections = 200;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = request.method === 'POST' ? await readBody(request) : undefined;
    const signed = {
      timestamp: headerOf(request, 'x-slack-request-timestamp'),
      signature: headerOf(request, 'x-slack-signature'),
    };
    const isMeant =
      body !== undefined && isFromSlack({ ...signed, body }, await options.secrets(), options.clock.now());
    if (!isMeant) return end(response, 401, 'unauthorized');
    const parsed = bodyOf(body.toString('utf8'), headerOf(request, 'content-type') ?? '');
    if (parsed === undefined) return end(response, 400, '');
    if (parsed['type'] === 'url_verification') return end(response, 200, String(parsed['challenge']));
    if (parsed['ssl_check'] !== undefined) return end(response, 200, '');
    await hand(parsed, response);
  }

  /** Hands it to Bolt; what nobody has acknowledged in time is answered with 404, so that Slack shows that it failed. */
  async function hand(body: Record<string, unknown>, response: ServerResponse): Promise<void> {
    const late = setTimeout(() => end(response, 404, ''), ackMs);
    try {
      await app?.processEvent({
        body,
        ack: async (said?: unknown) => {
          clearTimeout(late);
          end(response, 200, typeof said === 'string' ? said : '');
        },
      });
    } finally {
      clearTimeout(late);
      end(response, 404, '');
    }
  }

  return {
    init: (bolt) => {
      app = bolt;
    },
    start: () =>
      new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(options.listen.port, options.listen.host, () => resolve());
      }),
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    url: () => {
      const address = server.address();
      return `http://${options.listen.host}:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
    },
  };
}

function end(response: ServerResponse, status: number, text: string): void {
  if (response.writableEnded || response.destroyed) return;
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** The body; undefined when it is larger than anything Slack sends. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > mostBytes) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** A form, with its `payload` if it has one, or JSON; undefined for neither. */
function bodyOf(text: string, contentType: string): Record<string, unknown> | undefined {
  if (contentType.startsWith('application/json')) return jsonOf(text);
  const form = new URLSearchParams(text);
  const payload = form.get('payload');
  return payload === null ? Object.fromEntries(form) : jsonOf(payload);
}

function jsonOf(text: string): Record<string, unknown> | undefined {
  try {
    return bodySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
