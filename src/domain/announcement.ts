// The one message a rollout has: decided here, drawn by whoever tells people.

import { isAwaitingApproval } from './approval.ts';
import type { Request, Verb } from './people.ts';
import { openRequests } from './requests.ts';
import { isAbortable, isFinal, type Phase, type Rollout, type RolloutId } from './rollout.ts';
import { displayOf, isPaused } from './status.ts';
import { decisive } from './verdict.ts';

/** How a rollout stands, for people who look at it in passing. */
export type Standing = 'running' | 'needsYou' | 'paused' | 'goingBack' | 'promoted' | 'rolledBack';

/** What a button asks of the rollout, with the sentence that names its effect before it is pressed. */
export interface NoticeButton {
  readonly verb: Extract<Verb, 'promote' | 'approve' | 'pause' | 'resume' | 'abort' | 'retry'> | 'details';
  readonly label: string;
  readonly look: 'primary' | 'danger' | 'plain';
  readonly confirm?: { readonly title: string; readonly text: string; readonly yes: string };
}

/** The message of a rollout as it stands: words and buttons, nothing of how they look. */
export interface Notice {
  readonly id: RolloutId;
  readonly uid: string;
  readonly step: number;
  /** How many requests were written when it was worded: a button pressed twice on one message is one request. */
  readonly asked: number;
  /** The Deployment under rollout. */
  readonly service: string;
  /** Cluster and namespace, as far as they are known. */
  readonly place: string;
  readonly from: string;
  readonly to: string;
  readonly standing: Standing;
  /** Phase, step and weight in one line. */
  readonly progress: string;
  /** The sentence of what decides now. */
  readonly sentence: string;
  /** Who did what, the latest last. */
  readonly deeds: readonly string[];
  readonly buttons: readonly NoticeButton[];
  /** Equal keys are messages not worth an edit. */
  readonly key: string;
}

const phaseWords: Readonly<Record<Phase, string>> = {
  pending: 'Waiting to start',
  preparing: 'Preparing',
  shifting: 'Shifting traffic',
  baking: 'Baking',
  awaitingApproval: 'Waiting for approval',
  promoting: 'Promoting',
  finalizing: 'Finalizing',
  held: 'Held',
  rollingBack: 'Rolling back',
  promoted: 'Promoted',
  rolledBack: 'Rolled back',
};

/** Deeds that a message has room for. */
const mostDeeds = 5;

/** The message of a rollout. `cluster` is the name people know it by; without one the namespace stands alone. */
export function noticeOf(rollout: Rollout, cluster?: string): Notice {
  const { id, uid, spec, status } = rollout;
  const standing = standingOf(rollout);
  return {
    id,
    uid,
    step: status.step,
    asked: spec.requests.length,
    service: spec.target.name,
    place: cluster === undefined ? id.namespace : `${cluster}/${id.namespace}`,
    from: imagesOf(spec.stable.images),
    to: imagesOf(spec.canary.images),
    standing,
    progress: progressOf(rollout, standing),
    sentence: sentenceOf(rollout),
    deeds: deedsOf(rollout),
    buttons: buttonsOf(rollout),
    key: keyOf(rollout, standing),
  };
}

function standingOf({ spec, status }: Rollout): Standing {
  if (status.phase === 'promoted' || status.phase === 'rolledBack') return status.phase;
  if (status.phase === 'rollingBack') return 'goingBack';
  if (isAwaitingApproval(status) || status.phase === 'held' || status.stalled !== undefined) return 'needsYou';
  return isPaused(spec, status) ? 'paused' : 'running';
}

function imagesOf(images: readonly string[]): string {
  return images.length === 0 ? 'unknown image' : images.join(', ');
}

function progressOf({ spec, status }: Rollout, standing: Standing): string {
  const words = `${phaseWords[status.phase]}${standing === 'paused' ? ' (paused)' : ''}`;
  if (isFinal(status.phase) || status.phase === 'rollingBack')
    return status.cause === undefined ? words : `${words} (${causeWords[status.cause]})`;
  const { step, weight } = displayOf(spec, status);
  return `${words}, step ${step}, ${weight} of traffic`;
}

const causeWords: Readonly<Record<NonNullable<Rollout['status']['cause']>, string>> = {
  gate: 'a gate failed',
  health: 'its pods are sick',
  person: 'aborted by a person',
  superseded: 'a newer version came',
  stableChanged: 'stable changed',
  deadline: 'not ready in time',
  undecided: 'no verdict in time',
  approval: 'not approved',
};

/** While it bakes, what the gate that decides says; otherwise what the rollout says of itself. */
function sentenceOf({ status }: Rollout): string {
  if (status.stalled !== undefined) return status.stalled.message;
  if (status.phase !== 'baking' && status.phase !== 'awaitingApproval') return status.message;
  return decisive(status.verdicts)?.message ?? status.message;
}

