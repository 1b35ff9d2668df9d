// What an answer to a request is made of.
import type { Answer, Given, Request } from './people.ts';
import type { Cause, Rollout, Warrant } from './rollout.ts';
import type { Instant } from './time.ts';

/** What a request does to the rollout besides being answered. */
export type RequestEffect =
  | { readonly kind: 'none' }
  | { readonly kind: 'pause'; readonly by: string }
  | { readonly kind: 'resume' }
  | { readonly kind: 'abort'; readonly message: string; readonly reason: string; readonly cause: Cause }
  /** `override`: freezes do not hold the rollout any more. */
  | { readonly kind: 'warrant'; readonly warrant: Warrant; readonly full: boolean; readonly override?: Given }
  /** The word that was waited for. */
  | { readonly kind: 'approve'; readonly given: Given; readonly override?: Given }
  | { readonly kind: 'override'; readonly override: Given }
  /** Begin a new attempt of a rollout that was rolled back. */
  | { readonly kind: 'retry' }
  /** Try again what a held rollout is stuck at. */
  | { readonly kind: 'unstick' };

/** A rollout as far as its answers go. */
export type Asked = Pick<Rollout, 'id' | 'spec' | 'status'>;

/** `undefined` for a request that has to wait for the next phase. */
export type RequestOutcome = { readonly answer: Answer; readonly effect: RequestEffect } | undefined;

/** How an answer is given: that it was done, and what that does; or why not. */
export interface Desk {
  done(message: string, effect: RequestEffect): RequestOutcome;
  refused(message: string): RequestOutcome;
  repeated(message: string): RequestOutcome;
}

/** The desk for one request. */
export function answers(request: Request, now: Instant): Desk {
  function answer(outcome: Answer['outcome'], message: string, effect: RequestEffect): RequestOutcome {
    return { answer: { id: request.id, outcome, message, time: now }, effect };
  }
  return {
    done: (message, effect) => answer('done', message, effect),
    refused: (message) => answer('refused', message, { kind: 'none' }),
    repeated: (message) => answer('repeated', message, { kind: 'none' }),
  };
}

/** Who asked and from where, as it appears in sentences. */
export function askedBy(request: Request): string {
  const because = request.reason === undefined ? '' : `: ${request.reason}`;
  return `${request.actor} from ${request.surface}${because}`;
}

/** A name as it is typed, with its namespace. */
export function askedAt(name: string, { namespace }: Rollout['id']): string {
  return `${name} -n ${namespace}`;
}
