// Slack on the real parts: a controller process, the cluster's own rights, and a Slack on loopback. What is said is one message for each
// rollout, edited in place; what is pressed and typed moves it.
import { describe, expect, it } from 'vitest';
import { weightsMoved } from '../support/history.ts';
import { buttonsOf, slackStoryOf } from '../support/slack-story.ts';

const channel = { 'slack-channel': 'releases' };
const patient = { ...channel, bake: '10m', 'max-bake': '20m' };

describe.concurrent('in Slack', () => {
  it('a rollout is one message that is edited, and the channel hears of its end', async (context) => {
    const { story, slack, shows, messages } = await slackStoryOf(context, 'slack-told');
    await story.release({ ...channel, steps: '50,100' });

    await story.reaches('promoted');
    const message = await shows('the end', ({ text }) => text.startsWith('Promoted: reviews-v2 in prod-eu/'));
    const end = await story.until('all to be told', ({ status }) => JSON.stringify(status['outbox'] ?? []) === '[]');

    const beneath = slack.messages.filter(({ thread }) => thread === message.ts);
    expect(messages()).toHaveLength(1);
    expect(message.texts.length).toBeGreaterThan(2);
    expect(buttonsOf(message).map(({ action_id: id }) => id)).toEqual(['serin:details']);
    expect(end.status['slack']).toMatchObject({ channel: message.channel, ts: message.ts });
    expect(beneath.filter(({ broadcast }) => broadcast).map(({ text }) => text)).toEqual([beneath.at(-1)?.text]);
    expect(beneath.length).toBeGreaterThan(1);
    expect(beneath.at(-1)?.text).toContain(end.status.message.slice(0, 60));
  });

  it('Promote pressed by two people moves one step: the message says who, and the second is told', async (context) => {
    const { story, slack, button, press, shows, whispered } = await slackStoryOf(context, 'slack-double');
    await story.release(patient);
    await shows('the bake', (message) => buttonsOf(message).some(({ action_id: id }) => id === 'serin:promote'));
    const promote = button('promote');
    const sentAt = Date.now();

    const envelopes = [press('UADA', promote), press('UMARY', promote)];
    const after = await story.until('step 2', ({ status }) => status.step === 1 && status.phase === 'baking');
    const [told] = await whispered(1);
    const stale = press('UADA', promote);
    const [, staleTold] = await whispered(2);

    expect(weightsMoved(after)).toEqual([10, 25]);
    expect(told?.text).toMatch(/^Step 1 was promoted already, .*by (ada|mary)@example\.com from slack/);
    expect(staleTold?.user).toBe('UADA');
    expect(staleTold?.text).toMatch(
      /^(Step 1 was promoted already, .*|Promoted past step 1) by (ada|mary)@example\.com from slack/,
    );
    const message = await shows('who did it', ({ text }) => text.includes('step 2/4'));
    expect(JSON.stringify(message.blocks)).toMatch(
      /Promote of step 1 by (ada|mary)@example\.com from slack at \d\d:\d\d UTC/,
    );
    expect((await story.events()).some((event) => /by (ada|mary)@example\.com from slack/.test(event))).toBe(true);
    const [first, last] = [slack.heard.indexOf('chat.postEphemeral'), slack.heard.lastIndexOf('chat.postEphemeral')];
    expect(envelopes.map((id) => slack.heard.indexOf(`ack ${id}`) < first)).toEqual([true, true]);
    expect(slack.heard.indexOf(`ack ${stale}`)).toBeLessThan(last);
    const acknowledged = slack.socket.acknowledged.filter(({ id }) => envelopes.includes(id));
    expect(acknowledged.map(({ at }) => at - sentAt < 3_000)).toEqual([true, true]);
  });

  it('whoever has no right is refused on every button, and one of whom nobody knows too', async (context) => {
    const { story, button, press, shows, whispered } = await slackStoryOf(context, 'slack-refused');
    await story.release(patient);
    await shows('the bake', (message) => buttonsOf(message).some(({ action_id: id }) => id === 'serin:promote'));

    for (const verb of ['promote', 'pause', 'abort']) press('UBOB', button(verb));
    const refused = await whispered(3);
    press('UZOE', button('abort'));
    const [, , , unknown] = await whispered(4);
    press('UBOB', button('details'));
    const [, , , , details] = await whispered(5);

    const verbs = refused.map(
      ({ text }) => /^bob@example\.com may not .* that needs the verb (\w+) on canaryrollouts/.exec(text)?.[1],
    );
    expect(new Set(verbs)).toEqual(new Set(['promote', 'pause', 'abort']));
    expect(unknown?.text).toContain('Nobody in the cluster is UZOE');
    expect(details?.text).toContain('Baking, step 1/4, 10% of traffic.');
    const rollout = await story.rollout();
    expect(rollout?.spec['requests']).toEqual([]);
    expect(rollout?.status).toMatchObject({ phase: 'baking', step: 0 });
  });

  it('what is typed is answered to whoever typed it, and moves the rollout with its reason', async (context) => {
    const { story, types, shows, slack } = await slackStoryOf(context, 'slack-typed');
    await story.release(patient);
    await shows('the bake', (message) => buttonsOf(message).some(({ action_id: id }) => id === 'serin:promote'));

    const listed = await types('UBOB', 'list');
    const stands = await types('UBOB', 'status reviews-v2');
    await story.until('a verdict', ({ status }) => status.verdicts.some(({ verdict }) => verdict === 'undecided'));
    const why = await types('UBOB', `why ${story.namespace}/reviews-v2`);
    const refused = await types('UBOB', 'promote reviews-v2');
    const paused = await types('UADA', 'pause reviews-v2 lunch');
    const resumed = await types('UADA', 'resume reviews-v2');
    const promoted = await types('UADA', 'promote reviews-v2 looks good');
    const aborted = await types('UMARY', 'abort reviews-v2 wrong colour');
    const end = await story.reaches('rolledBack');
    const message = await shows('the end', ({ text }) => text.startsWith('Rolled back: reviews-v2'));

    expect(listed).toContain(`${story.namespace}/reviews-v2: baking, step 1/4, 10%`);
    expect(stands).toContain('Baking, step 1/4, 10% of traffic.');
    expect(why).toMatch(/errors: \w+\. .*\n.*istio_requests_total/);
    expect(refused).toMatch(/^bob@example\.com may not promote/);
    expect(paused).toContain('by ada@example.com from slack: lunch');
    expect(resumed).toContain('Resumed.');
    expect(promoted).toContain('Promoted past step 1 by ada@example.com from slack: looks good.');
    expect(aborted).toContain('by mary@example.com from slack: wrong colour');
    expect(end.status).toMatchObject({ cause: 'person' });
    expect(message.text).toContain('by mary@example.com from slack: wrong colour');
    const deeds = JSON.stringify(message.blocks);
    for (const deed of ['Pause', 'Resume', 'Promote of step 1', 'Abort'])
      expect(deeds).toMatch(new RegExp(`${deed} by \\w+@example\\.com from slack at \\d\\d:\\d\\d UTC`));
    expect(slack.heard.filter((each) => each === 'respond')).toHaveLength(8);
  });
});
