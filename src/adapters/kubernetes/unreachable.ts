// What is said when the API server gives no answer: never the error of the HTTP client itself, which may hold headers.
import type { Millis } from '../../domain/time.ts';
import { CredentialsFailed } from './credentials.ts';

/** The API server gave no answer. */
class ClusterUnreachable extends Error {
  override readonly name = 'ClusterUnreachable';
  /** The cause's own code, such as ECONNREFUSED. */
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** A sentence for whatever a call failed with. Credentials that could not be had keep their own. */
export function unreachable(what: string, server: string, cause: unknown, limitMs: Millis): Error {
  if (cause instanceof CredentialsFailed) return cause;
  const code = codeOf(cause);
  const timedOut = code === 'TimeoutError' || code.endsWith('_TIMEOUT');
  const why = timedOut ? `no answer within ${limitMs} ms` : cause instanceof Error ? cause.message : code;
  return new ClusterUnreachable(`${what}: the API server at ${server} could not be reached: ${why}`, code);
}

/** The code of an error of Node or of the HTTP client, else its name. */
export function codeOf(cause: unknown): string {
  const { code, name } = (cause ?? {}) as { readonly code?: unknown; readonly name?: unknown };
  if (typeof code === 'string') return code;
  return typeof name === 'string' ? name : 'unknown';
}
