// The command /serin, and presses, by HTTP against the fake: what Slack has signed is done once and answered to whoever asked.
import { describe, expect, it } from 'vitest';
import { signatureOf } from '../../../src/adapters/slack/signature.ts';
import type { FakeSlack } from '../../../tools/slack/fake-slack.ts';
import { commandFrom } from '../../../tools/slack/hand-over.ts';
import { channel, listening, pressOf, secrets, seen } from './listen-scene.ts';

interface Sent {
  readonly secret?: string;
  readonly lateS?: number;
  /** What Slack adds when it repeats a request. */
  readonly again?: Readonly<Record<string, string>>;
}

async function post(url: string, path: string, body: string, parts: Sent = {}) {
  const timestamp = String(Math.floor(Date.now() / 1_000) - (parts.lateS ?? 0));
  return fetch(`${url}${path}`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': signatureOf(parts.secret ?? secrets[0], timestamp, Buffer.from(body)),
      ...parts.again,
    },
  });
}

/** What somebody types after `/serin`, as the body of a request. */
function command(slack: FakeSlack, text: string, user = 'UADA'): string {
  return new URLSearchParams(commandFrom(slack, { user, channel }, text)).toString();
}

describe('the command /serin in HTTP mode', () => {
  it.each([
    ['list', 'shop/reviews-v2: baking, step 1/4, 10%, undecided: errors'],
    ['status reviews-v2', 'Baking, step 1/4, 10% of traffic.'],
    ['why shop/reviews-v2', 'errors: undecided. The errors gate says undecided.'],
    ['help', 'status NAME: where the rollout of a Deployment stands'],
    ['dance reviews-v2', 'status NAME: where the rollout of a Deployment stands'],
    ['status nothing', 'There is no rollout of nothing that you may see.'],
    ['promote', 'Which one? Write promote NAME.'],
    ['promote reviews-v2 looks good', 'Promoted past step 1 by ada@example.com from slack: looks good.'],
  ])('%s answers to whoever asked', async (text, expected) => {
    const { slack, url, whispered } = await listening('http');

    const answer = await post(url, '/slack/commands', command(slack, text));
    const [said] = await whispered();

    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('');
    expect(said).toContain(expected);
  });

  it.each([
    ['without saying so', {}],
    ['saying so', { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' }],
  ])('handed over twice, %s, is one request', async (_name, again) => {
    const { slack, url, requests, whispered } = await listening('http');
    const body = command(slack, 'pause reviews-v2');

    await post(url, '/slack/commands', body);
    await whispered(1);
    await post(url, '/slack/commands', body, { again });
    await whispered(2);

    expect(await requests()).toHaveLength(1);
  });

  it('of somebody without the right is refused with the sentence of every surface', async () => {
    const { slack, url, requests, whispered } = await listening('http');

    await post(url, '/slack/commands', command(slack, 'abort reviews-v2', 'UBOB'));
    const [said] = await whispered();

    expect(said).toContain('bob@example.com may not abort: that needs the verb abort on canaryrollouts.serin.dev');
    expect(await requests()).toEqual([]);
  });

  it('takes presses too, and either secret', async () => {
    const { url, requests, button, answered } = await listening('http');
    const body = `payload=${encodeURIComponent(JSON.stringify(pressOf('UADA', await button('promote'))))}`;

    const answer = await post(url, '/slack/actions', body, { secret: secrets[1] });
    await answered();

    expect(answer.status).toBe(200);
    expect(await requests()).toHaveLength(1);
  });

  it.each([
    ['of another secret', { secret: 'another' }],
    ['older than five minutes', { lateS: 301 }],
  ])('that is %s is answered with 401 and nothing else', async (_name, parts) => {
    const { slack, url } = await listening('http');

    const answer = await post(url, '/slack/commands', command(slack, 'abort reviews-v2'), parts);

    expect([answer.status, await answer.text()]).toEqual([401, 'unauthorized']);
    expect(slack.calls.filter(({ method }) => method === 'respond')).toEqual([]);
  });

  it('answers no GET, nothing unsigned and nothing too large', async () => {
    const { slack, url } = await listening('http');

    const got = await fetch(url);
    const unsigned = await fetch(url, { method: 'POST', body: command(slack, 'list') });
    const large = await post(url, '/slack/commands', 'x'.repeat(300_000));

    expect([got.status, unsigned.status, large.status]).toEqual([401, 401, 401]);
  });

  it('answers only to Slack, wherever a request says it should', async () => {
    const { slack, url, troubles } = await listening('http');
    const body = command(slack, 'list').replace(
      /response_url=[^&]*/,
      'response_url=http%3A%2F%2F169.254.169.254%2Flatest',
    );

    await post(url, '/slack/commands', body);
    await seen(async () => {
      expect(JSON.stringify(troubles.map(String))).toContain('could not be done');
    });

    expect(slack.whispers).toEqual([]);
  });
});
