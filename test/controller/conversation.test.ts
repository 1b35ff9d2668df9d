// What several people ask at the same moment, and what is asked of another controller's namespace, over rollouts in memory.
import { describe, expect, it } from 'vitest';
import { aVerdict } from '../support/builders.ts';
import { id, talking } from './conversation-scene.ts';

type Scene = Awaited<ReturnType<typeof talking>>;

/** Somebody with the rights to look and to promote. */
function speakerIn({ callers }: Scene, name: string) {
  callers.allow(name, ['get', 'promote'], 'shop');
  return { caller: { name, groups: [] }, id: `U${name}` };
}

describe('in a conversation', () => {
  it('what five people press at once is written and done once, and four hear who did it', async () => {
    const scene = await talking({ phase: 'baking', step: 0 });
    const { talk, rollouts } = scene;
    const people = ['ada', 'bob', 'carol', 'dan', 'eve'].map((name) => speakerIn(scene, name));
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
    const scene = await talking({ phase: 'shifting', step: 1 });
    const { talk, rollouts } = scene;

    const said = await talk.command(speakerIn(scene, 'ada'), 'promote reviews-v2', 'slack-1');

    expect(said).toBe(
      `${id.name} is on its way to step 2, so that it is not clear which step is meant. ` +
        `Ask again once it is there, or name it: serin promote ${id.name} -n shop --step 2`,
    );
    expect((await rollouts.get(id))?.spec.requests).toEqual([]);
  });
});

it('why tells what every gate says, with the query where it has one', async () => {
  const asked = aVerdict('undecided', { query: 'sum(istio_requests_total)' });
  const scene = await talking({ phase: 'baking', verdicts: [asked, aVerdict('pass', { gate: 'health' })] });

  const said = await scene.talk.command(speakerIn(scene, 'ada'), 'why reviews-v2', 'slack-1');

  expect(said.split('\n').slice(-3)).toEqual([
    'errors: undecided. The errors gate says undecided.',
    'sum(istio_requests_total)',
    'health: pass. The errors gate says pass.',
  ]);
});

describe('a controller for one namespace', () => {
  const notHere =
    'This controller looks after namespace bank alone. Nothing was done. Ask the controller that looks after shop.';

  it('says of a press from another namespace that it does not look after that, and does nothing', async () => {
    const scene = await talking({ phase: 'baking', step: 0 }, 'bank');
    const { uid = '' } = (await scene.rollouts.get(id)) ?? {};
    const press = { verb: 'promote', namespace: 'shop', rollout: id.name, uid, step: 0, asked: 0 } as const;

    const said = await scene.talk.press(speakerIn(scene, 'ada'), press);

    expect(said).toBe(notHere);
    expect((await scene.rollouts.get(id))?.spec.requests).toEqual([]);
  });

  it.each(['promote', 'status', 'why'])(
    'says of `%s` with another namespace that it does not look after that, and does nothing',
    async (verb) => {
      const scene = await talking({ phase: 'baking', step: 0 }, 'bank');

      const said = await scene.talk.command(speakerIn(scene, 'ada'), `${verb} shop/reviews-v2`, 'slack-1');

      expect(said).toBe(notHere);
      expect((await scene.rollouts.get(id))?.spec.requests).toEqual([]);
    },
  );

  it('takes its own namespace by name', async () => {
    const scene = await talking({ phase: 'baking', step: 0 }, 'shop');

    const said = await scene.talk.command(speakerIn(scene, 'ada'), 'promote shop/reviews-v2', 'slack-1');

    expect(said).toBe(`${id.name}: Promoted past step 1 by ada from slack.`);
  });
});
