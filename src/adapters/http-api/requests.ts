// What a person or pipeline asks of a rollout, sent to the API, which answers in the same breath.
import { z } from 'zod';
import type { Request, Verb } from '../../domain/people.ts';
import type { RolloutId } from '../../domain/rollout.ts';
import type { Calls } from './calls.ts';
import { pathOf } from './followed.ts';
import { ApiRefused } from './refused.ts';
import { understood } from './rollouts.ts';

/** What became of a request. */
export type Asked =
  | { readonly kind: 'answered'; readonly outcome: 'done' | 'repeated' | 'refused'; readonly message: string }
  /** It is written and had no answer in time. */
  | { readonly kind: 'unanswered' }
  | { readonly kind: 'gone' }
  /** The caller may not: the sentence that says so. */
  | { readonly kind: 'refused'; readonly message: string };

const answeredSchema = z.object({ outcome: z.enum(['done', 'repeated', 'pending']), message: z.string() });

/** Asks through the API, in the name of whoever the token is of. Rejects with `ApiRefused`. */
export function apiRequests(calls: Calls): {
  append(id: RolloutId, request: Omit<Request, 'actor' | 'time'>): Promise<Asked>;
} {
  return {
    async append(id, request) {
      const call = { method: 'POST', path: `${pathOf(id)}/${wordOf(request.verb)}`, body: bodyOf(request) } as const;
      try {
        const { outcome, message } = understood(answeredSchema, await calls.send(call));
        return outcome === 'pending' ? { kind: 'unanswered' } : { kind: 'answered', outcome, message };
      } catch (error) {
        if (error instanceof ApiRefused) return noted(error);
        throw error;
      }
    },
  };
}

/** A no of the rollout or of the cluster is an answer, everything else an error. */
function noted(error: ApiRefused): Asked {
  const { kind, message } = error;
  if (kind === 'refused') return { kind: 'answered', outcome: 'refused', message };
  if (kind === 'forbidden') return { kind: 'refused', message };
  if (kind === 'not-found') return { kind: 'gone' };
  throw error;
}

function wordOf(verb: Verb): Exclude<Verb, 'promoteFull'> {
  return verb === 'promoteFull' ? 'promote' : verb;
}

/** Steps are counted from 1 there. */
function bodyOf({ id, verb, step, reason, overrideFreeze }: Omit<Request, 'actor' | 'time'>): unknown {
  return {
    id,
    ...(verb === 'promoteFull' ? { full: true } : {}),
    ...(step === undefined ? {} : { step: step + 1 }),
    ...(reason === undefined ? {} : { reason }),
    ...(overrideFreeze === undefined ? {} : { overrideFreeze }),
  };
}
