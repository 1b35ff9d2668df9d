// Announcements against a fake of Slack's Web API: what stands there, and what each failure comes to.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { slackAnnouncements } from '../../../src/adapters/slack/tell.ts';
import { noticeOf } from '../../../src/domain/announcement.ts';
import { type Failure, type FakeSlack, fakeSlack } from '../../../tools/slack/fake-slack.ts';
import { aRollout, aVerdict } from '../../support/builders.ts';

let slack: FakeSlack;
beforeAll(async () => {
  slack = await fakeSlack();
});
afterEach(() => slack.failing(() => undefined));
afterAll(() => slack.close());

const notice = noticeOf(
  aRollout({ status: { phase: 'baking', weight: { intended: 10, observed: 10 }, verdicts: [aVerdict('undecided')] } }),
);

function announcements() {
  return slackAnnouncements({ token: async () => 'xoxb-test', url: slack.url });
}

describe('announcements in Slack', () => {
  it('post once, are edited in place, and are answered beneath', async () => {
    const posted = await announcements().post('releases', notice);
    if (posted.kind !== 'told') throw new Error(posted.kind);

    const edited = await announcements().edit(posted.place, { ...notice, sentence: 'All is well.' });
    const replied = await announcements().reply(posted.place, 'Promoted <b> & done.', true);

    expect(edited).toEqual(posted);
    expect(replied.kind).toBe('told');
    const message = slack.messages.find(({ ts }) => ts === posted.place.ts);
    expect(message?.channel).toBe('CRELEASES');
    expect(message?.texts).toHaveLength(2);
    expect(message?.text).toContain('All is well.');
    const answer = slack.messages.find(({ thread }) => thread === posted.place.ts);
    expect(answer).toMatchObject({ broadcast: true, text: 'Promoted &lt;b&gt; &amp; done.' });
    expect(slack.calls.at(-1)?.token).toBe('xoxb-test');
  });

  it.each<[string, Failure, unknown]>([
    ['a limit with its time', { kind: 'limited', seconds: 7 }, { kind: 'later', afterMs: 7_000 }],
    ['a status of 500', { kind: 'status', status: 500 }, { kind: 'unsure' }],
    ['a connection cut', { kind: 'dropped', done: 'before' }, { kind: 'unsure' }],
    ['a message that is no more', { kind: 'word', error: 'message_not_found' }, { kind: 'gone' }],
    [
      'a channel it is not in',
      { kind: 'word', error: 'not_in_channel' },
      { kind: 'refused', message: 'The app is not in the channel. Invite it: /invite @serin' },
    ],
  ])('say what came of %s', async (_name, failure, expected) => {
    slack.failing(() => failure);

    expect(await announcements().edit({ channel: 'C1', ts: '1' }, notice)).toEqual(expected);
  });

  it('are given up when no answer comes, within the time of a call', async () => {
    slack.failing(() => ({ kind: 'slow', ms: 60_000 }));

    expect(await announcements().post('releases', notice)).toEqual({ kind: 'unsure' });
  }, 20_000);

  it('never tell the token in what went wrong', async () => {
    slack.failing(() => ({ kind: 'word', error: 'invalid_auth' }));

    const refused = await announcements().post('releases', notice);

    expect(JSON.stringify(refused)).not.toContain('xoxb');
    expect(refused).toMatchObject({ kind: 'refused', message: expect.stringContaining('--slack-bot-token-file') });
  });
});
