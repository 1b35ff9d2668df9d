// An API server over real HTTP that keeps one collection with versions, lists it in pages, streams its changes, and fails in
// every way that a test asks for.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** How the next list or watch fails. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number }
  /** The connection is reset before anything is answered. */
  | { readonly kind: 'reset' }
  /** The connection stays open and nothing is ever answered. */
  | { readonly kind: 'hang' }
  /** The watch begins, and its first event says so. */
  | { readonly kind: 'errorEvent'; readonly code: number }
  /** The watch begins and sends this text. */
  | { readonly kind: 'text'; readonly text: string };

/** One request as it came in. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly kind: 'list' | 'watch' | 'other';
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a test does with the server. */
export interface FaultyApiServer {
  readonly url: string;
  readonly seen: readonly Seen[];
  /** Creates or changes an object; watchers are told. */
  put(name: string, parts?: Readonly<Record<string, unknown>>): void;
  remove(name: string): void;
  /** Tells watchers the present version. */
  bookmark(): void;
  /** Fails the next list or watch so; several are used up in turn. */
  failNext(kind: 'list' | 'watch', ...faults: readonly Fault[]): void;
  /** Ends all open watches cleanly, or resets their connections. */
  endWatches(how: 'close' | 'reset'): void;
  /** How many connections are open, and how many there ever were. */
  connections(): { readonly open: number; readonly ever: number };
  watches(): number;
  count(kind: Seen['kind']): number;
  /** Answers requests that are neither list nor watch. */
  answer(respond: (request: IncomingMessage, response: ServerResponse) => void): void;
  close(): Promise<void>;
}

interface Change {
  readonly version: number;
  readonly line: string;
}

/** The collection's path. */
export const collection = '/api/v1/things';

/** Starts one on a free loopback port. */
export async function faultyApiServer(): Promise<FaultyApiServer> {
  const objects = new Map<string, Record<string, unknown>>();
  const changes: Change[] = [];
  const seen: Seen[] = [];
  const faults: Record<'list' | 'watch', Fault[]> = { list: [], watch: [] };
  const watchers = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  let ever = 0;
  let version = 100;
  let other = (_request: IncomingMessage, response: ServerResponse): void => void response.writeHead(404).end('{}');

  function tell(type: string, object: unknown): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    changes.push({ version, line });
    for (const response of watchers) response.write(line);
  }

  function list(query: URLSearchParams, response: ServerResponse): void {
    const [limit, from] = [Number(query.get('limit') ?? 500), Number(query.get('continue') ?? 0)];
    const items = [...objects.values()].slice(from, from + limit);
    const more = from + limit < objects.size ? { continue: String(from + limit) } : {};
    response.end(JSON.stringify({ metadata: { resourceVersion: String(version), ...more }, items }));
  }

  function watch(query: URLSearchParams, response: ServerResponse): void {
    const from = Number(query.get('resourceVersion'));
    response.flushHeaders();
    for (const change of changes) if (change.version > from) response.write(change.line);
    watchers.add(response);
    response.on('close', () => watchers.delete(response));
  }

  function fail(fault: Fault, response: ServerResponse): void {
    switch (fault.kind) {
      case 'status': {
        const details = { retryAfterSeconds: fault.retryAfterSeconds };
        const body = { kind: 'Status', message: `failed with ${fault.status}`, code: fault.status, details };
        response.writeHead(fault.status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        return;
      }
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'hang':
        return;
      case 'errorEvent': {
        const object = { kind: 'Status', code: fault.code, message: `failed with ${fault.code}` };
        response.write(`${JSON.stringify({ type: 'ERROR', object })}\n`);
        return;
      }
      case 'text':
        response.write(fault.text);
    }
  }

  function handle(request: IncomingMessage, response: ServerResponse, body: string): void {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
    const isCollection = pathname === collection && request.method === 'GET';
    const kind = !isCollection ? 'other' : query.get('watch') === 'true' ? 'watch' : 'list';
    const headers = Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)]));
    seen.push({ method: request.method ?? '', path: pathname, kind, query, headers, body });
    const fault = kind === 'other' ? undefined : faults[kind].shift();
    if (kind === 'other') other(request, response);
    else if (fault !== undefined) fail(fault, response);
    else if (kind === 'list') list(query, response);
    else watch(query, response);
  }

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => handle(request, response, Buffer.concat(parts).toString()));
  });
  server.on('connection', (socket) => {
    ever += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    put(name, parts = {}) {
      version += 1;
      const type = objects.has(name) ? 'MODIFIED' : 'ADDED';
      const metadata = { namespace: 'shop', name, uid: `uid-${name}`, resourceVersion: String(version) };
      const { metadata: more, ...others } = parts as { readonly metadata?: object };
      const object = { metadata: { ...metadata, ...more }, ...others };
      objects.set(name, object);
      tell(type, object);
    },
    remove(name) {
      version += 1;
      const object = objects.get(name);
      objects.delete(name);
      tell('DELETED', {
        ...object,
        metadata: { ...(object?.['metadata'] as object), resourceVersion: String(version) },
      });
    },
    bookmark() {
      version += 1;
      tell('BOOKMARK', { metadata: { resourceVersion: String(version) } });
    },
    failNext: (kind, ...next) => void faults[kind].push(...next),
    endWatches(how) {
      for (const response of watchers) {
        watchers.delete(response);
        if (how === 'close') response.end();
        else response.socket?.resetAndDestroy();
      }
    },
    connections: () => ({ open: sockets.size, ever }),
    watches: () => watchers.size,
    count: (kind) => seen.filter((request) => request.kind === kind).length,
    answer: (respond) => {
      other = respond;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
