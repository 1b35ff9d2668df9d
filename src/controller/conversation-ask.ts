// Asks a rollout for something on somebody's behalf: the request is written, and its answer waited for a moment.
import { doneBefore } from '../domain/asked-before.ts';
import type { Answer, Request } from '../domain/people.ts';
import type { Rollout, RolloutId } from '../domain/rollout.ts';
import type { Millis } from '../domain/time.ts';
import type { Appended, RequestDesk } from './people-port.ts';
import type { Clock, RolloutStore } from './ports.ts';

/** What asking takes. */
export interface AskParts {
  readonly rollouts: Pick<RolloutStore, 'get'>;
  readonly desk: RequestDesk;
  readonly clock: Clock;
  readonly wait: (ms: Millis) => Promise<void>;
}

/** How long an answer is waited for. */
export const answerWithinMs: Millis = 30_000;
const askEveryMs: Millis = 250;

/**
 * The answer, or undefined when there is none in time. Who asks the same as somebody else waits for what becomes of that. Errors of the
 * cluster pass through.
 */
export async function ask(
  parts: AskParts,
  begun: Rollout,
  unsigned: Omit<Request, 'actor' | 'time'>,
  actor: string,
): Promise<Answer | undefined> {
  let rollout = begun;
  for (let turn = 0; turn < 3; turn += 1) {
    const request = { ...unsigned, actor, time: parts.clock.now() };
    const isWritten = rollout.spec.requests.some(({ id }) => id === request.id);
    const known = isWritten ? undefined : doneBefore(rollout, request, parts.clock.now());
    if (known !== undefined) return known;
    const appended = await parts.desk.append(rollout.id, unsigned, actor);
    if (appended.kind !== 'behind') return answerOf(parts, appended, rollout.id, request);
    if ((await answerTo(parts, rollout.id, appended.id)) === undefined) return undefined;
    rollout = (await parts.rollouts.get(rollout.id)) ?? rollout;
  }
  return undefined;
}

async function answerOf(
  parts: AskParts,
  appended: Exclude<Appended, { readonly kind: 'behind' }>,
  id: RolloutId,
  request: Request,
): Promise<Answer | undefined> {
  switch (appended.kind) {
    case 'appended':
      return answerTo(parts, id, request.id);
    case 'gone':
      return refusedBecause(request, `The rollout ${id.name} is no more.`);
    case 'refused':
      return refusedBecause(request, appended.message);
    case 'full':
      return refusedBecause(
        request,
        `The rollout ${id.name} holds as many requests as it can (20). To stop it: kubectl patch cro ${id.name} -n ${id.namespace} --type=merge -p '{"spec":{"abort":true}}'`,
      );
  }
}

async function answerTo(
  { rollouts, clock, wait }: AskParts,
  id: RolloutId,
  request: string,
): Promise<Answer | undefined> {
  const until = clock.now() + answerWithinMs;
  while (clock.now() < until) {
    const found = (await rollouts.get(id))?.status.answers.find((answer) => answer.id === request);
    if (found !== undefined) return found;
    await wait(askEveryMs);
  }
  return undefined;
}

function refusedBecause({ id, time }: Request, message: string): Answer {
  return { id, outcome: 'refused', message, time };
}
