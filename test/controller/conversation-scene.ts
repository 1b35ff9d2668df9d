// A conversation about one rollout in memory, with a controller that answers when somebody waits.
import { memoryCallers } from '../../src/adapters/memory/callers.ts';
import { memoryRollouts } from '../../src/adapters/memory/rollouts.ts';
import { conversation } from '../../src/controller/conversation.ts';
import { answerRequest, openRequests } from '../../src/domain/requests.ts';
import type { RolloutStatus } from '../../src/domain/rollout.ts';
import { aSpec, aStatus } from '../support/builders.ts';
import { simulatedClock } from '../support/clock.ts';

/** The rollout that is spoken about. */
export const id = { namespace: 'shop', name: 'reviews-v2-two-1' };

/** A conversation from Slack, over the rollout with this status; with a namespace, of a controller for that one alone. */
export async function talking(status: Partial<RolloutStatus>, namespace?: string) {
  const clock = simulatedClock();
  const rollouts = memoryRollouts({ clock });
  const callers = memoryCallers();
  await rollouts.create(id, aSpec(), aStatus(status));

  /** What a controller does with requests, as far as conversations go. */
  async function answerNext(): Promise<void> {
    const rollout = await rollouts.get(id);
    const [request] = rollout === undefined ? [] : openRequests(rollout.spec, rollout.status);
    if (rollout === undefined || request === undefined) return;
    const outcome = answerRequest(rollout, request, clock.now());
    if (outcome === undefined) return;
    const answers = [...rollout.status.answers, outcome.answer];
    await rollouts.save(rollout, { ...after(rollout.status, outcome.effect.kind), answers });
  }

  const talk = conversation({
    rollouts,
    desk: rollouts,
    callers,
    clock,
    surface: 'slack',
    wait: async (ms) => {
      clock.pass(ms);
      await answerNext();
    },
    ...(namespace === undefined ? {} : { namespace }),
  });
  return { talk, rollouts, callers };
}

function after(status: RolloutStatus, effect: string): RolloutStatus {
  if (effect === 'warrant') return { ...status, step: status.step + 1, phase: 'shifting' };
  return effect === 'pause' ? { ...status, pausedBy: 'somebody' } : status;
}
