// Slack through what goes wrong: messages are deleted, Slack fails, controllers are killed. The message stays one, and its end is told.
import { fetch } from 'undici';
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../tools/slack/fake-slack.ts';
import { eventually } from '../support/eventually.ts';
import { slackStoryOf } from '../support/slack-story.ts';
import type { Story } from '../support/story.ts';

const patient = { 'slack-channel': 'releases', bake: '10m', 'max-bake': '20m' };

/** Every third call fails, each time otherwise. */
function everyThird(): () => Failure | undefined {
  const failures: readonly Failure[] = [
    { kind: 'limited', seconds: 1 },
    { kind: 'status', status: 503 },
    { kind: 'dropped', done: 'never' },
  ];
  let calls = 0;
  return () => {
    calls += 1;
    return calls % 3 === 0 ? failures[(calls / 3) % failures.length] : undefined;
  };
}

/** How often the controller started last has said that something may stand twice. */
async function maybeTwice(story: Story): Promise<number> {
  const answer = await fetch(`${story.controller().url}/metrics`, { signal: AbortSignal.timeout(5_000) });
  return Number(/^serin_announcements_maybe_twice_total (\d+)$/m.exec(await answer.text())?.[1]);
}

describe.concurrent('the message of a rollout', () => {
  it('is gone on with by another controller when the first is killed, while Slack fails', async (context) => {
    const { story, slack, flags, messages, shows } = await slackStoryOf(context, 'slack-killed');
    slack.failing(everyThird());
    await story.release(patient);
    const first = await shows('the first step', ({ text }) => text.includes('Baking, step 1/4'));
    const saved = await story.until('its place', ({ status }) => status['slack'] !== undefined);
    const killed = story.controller();
    await story.startController({ flags });

    await killed.kill();
    const aborted = await story.serin('abort', 'reviews-v2', '--reason', 'wrong colour');
    await story.reaches('rolledBack');
    const last = await shows('the end', ({ text }) => text.startsWith('Rolled back: reviews-v2'));
    const end = await story.until('all to be told', ({ status }) => JSON.stringify(status['outbox'] ?? []) === '[]');

    expect(aborted.code).toBe(0);
    expect(saved.status['slack']).toMatchObject({ channel: 'CRELEASES', ts: first.ts });
    expect(end.status['slack']).toMatchObject({ channel: 'CRELEASES', ts: first.ts });
    expect(last.ts).toBe(first.ts);
    expect(messages()).toHaveLength(1);
    const ends = slack.messages.filter(({ broadcast }) => broadcast).map(({ text }) => text);
    expect(ends).toHaveLength(1);
    expect(ends[0]).toContain('wrong colour');
  });

  it('is posted anew when somebody deletes it', async (context) => {
    const { story, slack, messages, shows } = await slackStoryOf(context, 'slack-deleted');
    await story.release(patient);
    const first = await shows('the first step', ({ text }) => text.includes('Baking, step 1/4'));

    slack.deleteMessage(first.ts);
    const promoted = await story.serin('promote', 'reviews-v2');
    const second = await shows('the second step', ({ text }) => text.includes('step 2/4'));
    const moved = await story.until(
      'the new place',
      ({ status }) => JSON.stringify(status['slack'])?.includes(second.ts) === true,
    );

    expect(promoted.code).toBe(0);
    expect(second.ts).not.toBe(first.ts);
    expect(messages()).toEqual([second]);
    expect(moved.status['slack']).toMatchObject({ channel: 'CRELEASES', ts: second.ts });
  });

  it('stands twice when a controller is killed between a post and its save, and that is counted', async (context) => {
    const { story, slack, flags, messages } = await slackStoryOf(context, 'slack-window');
    slack.failing(({ method }) => (method === 'chat.postMessage' ? { kind: 'slow', ms: 3_000 } : undefined));
    await story.release(patient);
    await eventually('the post', async () => slack.heard.includes('chat.postMessage'));

    await story.controller().kill();
    slack.failing(() => undefined);
    await story.startController({ flags });
    const end = await story.until(
      'the place of the second',
      ({ status }) => JSON.stringify(status['slack'])?.includes('"ts"') === true,
    );

    expect(messages()).toHaveLength(2);
    expect(end.status['slack']).toMatchObject({ ts: messages().at(-1)?.ts });
    expect(await maybeTwice(story)).toBe(1);
  });
});
