// What becomes of what people ask for: each request is answered once, with a sentence.
import { causeOfAbort } from './approval.ts';
import { type Asked, answers, askedAt, askedBy, type Desk, type RequestOutcome } from './desk.ts';
import type { Frozen } from './freeze.ts';
import { answerApprove, answerPromote } from './moving-requests.ts';
import type { Request } from './people.ts';
import { isAbortable, isFinal, type RolloutSpec, type RolloutStatus } from './rollout.ts';
import { isPaused } from './status.ts';
import type { Instant } from './time.ts';

/** The requests that have no answer yet, oldest first. */
export function openRequests(spec: RolloutSpec, status: RolloutStatus): readonly Request[] {
  const answered = new Set(status.answers.map((answer) => answer.id));
  return spec.requests.filter((request) => !answered.has(request.id));
}

/**
 * Decides one request against where the rollout stands. Never does a thing twice; a late request learns what happened. `frozen` says
 * why nothing moves forward at this instant.
 */
export function answerRequest(asked: Asked, request: Request, now: Instant, frozen?: Frozen): RequestOutcome {
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
      return answerPromote(asked, request, desk, now, frozen);
    case 'approve':
      return answerApprove(asked, request, desk, now, frozen);
  }
}

function answerPause(spec: RolloutSpec, status: RolloutStatus, request: Request, desk: Desk): RequestOutcome {
  if (isFinal(status.phase)) return desk.refused(`The rollout is over (${status.phase}); there is nothing to pause.`);
  if (status.phase === 'promoting' || status.phase === 'finalizing')
    return desk.refused(
      'Too late to pause: a promotion is not left half-way. The new version serves everybody by now.',
    );
  if (!isAbortable(status.phase)) return desk.refused(`Nothing is left to pause: the rollout is ${status.phase}.`);
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
    const cause = causeOfAbort(status);
    const message = `${cause === 'approval' ? 'Approval refused' : 'Aborted'} by ${askedBy(request)}.`;
    return desk.done(message, {
      kind: 'abort',
      message,
      cause,
      reason: cause === 'approval' ? 'ApprovalRefused' : 'Aborted',
    });
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
    return `this version of ${target.name} ${now}. To go back, release the version before it: serin undo ${askedAt(target.name, id)}`;
  }
  const annotate = (deployment: string, word: string) =>
    `kubectl annotate deployment/${askedAt(deployment, id)} serin.dev/canary-of${word}`;
  return (
    `${canary.workload} is ${promoted ? 'promoted' : 'being promoted'} and serves as stable. To go back, release the old version as a ` +
    `canary of the new one: ${annotate(canary.workload, '-')} && ${annotate(stable.workload, `=${canary.workload}`)}`
  );
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
