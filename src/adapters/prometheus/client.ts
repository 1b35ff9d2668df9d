// Asking Prometheus one question, and telling apart every way in which it may not answer.
import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { PrometheusDriver } from 'prometheus-query';
import { formatDuration, type Instant, type Millis } from '../../domain/time.ts';
import { requirePlainAnswer } from './answer.ts';
import { Refusal, refusalOf } from './refusal.ts';

/** Where Prometheus is and who asks. */
export interface PrometheusOptions {
  /** Its address up to, not including, `/api/v1`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The most time one query may take, connecting included. */
  readonly timeoutMs: Millis;
  /** A file that holds the bearer token; read for every query, so that a rotated token is used at once. */
  readonly bearerTokenFile?: string;
  /** What happens once it answers again, as the last sentence about an outage; that judging goes on unless given. */
  readonly afterwards?: string;
}

/** One element of a vector. The value may be NaN or infinite. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** `down` carries a sentence for people, free of credentials; `refused` where the query itself is at fault. */
export type Answer =
  | { readonly kind: 'vector'; readonly samples: readonly Sample[] }
  | { readonly kind: 'down'; readonly message: string; readonly refused: boolean };

/** Asks for the value of an expression at one instant. Never throws. */
export type Ask = (query: string, at: Instant) => Promise<Answer>;

/** More than this is no answer about a few hundred workloads. */
const largestAnswerBytes = 64 * 1024 * 1024;

/** A client with pooled connections of its own. It obeys no proxy variables: Prometheus is a neighbour. */
export function prometheusClient(options: PrometheusOptions): Ask {
  const agents = {
    httpAgent: new HttpAgent({ keepAlive: true, maxSockets: 8 }),
    httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets: 8 }),
  };
  return async function ask(query, at) {
    const secrets = secretsOf(options);
    try {
      const token = await bearerToken(options);
      if (token !== undefined) secrets.push(token);
      const { result } = await driverFor(options, agents, token).instantQuery(
        query,
        at,
        formatDuration(options.timeoutMs),
      );
      return { kind: 'vector', samples: result.map(sampleOf) };
    } catch (cause) {
      return { kind: 'down', ...spokenOf(cause, options, secrets) };
    }
  };
}

function driverFor(
  options: PrometheusOptions,
  agents: { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent },
  token: string | undefined,
): PrometheusDriver {
  return new PrometheusDriver({
    endpoint: options.url,
    timeout: options.timeoutMs,
    preferPost: true,
    headers: { ...options.headers, ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) },
    requestInterceptor: {
      onFulfilled: (request) => {
        const signal = AbortSignal.timeout(options.timeoutMs);
        return Object.assign(request, agents, {
          proxy: false,
          maxRedirects: 0,
          maxContentLength: largestAnswerBytes,
          signal,
        });
      },
    },
    responseInterceptor: {
      onFulfilled: requirePlainAnswer,
      onRejected: (error: unknown) => Promise.reject(refusalOf(error)),
    },
  });
}

async function bearerToken({ bearerTokenFile }: PrometheusOptions): Promise<string | undefined> {
  if (bearerTokenFile === undefined) return undefined;
  try {
    return (await readFile(bearerTokenFile, 'utf8')).trim();
  } catch {
    throw new Refusal(`could not be asked, because the file with its bearer token, ${bearerTokenFile}, cannot be read`);
  }
}

/** What `requirePlainAnswer` has let through, as the driver hands it on. */
function sampleOf({ metric, value }: { metric: { labels: Record<string, string> }; value: { value: number } }): Sample {
  return { labels: metric.labels, value: value.value };
}

/** The driver rejects with plain objects that drag the whole request along, so only our own sentence is taken from them. */
function spokenOf(cause: unknown, options: PrometheusOptions, secrets: readonly string[]) {
  const original = typeof cause === 'object' && cause !== null && 'original' in cause ? cause.original : cause;
  const what = original instanceof Refusal ? original.message : 'gave an answer that could not be understood';
  const plain = what === Refusal.late ? `${what} within ${formatDuration(options.timeoutMs)}` : what;
  const refused = original instanceof Refusal && original.ofQuery;
  const { afterwards = 'Judging goes on when it can be read.' } = options;
  const next = refused ? 'The query has to be changed.' : afterwards;
  const message = `Prometheus at ${addressOf(options.url)} ${plain}. ${next}`.trimEnd();
  return { message: struckOut(message, secrets), refused };
}

function addressOf(url: string): string {
  if (!URL.canParse(url)) return 'an address that is no URL';
  const { origin, pathname } = new URL(url);
  return pathname === '/' ? origin : `${origin}${pathname}`;
}

function secretsOf({ url, headers }: PrometheusOptions): string[] {
  const { username, password } = URL.canParse(url) ? new URL(url) : { username: '', password: '' };
  return [...Object.values(headers ?? {}), username, password, decodeURIComponent(password)];
}

function struckOut(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret.length > 3).reduce((plain, secret) => plain.replaceAll(secret, '***'), text);
}
