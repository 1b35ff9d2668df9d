// Between a request as it is sent and as it is asked, and back.
import type { z } from 'zod';
import type { Verb } from '../../domain/people.ts';
import { formatInstant } from '../../domain/time.ts';
import type { Asked, Outcome } from './asking.ts';
import type { Ask } from './operations.ts';
import { Problem, parsed } from './problem.ts';
import { type answeredSchema, askSchema } from './schemas.ts';

/** What the body of a request says, and its verb. An absent body says nothing. */
export function askedOf(ask: Ask, body: unknown): Pick<Asked, 'verb' | 'id' | 'step' | 'reason' | 'overrideFreeze'> {
  const { id, step, full = false, reason, overrideFreeze } = parsed(askSchema, body ?? {}, 'body');
  if (full && ask !== 'promote') throw unfit('full', 'It is for promote alone.');
  if (full && step !== undefined)
    throw unfit('full', 'It goes through all remaining steps, so that there is no step to name.');
  if (step !== undefined && ask !== 'promote' && ask !== 'approve')
    throw unfit('step', 'It is for promote and approve.');
  if (overrideFreeze !== undefined && ask !== 'promote') throw unfit('overrideFreeze', 'It is for promote alone.');
  if (overrideFreeze !== undefined && (reason ?? '').trim() === '')
    throw new Problem('bad-request', 'body.reason: An override needs a reason.', 'Say why it cannot wait.');
  const verb: Verb = full ? 'promoteFull' : ask;
  return {
    verb,
    ...(id === undefined ? {} : { id }),
    ...(step === undefined ? {} : { step: step - 1 }),
    ...(overrideFreeze === undefined ? {} : { overrideFreeze }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function unfit(field: string, why: string): Problem {
  return new Problem('bad-request', `body.${field}: ${why}`, 'Leave it out.');
}

/** What is sent back: a refusal is a problem. */
export function responseOf({ id, rollout, answer }: Outcome): {
  readonly status: 200 | 202;
  readonly body: z.input<typeof answeredSchema>;
} {
  const { namespace, name } = rollout.id;
  const head = { id, namespace, rollout: name };
  if (answer === undefined) {
    const message =
      'The request is written, by you or by somebody who asked the same, and has no answer yet: it has to wait for the next phase, or no controller works on it. ' +
      `Ask again with the id ${id}, or look at the answers of the rollout.`;
    return { status: 202, body: { ...head, outcome: 'pending', message } };
  }
  if (answer.outcome === 'refused') {
    throw new Problem(
      'refused',
      answer.message,
      `GET /v1/rollouts/${namespace}/${name} says where the rollout stands.`,
    );
  }
  const { outcome, message, time } = answer;
  return { status: 200, body: { ...head, outcome, message, time: formatInstant(time) } };
}
