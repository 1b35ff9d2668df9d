// A receiver of webhooks on loopback: it keeps what came, and answers as it is told.
import { createHmac } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it came. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  /** Whether it was answered with 2xx. */
  taken: boolean;
}

/** An answer; `silent` gives none, `dropped` closes the connection. */
export type ReceiverAnswer =
  | 'silent'
  | 'dropped'
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      /** The answer never ends: this many bytes come, again and again. */
      readonly endless?: number;
    };

/** A running receiver. */
export interface Receiver {
  readonly origin: string;
  readonly received: readonly Received[];
  /** How it answers from now on; `undefined` is 204. */
  answering(answer: (request: Received) => ReceiverAnswer | undefined): void;
  /** How many bytes of an endless answer it could send. */
  sentBytes(): number;
  close(): Promise<void>;
}

/** Starts a receiver. */
export async function receiver(): Promise<Receiver> {
  const received: Received[] = [];
  let answerOf: (request: Received) => ReceiverAnswer | undefined = () => undefined;
  let sent = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one: Received = { method, path: url, headers, body: Buffer.concat(chunks).toString(), taken: false };
      received.push(one);
      answer(response, one, answerOf(one) ?? { status: 204 });
    });
  });

  function answer(response: ServerResponse, one: Received, how: ReceiverAnswer): void {
    if (how === 'silent') return;
    if (how === 'dropped') {
      response.destroy();
      return;
    }
    one.taken = how.status >= 200 && how.status < 300;
    response.writeHead(how.status, how.headers ?? {});
    if (how.endless === undefined) response.end(how.body ?? '');
    else pour(response, Buffer.alloc(how.endless, 'x'));
  }

  function pour(response: ServerResponse, chunk: Buffer): void {
    while (!response.destroyed) {
      sent += chunk.length;
      if (!response.write(chunk)) break;
    }
    response.once('drain', () => pour(response, chunk));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answering: (how) => {
      answerOf = how;
    },
    sentBytes: () => sent,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Whether a request is signed by the secret, as docs/announcements.md has a receiver look. */
export function isSigned({ headers, body }: Received, secret: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const content = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const wanted = `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
  return String(headers['webhook-signature']).split(' ').includes(wanted);
}
