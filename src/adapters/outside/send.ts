// The one way to programs outside: to the origins of the list alone, with no redirect followed, and bounded in time and in bytes.
import { Agent, request } from 'undici';
import { type AllowedOrigin, isAllowed } from '../../domain/allow-list.ts';
import type { Instant, Millis } from '../../domain/time.ts';
import { waitAskedFor } from './waits.ts';

/** What is sent. */
export interface Parcel {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * `answer`: its status, and as much of its body as was asked for. `unsent`: it did not get there. `unsure`: it may have, and no answer
 * came. `forbidden`: it was not tried, because the address is not on the list. Sentences name the origin alone: a path may be a secret.
 */
export type Receipt =
  | { readonly kind: 'answer'; readonly status: number; readonly text: string; readonly afterMs?: Millis }
  | { readonly kind: 'unsent' | 'unsure' | 'forbidden'; readonly message: string };

/** Sends one parcel. Never throws, and is over within `sendMs`. */
export type Send = (parcel: Parcel) => Promise<Receipt>;

/** What sending takes. */
export interface SendOptions {
  readonly allowed: readonly AllowedOrigin[];
  readonly now: () => Instant;
  /** Bytes of an answer that are read; the rest is not waited for. */
  readonly mostBytes: number;
  readonly userAgent: string;
}

/** The longest that sending one parcel takes. */
export const sendMs: Millis = 5_000;
const connectMs: Millis = 3_000;

/** A sender with connections of its own. It obeys no proxy variables: an address on the list is spoken to directly. */
export function sender({ allowed, now, mostBytes, userAgent }: SendOptions): Send {
  const agent = new Agent({
    connections: 8,
    connect: { timeout: connectMs },
    headersTimeout: sendMs,
    bodyTimeout: sendMs,
    keepAliveTimeout: 4_000,
    maxHeaderSize: 16 * 1024,
  });
  return async function send({ url, method, headers, body }) {
    const target = URL.canParse(url) ? new URL(url) : undefined;
    if (target === undefined || !isAllowed(target, allowed)) return { kind: 'forbidden', message: notOnList(target) };
    const signal = AbortSignal.timeout(sendMs);
    try {
      const answer = await request(target, {
        dispatcher: agent,
        method,
        headers: { 'user-agent': userAgent, ...headers },
        ...(body === undefined ? {} : { body }),
        signal,
      });
      const text = await beginning(answer.body, mostBytes);
      const afterMs = waitAskedFor(answer.headers, now());
      return { kind: 'answer', status: answer.statusCode, text, ...(afterMs === undefined ? {} : { afterMs }) };
    } catch (error) {
      return { kind: hasLeft(error) ? 'unsure' : 'unsent', message: `${target.origin} ${wordsFor(error)}.` };
    }
  };
}

function notOnList(target: URL | undefined): string {
  if (target === undefined) return 'The address is no URL.';
  return `${target.origin} is not among the addresses that this controller may speak to. Start it with --announce-to ${target.origin}`;
}

/** The beginning of a body as text. What follows is not read: the connection is closed instead. A body that breaks off is over. */
async function beginning(body: AsyncIterable<Uint8Array>, mostBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= mostBytes) break;
    }
  } catch {
    // The status is what counts; whoever needs the rest will not be able to read it.
  }
  return Buffer.concat(chunks).subarray(0, mostBytes).toString();
}

const beforeSending = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether the parcel may have arrived. */
function hasLeft(error: unknown): boolean {
  return !beforeSending.has(codeOf(error)) && !isDistrusted(codeOf(error));
}

function isDistrusted(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ERR_SSL/.test(code);
}

function wordsFor(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ECONNREFUSED') return 'refuses connections';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'cannot be found by its name';
  if (isDistrusted(code)) return `shows a certificate that is not trusted (${code})`;
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return `could not be reached within ${connectMs / 1_000} s`;
  if (error instanceof Error && error.name === 'TimeoutError') return `did not answer within ${sendMs / 1_000} s`;
  return `broke the connection off${code === '' ? '' : ` (${code})`}`;
}

/** The code of an error, or of the first of several that stand behind it. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if ('errors' in error && Array.isArray(error.errors)) return codeOf(error.errors[0]);
  return 'cause' in error ? codeOf(error.cause) : '';
}
