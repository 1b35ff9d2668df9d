// What becomes of a promote and of an approve: the two that move a rollout forward.
import { approvalAt, barred, isAwaitingApproval } from './approval.ts';
import { type Asked, askedAt, askedBy, type Desk, type RequestOutcome } from './desk.ts';
import type { Frozen } from './freeze.ts';
import type { Answer, Given, Request } from './people.ts';
import { isAbortable } from './rollout.ts';
import { isPaused } from './status.ts';
import { formatDuration, type Instant } from './time.ts';

/** A promote: a person's warrant, and where approval is waited for that too. In a freeze it is refused unless it overrides it. */
export function answerPromote(
  asked: Asked,
  request: Request,
  desk: Desk,
  now: Instant,
  frozen: Frozen | undefined,
): RequestOutcome {
  const { id, spec, status } = asked;
  const full = request.verb === 'promoteFull';
  const refused =
    tooLateToMove(asked, request, desk) ?? wrongStep(asked, request, desk) ?? barredFrom(asked, request, desk);
  if (refused !== undefined) return refused;
  if (isPaused(spec, status))
    return desk.refused(`The rollout is paused. Resume it first: serin resume ${askedAt(spec.target.name, id)}`);
  if (full && status.fullWarrant !== undefined)
    return desk.repeated(`It goes through all remaining steps already. ${status.fullWarrant.message}`);
  const thawed = overriding(asked, request, desk, now, frozen);
  if (thawed !== undefined && 'answer' in thawed) return thawed;
  if (status.phase === 'pending') return promotePending(asked, request, desk, now, thawed);
  if (!full && status.phase !== 'baking' && status.phase !== 'awaitingApproval')
    return thawed === undefined ? undefined : overridden(asked, request, desk, thawed.override);
  const message = `Promoted ${full ? 'through all remaining steps' : `past step ${status.step + 1}`} by ${askedBy(request)}.`;
  return desk.done(message, {
    kind: 'warrant',
    warrant: { kind: 'person', step: status.step, message },
    full,
    ...thawed,
  });
}

/** A promote of what waits for its start is its approval. */
function promotePending(
  asked: Asked,
  request: Request,
  desk: Desk,
  now: Instant,
  thawed: { readonly override: Given } | undefined,
): RequestOutcome {
  const { status } = asked;
  if (isAwaitingApproval(status)) return approved(request, desk, now, 'The start is', thawed);
  if (thawed !== undefined) return overridden(asked, request, desk, thawed.override);
  return desk.refused(`The rollout has not started: ${status.message}`);
}

/** What a freeze makes of a promote: undefined where it does not matter, the override it asks for, or an answer. */
function overriding(
  { id, spec, status }: Asked,
  request: Request,
  desk: Desk,
  now: Instant,
  frozen: Frozen | undefined,
): { readonly override: Given } | NonNullable<RequestOutcome> | undefined {
  const where = askedAt(spec.target.name, id);
  if (request.overrideFreeze === true) {
    const { reason } = request;
    if (reason === undefined || reason.trim() === '')
      return desk.refused(
        `An override needs a reason: serin promote ${where} --override-freeze --reason "why it cannot wait"`,
      );
    return { override: given(request, now) };
  }
  if (frozen === undefined || status.freezeOverride !== undefined) return undefined;
  return desk.refused(
    `${frozen.message} To go on all the same, with the right to override: serin promote ${where} --override-freeze --reason "why it cannot wait"`,
  );
}

function overridden({ status }: Asked, request: Request, desk: Desk, override: Given): RequestOutcome {
  const before = status.freezeOverride;
  if (before !== undefined)
    return desk.repeated(`Freezes do not hold this rollout already, by ${before.by} from ${before.surface}.`);
  return desk.done(`Freezes do not hold this rollout any more, by ${askedBy(request)}.`, {
    kind: 'override',
    override,
  });
}

