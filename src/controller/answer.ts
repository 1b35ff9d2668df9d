// Answers what people asked for, one request a turn, in the order it was written.

import type { RolloutEvent } from '../../machines/rollout.ts';
import { approvalAt } from '../domain/approval.ts';
import type { RequestEffect } from '../domain/desk.ts';
import { nextLine } from '../domain/evidence.ts';
import type { Answer, Given, Request } from '../domain/people.ts';
import { answerRequest, openRequests } from '../domain/requests.ts';
import type { RolloutStatus } from '../domain/rollout.ts';
import { retry } from './begin.ts';
import { rollBackIfFailing } from './perform/judge.ts';
import { saveAndSay } from './perform/permit.ts';
import { moveBy, type Sight, save, type Turn } from './turn.ts';
import type { World } from './world.ts';

/** How soon a retry is tried again while the cluster has not computed the revision. */
const lookAgainMs = 2_000;

/** Answers the oldest open request and does what it asks; undefined when none can be answered now. */
export async function answerRequests(world: World, sight: Sight): Promise<Turn | undefined> {
  const { spec, status } = sight.rollout;
  for (const request of openRequests(spec, status)) {
    const outcome = answerRequest(sight.rollout, request, sight.now, sight.frozen);
    if (outcome !== undefined) return carryOut(world, sight, request, outcome.answer, outcome.effect);
  }
  return undefined;
}

async function carryOut(
  world: World,
  sight: Sight,
  request: Request,
  answer: Answer,
  effect: RequestEffect,
): Promise<Turn> {
  const { status } = sight.rollout;
  const answers = [...status.answers, answer];
  world.log.info('A request was answered', {
    namespace: sight.rollout.id.namespace,
    rollout: sight.rollout.id.name,
    verb: request.verb,
    actor: request.actor,
    surface: request.surface,
    outcome: answer.outcome,
  });
  switch (effect.kind) {
    case 'none':
      return save(world, sight, { ...status, answers });
    case 'pause':
      return save(world, sight, { ...status, answers, pausedBy: effect.by, reason: 'Paused', message: answer.message });
    case 'resume':
      return save(world, sight, { ...withoutPause(status), answers, reason: 'Resumed', message: answer.message });
    case 'retry':
      return retryAnd(world, sight, answer);
    case 'unstick':
      return moveBy(world, sight, { type: 'UNSTUCK' }, { reason: 'Retried', message: answer.message }, { answers });
    case 'abort':
      return moveBy(
        world,
        sight,
        { type: 'ROLL_BACK', cause: effect.cause },
        { reason: effect.reason, message: effect.message },
        { answers },
      );
    case 'approve':
      return approve(world, sight, answers, answer, effect);
    case 'override':
      return override(world, sight, { ...status, answers }, effect.override);
    case 'warrant': {
      if (effect.override !== undefined && status.freezeOverride === undefined)
        return override(world, sight, status, effect.override);
      if (effect.full) return save(world, sight, { ...status, answers, fullWarrant: effect.warrant });
      const event: RolloutEvent = { type: 'ADVANCE', warrant: effect.warrant };
      const because = { reason: 'PromotedByPerson', message: effect.warrant.message };
      return (await rollBackIfFailing(world, sight)) ?? moveBy(world, sight, event, because, { answers });
    }
  }
}

/** Keeps who said yes; the next turn looks at the gates and moves. */
async function approve(
  world: World,
  sight: Sight,
  answers: readonly Answer[],
  { message }: Answer,
  { given, override: freezeOverride }: Extract<RequestEffect, { readonly kind: 'approve' }>,
): Promise<Turn> {
  const { status } = sight.rollout;
  if (freezeOverride !== undefined && status.freezeOverride === undefined)
    return override(world, sight, status, freezeOverride);
  const { step, phase, since } = status;
  const asked = approvalAt(status) ?? { of: phase === 'pending' ? 'start' : 'step', step, askedAt: since };
  const { stalled: _, ...kept } = status;
  const words = { reason: 'Approved', message };
  return saveAndSay(
    world,
    sight,
    { ...kept, answers, ...words, approval: { ...asked, given } },
    { type: 'Normal', ...words },
  );
}

/** Keeps that freezes do not hold this rollout any more, before what else the request asks for is done in the next turn. */
function override(world: World, sight: Sight, status: RolloutStatus, given: Given): Promise<Turn> {
  const because = given.reason === undefined ? '' : `: ${given.reason}`;
  const message = `Freezes do not hold this rollout any more, by ${given.by} from ${given.surface}${because}.`;
  const words = { reason: 'FreezeOverridden', message };
  const { stalled: _, ...kept } = status;
  return saveAndSay(world, sight, { ...kept, freezeOverride: given, ...words }, { type: 'Warning', ...words });
}

/** Begins the new attempt before the answer is saved: asked again after a crash, the attempt is found under way. */
async function retryAnd(world: World, sight: Sight, answer: Answer): Promise<Turn> {
  const { status, spec } = sight.rollout;
  const { name } = spec.target;
  const begun = await retry(world, sight.rollout);
  switch (begun.kind) {
    case 'wait':
      return { kind: 'until', due: nextLine(sight.now, lookAgainMs) };
    case 'begun':
    case 'live':
      return save(world, sight, { ...status, answers: [...status.answers, answer] });
    case 'nothing':
    case 'rest':
    case 'refused': {
      const why =
        begun.kind === 'refused'
          ? `what Deployment ${name} asks for cannot be done. Look at its events: kubectl describe deployment ${name} -n ${sight.rollout.id.namespace}`
          : `Deployment ${name} is gone, asks for no canary any more, or has another pod template by now.`;
      const refusal: Answer = { ...answer, outcome: 'refused', message: `Nothing was begun: ${why}` };
      return save(world, sight, { ...status, answers: [...status.answers, refusal] });
    }
  }
}

function withoutPause(status: RolloutStatus): RolloutStatus {
  const { pausedBy: _, ...rest } = status;
  return rest;
}
