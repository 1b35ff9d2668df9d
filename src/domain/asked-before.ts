// What is known of a request before it is written: which step it means, that the same is asked at this moment, or that it was done.
import type { Asked } from './desk.ts';
import type { Answer, Request, Verb } from './people.ts';
import { answerRequest, openRequests } from './requests.ts';
import type { Rollout } from './rollout.ts';
import type { Instant } from './time.ts';

/** What a request asks for, whoever asks and why. */
export interface Wish {
  readonly verb: string;
  readonly step?: number | undefined;
  readonly overrideFreeze?: true | undefined;
}

/** Whether one asks for what the other does. */
export function asksTheSame(one: Wish, other: Wish): boolean {
  return one.verb === other.verb && one.step === other.step && one.overrideFreeze === other.overrideFreeze;
}

/** A rollout takes 20 requests in its life. From here on those that change nothing are not written, so that others have room. */
export const fewLeft = 10;

/** What somebody hears who asks for what was done before. Undefined while requests are open, because they may change it. */
export function doneBefore(asked: Asked, request: Request, now: Instant): Answer | undefined {
  if (openRequests(asked.spec, asked.status).length > 0) return undefined;
  const answer = answerRequest(asked, request, now)?.answer;
  return answer?.outcome === 'repeated' ? answer : undefined;
}

/**
 * The step, counted from 0, that somebody means who names none: the present one, of promote and approve. `unclear` while the weight is on
 * its way from one step to the next: a promotion that comes twice would leave both.
 */
export function stepMeant({ status }: Pick<Rollout, 'status'>, verb: Verb): number | 'unclear' | undefined {
  if (verb === 'approve') return status.step;
  if (verb !== 'promote') return undefined;
  return status.phase === 'shifting' && status.step > 0 ? 'unclear' : status.step;
}

/** What is said where it is unclear which step is meant. */
export function unclearSentence({ id, status }: Pick<Rollout, 'id' | 'status'>): string {
  return `${id.name} is on its way to step ${status.step + 1}, so that it is not clear which step is meant.`;
}
