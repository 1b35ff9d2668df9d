// Calls to the API server over a few kept connections, each with a time-out; an HTTP status is an answer, not an error.
import { type Dispatcher, request as send } from 'undici';
import type { Millis } from '../../domain/time.ts';
import { type CredentialSource, readCredentials } from './credentials.ts';
import { readLines } from './lines.ts';
import { openRoads, type Road } from './roads.ts';
import { codeOf, unreachable } from './unreachable.ts';

/** The verbs of the Kubernetes API that are used. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What may go with a request. A body is sent as JSON, of the content type given. */
export interface RequestParts {
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly query?: Readonly<Record<string, string>>;
}

/** What the API server answered; `body` is parsed where it is JSON, else text. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Single calls to the API server. */
export interface ClusterRequests {
  /** Any HTTP status is a value. Throws `ClusterUnreachable`, which holds no credentials, when there is no answer in time. */
  request(method: Method, path: string, options?: RequestParts): Promise<Answer>;
}

/** One line of a watch. */
export interface WatchEvent {
  readonly type: string;
  readonly object: unknown;
}

/** A connection to one cluster. */
export interface Cluster extends ClusterRequests {
  readonly server: string;
  /** The namespace that the kubeconfig's context names; `default` when it names none. */
  readonly namespace: string;
  /**
   * Reads a watch until the server ends it or the signal aborts, which both resolve with 200; another status resolves with its
   * body. Throws `ClusterUnreachable` when the connection breaks or stays silent for longer than `silenceMs`.
   */
  watch(path: string, parts: WatchParts, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<Answer>;
  /** Ends all connections; calls under way fail. */
  close(): Promise<void>;
}

/** How a watch is asked for. */
export interface WatchParts {
  readonly query: Readonly<Record<string, string>>;
  readonly accept?: string;
  readonly silenceMs: Millis;
}

/** How a cluster is reached. */
export interface ClusterOptions extends CredentialSource {
  /** The name this client goes by, such as `serin/0.1.0`. */
  readonly userAgent?: string;
  /** How long a call may take, 10 seconds unless given. */
  readonly timeoutMs?: Millis;
}

/** A connection that was closed while it lay idle breaks the first call on it; a read can be asked again. */
const idleBreaks = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

type Outgoing = Omit<Dispatcher.RequestOptions, 'origin' | 'headers'> & {
  readonly headers: Readonly<Record<string, string>>;
};

/** Connects to the cluster of the kubeconfig; nothing is sent before the first call. Throws when no cluster is configured. */
export function connectCluster(options: ClusterOptions = {}): Cluster {
  const credentials = readCredentials(options);
  const { timeoutMs = 10_000, userAgent = 'serin' } = options;
  const roads = openRoads(credentials.proxyUrl);

  async function start(
    kind: keyof Road,
    { path, headers: own, ...others }: Outgoing,
  ): Promise<Dispatcher.ResponseData> {
    const pass = await credentials.pass();
    const headers = { accept: 'application/json', 'user-agent': userAgent, ...pass.headers, ...own };
    return send(credentials.server + path, { ...others, headers, dispatcher: roads.to(pass)[kind] });
  }

  async function call(method: Method, path: string, parts: RequestParts): Promise<Answer> {
    const { statusCode, body } = await start('calls', {
      method,
      path: withQuery(path, parts.query),
      headers: {
        ...(parts.body === undefined ? {} : { 'content-type': parts.contentType ?? 'application/json' }),
        ...(parts.accept === undefined ? {} : { accept: parts.accept }),
      },
      ...(parts.body === undefined ? {} : { body: JSON.stringify(parts.body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { status: statusCode, body: parsed(await body.text()) };
  }

  async function request(method: Method, path: string, parts: RequestParts = {}): Promise<Answer> {
    try {
      const answer = await again(method, () => call(method, path, parts));
      if (answer.status !== 401) return answer;
      credentials.forget();
      return await call(method, path, parts);
    } catch (cause) {
      throw unreachable(`${method} ${path}`, credentials.server, cause, timeoutMs);
    }
  }

  async function watch(path: string, parts: WatchParts, onEvent: (event: WatchEvent) => void, signal: AbortSignal) {
    const { query, accept, silenceMs } = parts;
    try {
      const { statusCode, body } = await start('watches', {
        method: 'GET',
        path: withQuery(path, { ...query, watch: 'true' }),
        headers: accept === undefined ? {} : { accept },
        headersTimeout: timeoutMs,
        bodyTimeout: silenceMs,
        signal,
      });
      if (statusCode === 401) credentials.forget();
      if (statusCode !== 200) return { status: statusCode, body: parsed(await body.text()) };
      for await (const line of readLines(body)) onEvent(eventOf(line));
      return { status: 200, body: undefined };
    } catch (cause) {
      if (signal.aborted) return { status: 200, body: undefined };
      throw unreachable(`Watching ${path}`, credentials.server, cause, silenceMs);
    }
  }

  return { server: credentials.server, namespace: credentials.namespace, request, watch, close: roads.close };
}

function again(method: Method, call: () => Promise<Answer>): Promise<Answer> {
  if (method !== 'GET') return call();
  return call().catch((cause: unknown) => (idleBreaks.has(codeOf(cause)) ? call() : Promise.reject(cause)));
}

function eventOf(line: string): WatchEvent {
  const event = parsed(line);
  if (typeof event !== 'object' || event === null || !('type' in event) || typeof event.type !== 'string')
    throw new Error('what came is no event of a watch');
  return { type: event.type, object: 'object' in event ? event.object : undefined };
}

function withQuery(path: string, query: Readonly<Record<string, string>> = {}): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
