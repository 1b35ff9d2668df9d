// How a pod answers one request, from its workload's behaviour and the request's own draws. Pure.
import type { Behaviour, Load } from './control.ts';

/** What a workload does when nobody said otherwise. */
export const GOOD: Behaviour = { kind: 'good', errorRate: 0 };

/** Milliseconds: half of the good answers are quicker. */
const MEDIAN_LATENCY_MS = 20;
/** The standard deviation of the latency's logarithm. */
const LATENCY_SIGMA = 0.5;

/** The request's draws: each a number in [0, 1), but `normal`, which is standard normal. */
export interface Draws {
  readonly fault: number;
  readonly error: number;
  readonly tail: number;
  readonly normal: number;
}

/** An answer's code, and its gRPC status; that is empty for HTTP. */
export interface Answer {
  readonly code: number;
  readonly grpcStatus: string;
}

/** What the client gets: a refused connection, a stream cut before the response, or an answer. Milliseconds. */
export type Reply =
  | { readonly kind: 'refuse' }
  | { readonly kind: 'cut'; readonly durationMs: number }
  | { readonly kind: 'answer'; readonly answer: Answer; readonly durationMs: number };

/** The reply of a pod that behaves so. */
export function replyOf(behaviour: Behaviour, protocol: Load['protocol'], draws: Draws): Reply {
  const durationMs = durationOf(behaviour, draws);
  if (behaviour.kind === 'unreachable' && draws.fault < behaviour.share) return { kind: 'refuse' };
  if (behaviour.kind === 'reset' && draws.fault < behaviour.share) return { kind: 'cut', durationMs };
  return { kind: 'answer', answer: answerOf(behaviour, protocol, draws), durationMs };
}

/** A failure that HTTP would give this code. gRPC says 200 and a status instead, even for a proxy's own replies. */
export function failure(protocol: Load['protocol'], code: number): Answer {
  if (protocol === 'http') return { code, grpcStatus: '' };
  return { code: 200, grpcStatus: String(grpcStatusOf(code)) };
}

function answerOf(behaviour: Behaviour, protocol: Load['protocol'], draws: Draws): Answer {
  if (draws.error < behaviour.errorRate) {
    return protocol === 'http' ? failure(protocol, 500) : { code: 200, grpcStatus: '13' };
  }
  return faultOf(behaviour, protocol, draws) ?? { code: 200, grpcStatus: protocol === 'grpc' ? '0' : '' };
}

function faultOf(behaviour: Behaviour, protocol: Load['protocol'], draws: Draws): Answer | undefined {
  switch (behaviour.kind) {
    case '5xx':
      return draws.fault < behaviour.rate ? failure(protocol, behaviour.code) : undefined;
    case '403':
      return draws.fault < behaviour.rate ? failure(protocol, 403) : undefined;
    case 'grpc-failures':
      return protocol === 'grpc' && draws.fault < behaviour.rate
        ? { code: 200, grpcStatus: String(behaviour.status) }
        : undefined;
    case 'good':
    case 'slow':
    case 'slow-tail':
    case 'silent':
    case 'unreachable':
    case 'reset':
      return undefined;
  }
}

function durationOf(behaviour: Behaviour, draws: Draws): number {
  const usualMs = MEDIAN_LATENCY_MS * Math.exp(LATENCY_SIGMA * draws.normal);
  if (behaviour.kind === 'slow') return usualMs * behaviour.factor;
  if (behaviour.kind !== 'slow-tail' || draws.tail >= behaviour.share) return usualMs;
  return behaviour.ms ?? usualMs * behaviour.factor;
}

/** Envoy's reading of an HTTP code as a gRPC status (gRPC documentation, http-grpc-status-mapping). */
function grpcStatusOf(code: number): number {
  switch (code) {
    case 400:
      return 13;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 12;
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;
    default:
      return 2;
  }
}
