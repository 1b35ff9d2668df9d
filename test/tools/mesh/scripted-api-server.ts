// An API server that a test holds in its hands: it lists what it was given, streams the changes it is told, and fails
// on demand. It speaks list and watch over real HTTP; everything else of Kubernetes is not its business.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Raw = Record<string, unknown>;

/** What a test can do with the server. Paths are collection paths, such as `/api/v1/pods`. */
export interface ScriptedApiServer {
  readonly url: string;
  /** Sets what a list of the collection gives; watchers are not told. */
  give(path: string, objects: readonly Raw[]): void;
  /** Streams one event to all watchers of the collection. */
  stream(path: string, type: string, object: Raw): void;
  /** Breaks off all open watches. */
  breakOff(): void;
  /** Answers all requests with this status until told `undefined`. */
  fail(status: number | undefined): void;
  /** How often the collection was listed, and how often it is being watched now. */
  lists(path: string): number;
  watches(path: string): number;
  /** How many requests were failed. */
  failures(): number;
  close(): Promise<void>;
}

/** Starts one on a free loopback port. Collections that were given nothing answer 404. */
export async function scriptedApiServer(): Promise<ScriptedApiServer> {
  const collections = new Map<string, readonly Raw[]>();
  const listed = new Map<string, number>();
  const watchers = new Map<string, Set<ServerResponse>>();
  let failing: number | undefined;
  let failures = 0;

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const objects = collections.get(pathname);
    if (failing !== undefined || objects === undefined) {
      failures += 1;
      response.writeHead(failing ?? 404).end('{}');
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    if (searchParams.get('watch') === null) {
      listed.set(pathname, (listed.get(pathname) ?? 0) + 1);
      response.end(JSON.stringify({ metadata: { resourceVersion: '10' }, items: objects }));
      return;
    }
    response.flushHeaders();
    const others = watchers.get(pathname) ?? new Set();
    watchers.set(pathname, others.add(response));
    response.on('close', () => others.delete(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    give: (path, objects) => void collections.set(path, objects),
    stream(path, type, object) {
      for (const response of watchers.get(path) ?? []) response.write(`${JSON.stringify({ type, object })}\n`);
    },
    breakOff() {
      for (const set of watchers.values()) for (const response of set) response.destroy();
    },
    fail: (status) => {
      failing = status;
    },
    lists: (path) => listed.get(path) ?? 0,
    failures: () => failures,
    watches: (path) => watchers.get(path)?.size ?? 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