/** An approve: the word that the rollout waits for, for the step it names, once. */
export function answerApprove(
  asked: Asked,
  request: Request,
  desk: Desk,
  now: Instant,
  frozen: Frozen | undefined,
): RequestOutcome {
  const { spec, status } = asked;
  const refused = tooLateToMove(asked, request, desk) ?? wrongStep(asked, request, desk);
  if (refused !== undefined) return refused;
  if (spec.plan.approval === undefined)
    return desk.refused('This rollout asks for no approval; it goes by its gates alone (serin.dev/approval is none).');
  const approval = approvalAt(status);
  const what = status.phase === 'pending' ? 'The start is' : `Step ${status.step + 1} is`;
  if (approval?.given !== undefined) {
    const { by, surface, time } = approval.given;
    return desk.repeated(`${what} approved already${ago(time, request.time)}, by ${by} from ${surface}.`);
  }
  if (!isAwaitingApproval(status)) return desk.refused(`Nothing waits for approval yet: ${status.message}`);
  const holds = frozen === undefined || status.freezeOverride !== undefined ? undefined : frozen.message;
  return barredFrom(asked, request, desk) ?? approved(request, desk, now, what, undefined, holds);
}

function approved(
  request: Request,
  desk: Desk,
  now: Instant,
  what: string,
  thawed: { readonly override: Given } | undefined,
  holds?: string,
): RequestOutcome {
  const waits = holds === undefined ? '' : ` It goes on when that is over: ${holds}`;
  return desk.done(`${what} approved by ${askedBy(request)}.${waits}`, {
    kind: 'approve',
    given: given(request, now),
    ...thawed,
  });
}

function given({ actor, surface, reason }: Request, time: Instant): Given {
  return { by: actor, surface, time, ...(reason === undefined ? {} : { reason }) };
}

/** Promoting counts as approving, so that whoever may not approve may not promote either. */
function barredFrom({ spec }: Asked, { actor }: Request, desk: Desk): RequestOutcome {
  const why = barred(spec.plan, actor);
  return why === undefined ? undefined : desk.refused(why);
}

function tooLateToMove(asked: Asked, request: Request, desk: Desk): RequestOutcome {
  const { id, spec, status } = asked;
  if (status.phase === 'promoted' || status.phase === 'promoting' || status.phase === 'finalizing')
    return desk.repeated(`It is promoted already${ago(status.since, request.time)}${lastWord(asked)}.`);
  if (status.phase === 'held')
    return desk.refused(
      `The rollout is held: ${status.message} To try again: serin retry ${askedAt(spec.target.name, id)}`,
    );
  if (isAbortable(status.phase)) return undefined;
  return desk.refused(`The rollout is ${status.phase}: ${status.message} Nothing overrides that.`);
}

/** By whom the last step was left, where that was a person. */
function lastWord(asked: Asked): string {
  const last = deedAt(asked, asked.status.step);
  return last === undefined ? '' : `, by ${last.request.actor} from ${last.request.surface}`;
}

/** The promote or approve that was done for a step, the newest. */
function deedAt(
  { spec, status }: Asked,
  step: number,
): { readonly request: Request; readonly answer: Answer } | undefined {
  const done = new Map(status.answers.filter(({ outcome }) => outcome === 'done').map((answer) => [answer.id, answer]));
  const deeds = spec.requests.flatMap((request) => {
    const answer = done.get(request.id);
    const moves = request.verb === 'promote' || request.verb === 'approve';
    return answer !== undefined && moves && request.step === step ? [{ request, answer }] : [];
  });
  return deeds.at(-1);
}

function wrongStep(asked: Asked, request: Request, desk: Desk): RequestOutcome {
  const { status } = asked;
  if (request.verb === 'promoteFull' || request.step === undefined) return undefined;
  if (request.step < status.step) return desk.repeated(leftSentence(asked, request.step, request.time));
  if (request.step === status.step) return undefined;
  return desk.refused(`The rollout is at step ${status.step + 1}, not yet at step ${request.step + 1}.`);
}

function leftSentence(asked: Asked, step: number, now: Instant): string {
  const deed = deedAt(asked, step);
  const present = `the rollout is at step ${asked.status.step + 1}`;
  if (deed === undefined) return `Step ${step + 1} was left already; ${present}.`;
  const { request, answer } = deed;
  const word = request.verb === 'approve' ? 'approved' : 'promoted';
  return `Step ${step + 1} was ${word} already${ago(answer.time, now)}, by ${request.actor} from ${request.surface}; ${present}.`;
}

function ago(then: Instant, now: Instant): string {
  const seconds = Math.round((now - then) / 1_000);
  return seconds <= 0 ? '' : `, ${formatDuration(seconds * 1_000)} ago`;
}
