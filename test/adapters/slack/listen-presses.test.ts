// Presses in Slack by Socket Mode, against the fake: who may is asked, a press is one request, a late one is told what happened.
import { describe, expect, it } from 'vitest';
import { handOver } from '../../../tools/slack/hand-over.ts';
import { listening, pressOf, seen } from './listen-scene.ts';

describe('a button pressed in Socket Mode', () => {
  it('is acknowledged, and written as a request of the person whom the table names', async () => {
    const { slack, troubles, requests, button, answered } = await listening('socket');

    const envelope = handOver(slack, 'interactive', pressOf('UADA', await button('promote')));
    await answered();

    expect(slack.socket.acknowledged.map((each) => each.id)).toContain(envelope);
    expect(await requests()).toMatchObject([{ verb: 'promote', step: 0, actor: 'ada@example.com', surface: 'slack' }]);
    expect(slack.whispers).toEqual([]);
    expect(troubles).toEqual([]);
  });

  it('is one request however often Slack hands it over', async () => {
    const { slack, rollout, requests, button, whispered, answered } = await listening('socket');
    const press = pressOf('UADA', await button('promote'));

    for (const envelope of ['same', 'same', 'other']) handOver(slack, 'interactive', press, envelope);
    await answered();
    handOver(slack, 'interactive', { ...press, actions: [{ ...press.actions[0], action_ts: '1700000002.000001' }] });
    await seen(async () => {
      expect(slack.socket.acknowledged).toHaveLength(4);
    });

    const [said] = await whispered();
    expect(said).toBe('Promoted past step 1 by ada@example.com from slack.');
    expect(await requests()).toHaveLength(1);
    expect((await rollout()).status.step).toBe(1);
  });

  it('is one request too when Slack says that it hands it over again', async () => {
    const { slack, rollout, requests, button, whispered, answered } = await listening('socket');
    const payload = pressOf('UADA', await button('promote'));
    const envelope = { envelope_id: 'first', type: 'interactive', payload };

    slack.socket.send(envelope);
    await answered();
    slack.socket.send({ ...envelope, envelope_id: 'again', retry_attempt: 1, retry_reason: 'timeout' });
    await seen(async () => {
      expect(slack.socket.acknowledged.map((each) => each.id)).toEqual(['first', 'again']);
    });
    await whispered();

    expect(await requests()).toHaveLength(1);
    expect((await rollout()).status.step).toBe(1);
  });

  it('by a second person moves one step, and tells that person so', async () => {
    const { slack, rollout, button, whispered, answered } = await listening('socket');
    const action = await button('promote');

    handOver(slack, 'interactive', pressOf('UADA', action));
    await answered();
    handOver(slack, 'interactive', pressOf('UMAIL', action));
    const [said] = await whispered();

    expect(said).toMatch(/^Step 1 was promoted already, by ada@example\.com from slack/);
    expect((await rollout()).status.step).toBe(1);
  });

  it('of an earlier rollout does nothing', async () => {
    const { slack, requests, button, whispered } = await listening('socket');
    const action = await button('abort');

    handOver(
      slack,
      'interactive',
      pressOf('UADA', { ...action, value: action.value.replace('uid-rollout', 'uid-another') }),
    );
    const [said] = await whispered();

    expect(said).toContain('which is no more. Nothing was done.');
    expect(await requests()).toEqual([]);
  });

  it.each([
    ['without the right', 'UBOB', 'T1', /bob@example\.com may not promote/],
    ['who is in no table', 'USOMEBODY', 'T1', /Nobody in the cluster is USOMEBODY/],
    ['whom the workspace does not know', 'UNOBODY', 'T1', /The workspace knows no such person/],
    ['who is a guest', 'UGUEST', 'T1', /Guests may not/],
    ['of another workspace', 'UADA', 'T9', /People of other workspaces may not/],
    ['of another workspace whom Slack knows as such', 'UOTHER', 'T1', /People of other workspaces may not/],
  ])('by somebody %s is refused', async (_name, user, team, expected) => {
    const { slack, requests, button, whispered } = await listening('socket');

    handOver(slack, 'interactive', pressOf(user, await button('promote'), team));
    const [said] = await whispered();

    expect(said).toMatch(expected);
    expect(await requests()).toEqual([]);
  });

  it('for details tells what each gate says', async () => {
    const { slack, button, whispered } = await listening('socket');

    handOver(slack, 'interactive', pressOf('UBOB', await button('details')));
    const [said] = await whispered();

    expect(said).toContain('errors: undecided. The errors gate says undecided.');
  });

  it('is heard again after Slack has ended the connection', async () => {
    const { slack, requests, button, answered } = await listening('socket');
    slack.socket.disconnect();
    await seen(async () => {
      expect(slack.socket.connections()).toBe(1);
    });

    handOver(slack, 'interactive', pressOf('UADA', await button('promote')));
    await answered();

    expect(await requests()).toHaveLength(1);
  }, 20_000);
});
