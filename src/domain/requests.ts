// What becomes of what people ask for: each request is answered once, with a sentence.
import {
  type Answer,
  isAbortable,
  isFinal,
  type Request,
  type Rollout,
  type RolloutSpec,
  type RolloutStatus,
  type Warrant,
} from './rollout.ts';
import { isPaused } from './status.ts';
import { formatDuration, type Instant } from './time.ts';

/** What a request does to the rollout besides being answered. */
export type RequestEffect =
  | { readonly kind: 'none' }
  | { readonly kind: 'pause'; readonly by: string }
  | { readonly kind: 'resume' }
  | { readonly kind: 'abort'; readonly message: string }
  | { readonly kind: 'warrant'; readonly warrant: Warrant; readonly full: boolean }
  /** Begin a new attempt of a rollout that was rolled back. */
  | { readonly kind: 'retry' }
  /** Try again what a held rollout is stuck at. */
  | { readonly kind: 'unstick' };

/** A rollout as far as its answers go. */
type Asked = Pick<Rollout, 'id' | 'spec' | 'status'>;

/** `undefined` for a request that has to wait for the next phase. */
export type RequestOutcome = { readonly answer: Answer; readonly effect: RequestEffect } | undefined;

/** The requests that have no answer yet, oldest first. */
export function openRequests(spec: RolloutSpec, status: RolloutStatus): readonly Request[] {
  const answered = new Set(status.answers.map((answer) => answer.id));
  return spec.requests.filter((request) => !answered.has(request.id));
}

/** Decides one request against where the rollout stands. Never does a thing twice; a late request learns what happened. */
export function answerRequest(asked: Asked, request: Request, now: Instant): RequestOutcome {
  const { spec, status } = asked;
  const desk = answers(request, now);
  switch (request.verb) {
    case 'pause':
      return answerPause(spec, status, request, desk);
    case 'resume':
      return answerResume(spec, status, desk);
    case 'abort':
      return answerAbort(asked, request, desk);
    case 'retry':
      return answerRetry(asked, desk);
    case 'promote':
    case 'promoteFull':
      return answerPromote(asked, request, desk);
  }
}

interface Desk {
  done(message: string, effect: RequestEffect): RequestOutcome;
  refused(message: string): RequestOutcome;
  repeated(message: string): RequestOutcome;
}

function answers(request: Request, now: Instant): Desk {
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

function answerPause(spec: RolloutSpec, status: RolloutStatus, request: Request, desk: Desk): RequestOutcome {
  if (isFinal(status.phase)) return desk.refused(`The rollout is over (${status.phase}); there is nothing to pause.`);
  if (isPaused(spec, status)) return desk.repeated('The rollout is paused already.');
  const message = `Paused by ${askedBy(request)}. Forward moves wait; a failing gate still rolls back.`;
  return desk.done(message, { kind: 'pause', by: request.actor });
}

function answerResume(spec: RolloutSpec, status: RolloutStatus, desk: Desk): RequestOutcome {
  if (spec.paused) return desk.refused('spec.paused is true on the rollout; set it to false to go on.');
  if (status.pausedBy === undefined) return desk.repeated('The rollout is not paused.');
  return desk.done('Resumed.', { kind: 'resume' });
}

function answerAbort(asked: Asked, request: Request, desk: Desk): RequestOutcome {
  const { status } = asked;
  if (isAbortable(status.phase)) {
    const message = `Aborted by ${askedBy(request)}.`;
    return desk.done(message, { kind: 'abort', message });
  }
  if (status.phase === 'rollingBack' || status.phase === 'rolledBack')
    return desk.repeated(`It is rolled back already. ${status.message}`);
  return desk.refused(`Too late to abort: ${tooLate(asked)}`);
}

/** What has become of the canary by now, and the way back. */
function tooLate({ id, spec, status }: Asked): string {
  const { target, stable, canary } = spec;
  const promoted = status.phase === 'promoted';
  if (spec.mode === 'managed') {
    const now = promoted ? 'is promoted and is the new stable' : 'is being promoted, and its copy serves all traffic';
    return `this version of ${target.name} ${now}. To go back, release the version before it: serin undo ${at(target.name, id)}`;
  }
  const annotate = (deployment: string, word: string) =>
    `kubectl annotate deployment/${at(deployment, id)} serin.dev/canary-of${word}`;
  return (
    `${canary.workload} is ${promoted ? 'promoted' : 'being promoted'} and serves as stable. To go back, release the old version as a ` +
    `canary of the new one: ${annotate(canary.workload, '-')} && ${annotate(stable.workload, `=${canary.workload}`)}`
  );
}

/** A name as it is typed, with its namespace. */
function at(name: string, { namespace }: Rollout['id']): string {
  return `${name} -n ${namespace}`;
}

function answerRetry({ spec, status }: Asked, desk: Desk): RequestOutcome {
  const { name } = spec.target;
  if (status.phase === 'rolledBack') return desk.done(`A new attempt of ${name} is begun.`, { kind: 'retry' });
  if (status.phase === 'held') return desk.done('What it was held at is tried again.', { kind: 'unstick' });
  if (status.phase === 'promoted') return desk.refused(`${name} is promoted; there is nothing to retry.`);
  return desk.refused(
    `The rollout is under way (${status.phase}); retry is for one that is held or that was rolled back.`,
  );
}

function answerPromote(asked: Asked, request: Request, desk: Desk): RequestOutcome {
  const { id, spec, status } = asked;
  const full = request.verb === 'promoteFull';
  const ended = promoteTooLate(asked, request, desk) ?? wrongStep(status, request, desk);
  if (ended !== undefined) return ended;
  if (isPaused(spec, status))
    return desk.refused(`The rollout is paused. Resume it first: serin resume ${at(spec.target.name, id)}`);
  if (full && status.fullWarrant !== undefined)
    return desk.repeated(`It goes through all remaining steps already. ${status.fullWarrant.message}`);
  if (status.phase === 'pending') return desk.refused(`The rollout has not started: ${status.message}`);
  if (!full && status.phase !== 'baking' && status.phase !== 'awaitingApproval') return undefined;
  const message = `Promoted ${full ? 'through all remaining steps' : `past step ${status.step + 1}`} by ${askedBy(request)}.`;
  return desk.done(message, { kind: 'warrant', warrant: { kind: 'person', step: status.step, message }, full });
}

function promoteTooLate({ id, spec, status }: Asked, request: Request, desk: Desk): RequestOutcome {
  if (status.phase === 'promoted' || status.phase === 'promoting' || status.phase === 'finalizing')
    return desk.repeated(`It is promoted already${ago(status.since, request.time)}.`);
  if (status.phase === 'held')
    return desk.refused(`The rollout is held: ${status.message} To try again: serin retry ${at(spec.target.name, id)}`);
  if (isAbortable(status.phase)) return undefined;
  return desk.refused(`The rollout is ${status.phase}: ${status.message} Nothing overrides that.`);
}

function wrongStep(status: RolloutStatus, request: Request, desk: Desk): RequestOutcome {
  if (request.verb === 'promoteFull' || request.step === undefined) return undefined;
  if (request.step < status.step)
    return desk.repeated(`Step ${request.step + 1} was left already; the rollout is at step ${status.step + 1}.`);
  if (request.step === status.step) return undefined;
  return desk.refused(`The rollout is at step ${status.step + 1}, not yet at step ${request.step + 1}.`);
}

function ago(then: Instant, now: Instant): string {
  const seconds = Math.round((now - then) / 1_000);
  return seconds <= 0 ? '' : `, ${formatDuration(seconds * 1_000)} ago`;
}
