// What several people ask at the same moment, over rollouts in memory.
import { describe, expect, it } from 'vitest';
import { memoryCallers } from '../../src/adapters/memory/callers.ts';
import { memoryRollouts } from '../../src/adapters/memory/rollouts.ts';
import { conversation } from '../../src/controller/conversation.ts';
import { answerRequest, openRequests } from '../../src/domain/requests.ts';
import type { RolloutStatus } from '../../src/domain/rollout.ts';
import { aSpec, aStatus } from '../support/builders.ts';
import { simulatedClock } from '../support/clock.ts';

const id = { namespace: 'shop', name: 'reviews-v2-two-1' };

/** A conversation about one rollout, with a controller that answers when somebody waits. */
async function talking(status: Partial<RolloutStatus>) {
  const clock = simulatedClock();
  const rollouts = memoryRollouts({ clock });
  const callers = memoryCallers();
  await rollouts.create(id, aSpec(), aStatus(status));

  async function answerAll(): Promise<void> {
    const rollout = await rollouts.get(id);
    const [request] = rollout === undefined ? [] : openRequests(rollout.spec, rollout.status);
    if (rollout === undefined || request === undefined) return;
    const outcome = answerRequest(rollout, request, clock.now());
    if (outcome === undefined) return;
    const { status: before } = rollout;
    const moved = outcome.effect.kind === 'warrant' ? { step: before.step + 1, phase: 'shifting' as const } : {};
    await rollouts.save(rollout, { ...before, ...moved, answers: [...before.answers, outcome.answer] });
  }

  const talk = conversation({
    rollouts,
    desk: rollouts,
    callers,
    clock,
    surface: 'slack',
    wait: async (ms) => {
      clock.pass(ms);
      await answerAll();
    },
  });
  function speaker(name: string) {
    callers.allow(name, ['get', 'promote'], 'shop');
    return { caller: { name, groups: [] }, id: `U${name}` };
  }
  return { talk, rollouts, speaker };
}

describe('in a conversation', () => {
  it('what five people press at once is written and done once, and four hear who did it', async () => {
    const { talk, rollouts, speaker } = await talking({ phase: 'baking', step: 0 });
    const people = ['ada', 'bob', 'carol', 'dan', 'eve'].map(speaker);
    const { uid = '' } = (await rollouts.get(id)) ?? {};
    const press = { verb: 'promote', namespace: 'shop', rollout: id.name, uid, step: 0, asked: 0 } as const;

    const said = await Promise.all(people.map((person) => talk.press(person, press)));

    const after = await rollouts.get(id);
    expect(after?.spec.requests).toHaveLength(1);
    const actor = after?.spec.requests[0]?.actor;
    expect(said.filter((each) => each === undefined)).toHaveLength(1);
    expect(said.flatMap((each) => each ?? []).map((each) => each.replace(/, \w+ ago/, ''))).toEqual(
      Array(4).fill(`Step 1 was promoted already, by ${actor} from slack; the rollout is at step 2.`),
    );
  });

  it('a promotion that is typed while the weight is on its way to the next step moves none', async () => {
    const { talk, rollouts, speaker } = await talking({ phase: 'shifting', step: 1 });

    const said = await talk.command(speaker('ada'), 'promote reviews-v2', 'slack-1');

    expect(said).toBe(
      `${id.name} is on its way to step 2, so that it is not clear which step is meant. ` +
        `Ask again once it is there, or name it: serin promote ${id.name} -n shop --step 2`,
    );
    expect((await rollouts.get(id))?.spec.requests).toEqual([]);
  });
});
