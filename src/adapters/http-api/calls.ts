// Calls of the API: each with the token, a time-out and an end, and each answer a value or a sentence.
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Millis } from '../../domain/time.ts';
import { bodyOf, type Came } from './answer.ts';
import { ApiRefused, unreachable } from './refused.ts';

/** Where the API answers, and who asks. */
export interface ApiAddress {
  /** What stands in front of `/v1`, without a slash at its end. */
  readonly url: string;
  /** The token of this moment: it is asked for at every call, because tokens are renewed. */
  readonly token: () => Promise<string>;
  /** The authorities to trust in place of those of this machine, in PEM. */
  readonly authority?: string;
  readonly userAgent: string;
  /** Names of proxies, as HTTPS_PROXY, HTTP_PROXY and NO_PROXY have them; a loopback address is spoken to without. */
  readonly proxies: Readonly<Record<string, string | undefined>>;
  /** Resolves after `ms`, or at once when the command is interrupted. */
  readonly pause: (ms: Millis) => Promise<void>;
  /** Ends every call. */
  readonly interrupted: AbortSignal;
}

/** One call. */
export interface Call {
  readonly method: 'GET' | 'POST';
  /** From `/v1` on, everything in it escaped. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A stream that was opened. Whoever reads it owes it an end. */
export interface Stream {
  readonly chunks: AsyncIterable<Buffer>;
  end(): void;
}

/** The two ways to call. Both reject with `ApiRefused`. */
export interface Calls {
  /** The body of the answer. When it is too much for the API it is tried again for a while. */
  send(call: Call): Promise<unknown>;
  /** A stream of events, as bytes. */
  open(
    path: string,
    query: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>>,
  ): Promise<Stream>;
  /** Lets go of connections. */
  readonly close: () => void;
}

const callTimeoutMs = 30_000;
const mostBytes = 64 * 1_048_576;
const tries = 4;
const longestPauseMs = 10_000;

/** Calls of the API at an address. Nothing is sent before the first. */
export function apiCalls(address: ApiAddress): Calls {
  const { interrupted, pause } = address;
  const origin = new URL(address.url).origin;
  const line = lineTo(address);

  async function signed(headers: Headers = {}): Promise<Headers> {
    return { ...headers, authorization: `Bearer ${await address.token()}` };
  }

  async function once(call: Call): Promise<Came> {
    const headers = await signed();
    const late = AbortSignal.timeout(callTimeoutMs);
    try {
      const answer = await line.answerTo(call, headers, AbortSignal.any([late, interrupted]));
      return { ...headOf(answer), text: await textOf(answer, origin) };
    } catch (error) {
      if (error instanceof ApiRefused) throw error;
      if (interrupted.aborted) throw new ApiRefused('Interrupted.');
      if (late.aborted) throw new ApiRefused(`${origin} has not answered within ${callTimeoutMs / 1_000} s.`);
      throw unreachable(error, origin);
    }
  }

  return {
    async send(call) {
      for (let turn = 1; ; turn += 1) {
        const came = await once(call);
        const againMs = turn < tries ? pauseAfter(came) : undefined;
        if (againMs === undefined || interrupted.aborted) return bodyOf(came, origin);
        await pause(againMs);
      }
    },
    async open(path, query, headers) {
      const own = await signed(headers);
      const ending = new AbortController();
      const late = setTimeout(() => ending.abort(), callTimeoutMs);
      try {
        const signal = AbortSignal.any([ending.signal, interrupted]);
        const answer = await line.answerTo({ method: 'GET', path, query }, own, signal);
        // Whoever reads the chunks hears of their end.
        answer.on('error', () => undefined);
        if (answer.statusCode === 200 && headOf(answer).contentType.startsWith('text/event-stream'))
          return { chunks: answer, end: () => ending.abort() };
        bodyOf({ ...headOf(answer), text: await textOf(answer, origin) }, origin);
        throw new ApiRefused(`${origin} gave no stream of events.`);
      } catch (error) {
        ending.abort();
        throw error instanceof ApiRefused ? error : unreachable(error, origin);
      } finally {
        clearTimeout(late);
      }
    },
    close: line.close,
  };
}

/** How long to leave the API alone; undefined where it does not ask for that. */
function pauseAfter({ status, retryAfter }: Came): Millis | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const seconds = Number(retryAfter ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.min(longestPauseMs, Math.max(0, seconds) * 1_000) : undefined;
}

type Headers = Readonly<Record<string, string>>;

interface Line {
  /** The head of the answer; its body is yet to be read. */
  answerTo(call: Call, headers: Headers, signal: AbortSignal): Promise<IncomingMessage>;
  readonly close: () => void;
}

function lineTo({ url, authority, userAgent, proxies }: ApiAddress): Line {
  const isTls = url.startsWith('https:');
  const ca = authority === undefined ? {} : { ca: authority };
  const options = { keepAlive: true, ...(isLoopback(new URL(url).hostname) ? {} : { proxyEnv: proxies }) };
  const agent = isTls ? new TlsAgent({ ...options, minVersion: 'TLSv1.2', ...ca }) : new HttpAgent(options);

  function answerTo(call: Call, own: Headers, signal: AbortSignal): Promise<IncomingMessage> {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers = {
      ...own,
      accept: 'application/json, application/problem+json, text/event-stream',
      'user-agent': userAgent,
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const target = new URL(`${url}${call.path}`);
    target.search = new URLSearchParams(call.query ?? {}).toString();
    const how = { method: call.method, headers, agent, signal };
    function ask(): ClientRequest {
      return isTls ? tlsRequest(target, how) : httpRequest(target, how);
    }
    const asking = ask();
    return headTo(asking, body).catch((error: unknown) => {
      // The API had let go of the connection that was kept from the call before.
      if (!asking.reusedSocket || signal.aborted || !isReset(error)) throw error;
      return headTo(ask(), body);
    });
  }

  return { answerTo, close: () => agent.destroy() };
}

/** Whether a host is this machine itself, as an address has it. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function headTo(asking: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asking.once('response', resolve);
    asking.on('error', reject);
    asking.end(body);
  });
}

function isReset(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ECONNRESET';
}

function headOf({ statusCode = 0, headers }: IncomingMessage): Omit<Came, 'text'> {
  return {
    status: statusCode,
    contentType: headers['content-type'] ?? '',
    location: headers.location,
    retryAfter: headers['retry-after'],
  };
}

async function textOf(answer: IncomingMessage, origin: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new ApiRefused(`${origin} answers with more than ${mostBytes / 1_048_576} MiB.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