function deedsOf({ spec, status }: Rollout): readonly string[] {
  const answers = new Map(status.answers.map((answer) => [answer.id, answer]));
  return spec.requests
    .flatMap((request) => {
      const answer = answers.get(request.id);
      if (answer === undefined) return [`${deed(request)}, not answered yet`];
      return answer.outcome === 'done' ? [deed(request)] : [];
    })
    .slice(-mostDeeds);
}

const deedWords: Readonly<Record<Verb, string>> = {
  promote: 'Promote',
  promoteFull: 'Promote --full',
  abort: 'Abort',
  pause: 'Pause',
  resume: 'Resume',
  retry: 'Retry',
  approve: 'Approve',
};

/** Who, when and why, as "Promote of step 2 by ada from slack at 14:02 UTC: looks good". */
function deed(request: Request): string {
  const step = request.step === undefined ? '' : ` of step ${request.step + 1}`;
  const at = `${new Date(request.time).toISOString().slice(11, 16)} UTC`;
  const because = request.reason === undefined ? '' : `: ${request.reason}`;
  return `${deedWords[request.verb]}${step} by ${request.actor} from ${request.surface} at ${at}${because}`;
}

function keyOf({ spec, status }: Rollout, standing: Standing): string {
  const verdict = decisive(status.verdicts);
  const words = [
    status.phase,
    status.step,
    status.weight.intended,
    standing,
    verdict === undefined ? '-' : `${verdict.gate}=${verdict.verdict}`,
    status.stalled?.reason ?? '-',
    spec.requests.length,
    status.answers.length,
  ];
  return words.join(' ').slice(0, 200);
}

/** The buttons of the phase; those that move it are gone while one of them waits for its answer. */
function buttonsOf(rollout: Rollout): readonly NoticeButton[] {
  const details: NoticeButton = { verb: 'details', label: 'Details', look: 'plain' };
  if (openRequests(rollout.spec, rollout.status).length > 0) return [details];
  return [...movesOf(rollout), details];
}

function movesOf(rollout: Rollout): readonly NoticeButton[] {
  const { spec, status } = rollout;
  const { phase } = status;
  if (phase === 'held' || phase === 'rolledBack') return [retryOf(rollout)];
  if (!isAbortable(phase)) return [];
  const paused = isPaused(spec, status);
  return [
    ...(isAwaitingApproval(status) ? [approveOf(rollout)] : []),
    ...(phase === 'baking' && !paused ? [promoteOf(rollout)] : []),
    ...(spec.paused ? [] : [paused ? resumeOf(rollout) : pauseOf(rollout)]),
    abortOf(rollout),
  ];
}

function promoteOf(rollout: Rollout): NoticeButton {
  const text = `${nextOf(rollout)} The evidence still missing is not waited for. A gate that fails still rolls it back.`;
  return {
    verb: 'promote',
    label: 'Promote',
    look: 'primary',
    confirm: { title: 'Promote this step?', text, yes: 'Promote' },
  };
}

function approveOf(rollout: Rollout): NoticeButton {
  const text = `${nextOf(rollout)} A gate that fails still rolls it back.`;
  return { verb: 'approve', label: 'Approve', look: 'primary', confirm: { title: 'Approve?', text, yes: 'Approve' } };
}

/** What a yes leads to. */
function nextOf(rollout: Rollout): string {
  const { spec, status } = rollout;
  const step = status.phase === 'pending' ? 0 : status.step + 1;
  const weight = spec.plan.steps[step];
  const images = imagesOf(spec.canary.images);
  if (weight === undefined) return `${named(rollout)} becomes stable: ${images} serves everybody.`;
  return `${named(rollout)} goes on to step ${step + 1} of ${spec.plan.steps.length}: ${weight}% of its traffic meets ${images}.`;
}

function pauseOf(rollout: Rollout): NoticeButton {
  const text = `${named(rollout)} stays at ${rollout.status.weight.intended}% until somebody resumes it. A gate that fails still rolls it back.`;
  return { verb: 'pause', label: 'Pause', look: 'plain', confirm: { title: 'Pause?', text, yes: 'Pause' } };
}

function resumeOf(rollout: Rollout): NoticeButton {
  const text = `${named(rollout)} goes on by its plan as soon as its gates allow.`;
  return { verb: 'resume', label: 'Resume', look: 'plain', confirm: { title: 'Resume?', text, yes: 'Resume' } };
}

function abortOf(rollout: Rollout): NoticeButton {
  const text = `All traffic of ${named(rollout)} goes back to ${imagesOf(rollout.spec.stable.images)} at once, and this version is rejected.`;
  return { verb: 'abort', label: 'Abort', look: 'danger', confirm: { title: 'Abort?', text, yes: 'Abort' } };
}

function retryOf(rollout: Rollout): NoticeButton {
  const held = rollout.status.phase === 'held';
  const text = held
    ? `What ${named(rollout)} is held at is tried again.`
    : `${named(rollout)} is released anew from the first step: ${imagesOf(rollout.spec.canary.images)}.`;
  return { verb: 'retry', label: 'Retry', look: 'plain', confirm: { title: 'Retry?', text, yes: 'Retry' } };
}

function named({ id, spec }: Rollout): string {
  return `${id.namespace}/${spec.target.name}`;
}
