// Presses and commands from Slack, by Socket Mode and by HTTP, against the fake: who may is asked, a press is one request, a late one
// is told what happened.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryCallers } from '../../../src/adapters/memory/callers.ts';
import { memoryRollouts } from '../../../src/adapters/memory/rollouts.ts';
import { type SlackListening, slackListening, socketReceiver } from '../../../src/adapters/slack/listen.ts';
import { slackPeople } from '../../../src/adapters/slack/people.ts';
import { httpReceiver } from '../../../src/adapters/slack/receive.ts';
import { drawNotice } from '../../../src/adapters/slack/render.ts';
import { signatureOf } from '../../../src/adapters/slack/signature.ts';
import { conversation } from '../../../src/controller/conversation.ts';
import { noticeOf } from '../../../src/domain/announcement.ts';
import { answerRequest, openRequests } from '../../../src/domain/requests.ts';
import type { Rollout, RolloutStatus } from '../../../src/domain/rollout.ts';
import { type FakeSlack, fakeSlack } from '../../../tools/slack/fake-slack.ts';
import { aSpec, aStatus, aVerdict } from '../../support/builders.ts';
import { simulatedClock } from '../../support/clock.ts';
import { eventually } from '../../support/eventually.ts';

const table = `
users:
  UADA: { user: ada@example.com, groups: [releasers] }
  UBOB: { user: bob@example.com }
  UGUEST: { user: guest@example.com, groups: [releasers] }
  UOTHER: { user: other@example.com, groups: [releasers] }
mail:
  domains: [example.com]
  groups: [releasers]
`;
const secret = 'a-signing-secret';
const id = { namespace: 'shop', name: 'reviews-v2-two-1' };

let slack: FakeSlack;
let running: SlackListening | undefined;
let url = '';
const troubles: unknown[] = [];
const clock = simulatedClock(Date.now());
let rollouts = memoryRollouts({ clock });
let callers = memoryCallers();

beforeEach(async () => {
  troubles.length = 0;
  slack = await fakeSlack();
  for (const user of ['UADA', 'UBOB', 'USOMEBODY']) slack.user({ id: user });
  slack.user({ id: 'UGUEST', restricted: true });
  slack.user({ id: 'UOTHER', team: 'T2' });
  slack.user({ id: 'UMAIL', mail: 'Mary@Example.com' });
  rollouts = memoryRollouts({ clock });
  callers = memoryCallers();
  callers.allow('releasers', ['get', 'promote', 'abort', 'pause'], 'shop');
  callers.allow('bob@example.com', ['get'], 'shop');
  await rollouts.create(
    id,
    aSpec(),
    aStatus({ phase: 'baking', weight: { intended: 10, observed: 10 }, verdicts: [aVerdict('undecided')] }),
  );
});
afterEach(async () => {
  await running?.stop();
  await slack.close();
});

/** What a controller does with requests, as far as these tests go. */
async function answerAll(): Promise<void> {
  const rollout = await rollouts.get(id);
  if (rollout === undefined) return;
  for (const request of openRequests(rollout.spec, rollout.status).slice(0, 1)) {
    const outcome = answerRequest(rollout, request, clock.now());
    if (outcome === undefined) return;
    const answers = [...rollout.status.answers, outcome.answer];
    await rollouts.save(rollout, { ...after(rollout, outcome.effect.kind), answers });
  }
}

function after({ status }: Rollout, effect: string): RolloutStatus {
  if (effect === 'warrant') return { ...status, step: status.step + 1, phase: 'shifting' };
  return effect === 'pause' ? { ...status, pausedBy: 'somebody' } : status;
}

async function start(mode: 'socket' | 'http'): Promise<void> {
  const file = join(await mkdtemp(join(tmpdir(), 'serin-slack-')), 'users.yaml');
  await writeFile(file, table);
  const options = { token: async () => 'xoxb-test', url: slack.url };
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
  const trouble = (message: string, error?: unknown): void => {
    troubles.push([message, error]);
  };
  const listening = { host: '127.0.0.1', port: 0 };
  const secrets = async () => [secret, 'the-next-secret'];
  const web = httpReceiver({ listen: listening, secrets, clock: { now: Date.now }, trouble });
  const receiver = mode === 'http' ? web : socketReceiver({ url: slack.url, appToken: 'xapp-test' });
  running = slackListening({ ...options, receiver }, { ...talk, ...slackPeople({ ...options, file }), trouble });
  await running.start();
  url = mode === 'http' ? web.url() : '';
}

async function button(verb: string): Promise<{ readonly action_id: string; readonly value: string }> {
  const rollout = await rollouts.get(id);
  if (rollout === undefined) throw new Error('There is no rollout.');
  const actions = drawNotice(noticeOf(rollout)).blocks.find(({ type }) => type === 'actions');
  const elements = actions?.type === 'actions' ? actions.elements : [];
  const found = elements.find((element) => 'action_id' in element && element.action_id === `serin:${verb}`);
  if (found?.type !== 'button') throw new Error(`There is no button ${verb}.`);
  return { action_id: found.action_id ?? '', value: found.value ?? '' };
}

function pressOf(user: string, action: { readonly action_id: string; readonly value: string }, team = 'T1') {
  return {
    type: 'block_actions',
    team: { id: 'T1', domain: 'example' },
    user: { id: user, team_id: team, username: user.toLowerCase() },
    api_app_id: 'A1',
    trigger_id: '1.2.3',
    channel: { id: 'CRELEASES', name: 'releases' },
    container: { type: 'message', message_ts: '1700000000.000001', channel_id: 'CRELEASES' },
    response_url: `${slack.url}respond`,
    actions: [{ type: 'button', block_id: 'b', action_ts: '1700000001.000001', ...action }],
  };
}

/** What the probe gives once nothing in it throws any more. */
async function seen<T>(probe: () => Promise<T>): Promise<T> {
  const found = await eventually('Slack to be served', async () => ({ value: await probe() }), { withinMs: 15_000 });
  return found.value;
}

let envelopes = 0;
function send(payload: unknown, envelope?: string): string {
  envelopes += 1;
  const name = envelope ?? `envelope-${envelopes}`;
  slack.socket.send({ envelope_id: name, type: 'interactive', payload });
  return name;
}

async function requests() {
  return (await rollouts.get(id))?.spec.requests ?? [];
}

async function whispered(count = 1): Promise<readonly string[]> {
  return seen(async () => {
    if (slack.whispers.length < count) throw new Error(`${slack.whispers.length} answers: ${JSON.stringify(troubles)}`);
    return slack.whispers.map(({ text }) => text);
  });
}

async function answered(count = 1): Promise<void> {
  await seen(async () => {
    const answers = (await rollouts.get(id))?.status.answers ?? [];
    if (answers.length < count) throw new Error(`${answers.length} answers: ${JSON.stringify(troubles)}`);
  });
}

describe('a button pressed in Socket Mode', () => {
  it('is acknowledged, and written as a request of the person whom the table names', async () => {
    await start('socket');

    const envelope = send(pressOf('UADA', await button('promote')));
    await answered();

    expect(slack.socket.acknowledged.map((each) => each.id)).toContain(envelope);
    expect(await requests()).toMatchObject([{ verb: 'promote', step: 0, actor: 'ada@example.com', surface: 'slack' }]);
    expect(slack.whispers).toEqual([]);
    expect(troubles).toEqual([]);
  });

  it('is one request however often Slack hands it over', async () => {
    await start('socket');
    const press = pressOf('UADA', await button('promote'));

    for (const envelope of ['same', 'same', 'other']) send(press, envelope);
    await answered();
    send({ ...press, actions: [{ ...press.actions[0], action_ts: '1700000002.000001' }] });
    await seen(async () => {
      expect(slack.socket.acknowledged).toHaveLength(4);
    });

    const [said] = await whispered();
    expect(said).toBe('Promoted past step 1 by ada@example.com from slack.');
    expect(await requests()).toHaveLength(1);
    expect((await rollouts.get(id))?.status.step).toBe(1);
  });

  it('is one request too when Slack says that it hands it over again', async () => {
    await start('socket');
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
    expect((await rollouts.get(id))?.status.step).toBe(1);
  });

  it('by a second person moves one step, and tells that person so', async () => {
    await start('socket');
    const action = await button('promote');

    send(pressOf('UADA', action));
    await answered();
    send(pressOf('UMAIL', action));
    const [said] = await whispered();

    expect(said).toMatch(/^Step 1 was promoted already, by ada@example\.com from slack/);
    expect((await rollouts.get(id))?.status.step).toBe(1);
  });

  it('of an earlier rollout does nothing', async () => {
    await start('socket');
    const action = await button('abort');

    send(pressOf('UADA', { ...action, value: action.value.replace('uid-rollout', 'uid-another') }));
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
    await start('socket');

    send(pressOf(user, await button('promote'), team));
    const [said] = await whispered();

    expect(said).toMatch(expected);
    expect(await requests()).toEqual([]);
  });

  it('for details tells what each gate says', async () => {
    await start('socket');

    send(pressOf('UBOB', await button('details')));
    const [said] = await whispered();

    expect(said).toContain('errors: undecided. The errors gate says undecided.');
  });

  it('is heard again after Slack has ended the connection', async () => {
    await start('socket');
    slack.socket.disconnect();
    await seen(async () => {
      expect(slack.socket.connections()).toBe(1);
    });

    send(pressOf('UADA', await button('promote')));
    await answered();

    expect(await requests()).toHaveLength(1);
  }, 20_000);
});

describe('the command /serin in HTTP mode', () => {
  interface Sent {
    readonly secret?: string;
    readonly lateS?: number;
    /** What Slack adds when it repeats a request. */
    readonly again?: Readonly<Record<string, string>>;
  }

  async function post(path: string, body: string, parts: Sent = {}) {
    const timestamp = String(Math.floor(Date.now() / 1_000) - (parts.lateS ?? 0));
    return fetch(`${url}${path}`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': signatureOf(parts.secret ?? secret, timestamp, Buffer.from(body)),
        ...parts.again,
      },
    });
  }

  function command(text: string, user = 'UADA', trigger = '13345224609.738474920.8088930838d88f008e0'): string {
    const { href } = new URL('respond', slack.url);
    return new URLSearchParams({
      command: '/serin',
      text,
      user_id: user,
      team_id: 'T1',
      channel_id: 'CRELEASES',
      trigger_id: trigger,
      response_url: href,
    }).toString();
  }

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
    await start('http');

    const answer = await post('/slack/commands', command(text));
    const [said] = await whispered();

    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('');
    expect(said).toContain(expected);
  });

  it.each([
    ['without saying so', {}],
    ['saying so', { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' }],
  ])('handed over twice, %s, is one request', async (_name, again) => {
    await start('http');

    await post('/slack/commands', command('pause reviews-v2'));
    await whispered(1);
    await post('/slack/commands', command('pause reviews-v2'), { again });
    await whispered(2);

    expect(await requests()).toHaveLength(1);
  });

  it('of somebody without the right is refused with the sentence of every surface', async () => {
    await start('http');

    await post('/slack/commands', command('abort reviews-v2', 'UBOB'));
    const [said] = await whispered();

    expect(said).toContain('bob@example.com may not abort: that needs the verb abort on canaryrollouts.serin.dev');
    expect(await requests()).toEqual([]);
  });

  it('takes presses too, and either secret', async () => {
    await start('http');
    const body = `payload=${encodeURIComponent(JSON.stringify(pressOf('UADA', await button('promote'))))}`;

    const answer = await post('/slack/actions', body, { secret: 'the-next-secret' });
    await answered();

    expect(answer.status).toBe(200);
    expect(await requests()).toHaveLength(1);
  });

  it.each([
    ['of another secret', { secret: 'another' }],
    ['older than five minutes', { lateS: 301 }],
  ])('that is %s is answered with 401 and nothing else', async (_name, parts) => {
    await start('http');

    const answer = await post('/slack/commands', command('abort reviews-v2'), parts);

    expect([answer.status, await answer.text()]).toEqual([401, 'unauthorized']);
    expect(slack.calls.filter(({ method }) => method === 'respond')).toEqual([]);
  });

  it('answers no GET, nothing unsigned and nothing too large', async () => {
    await start('http');

    const got = await fetch(url);
    const unsigned = await fetch(url, { method: 'POST', body: command('list') });
    const large = await post('/slack/commands', 'x'.repeat(300_000));

    expect([got.status, unsigned.status, large.status]).toEqual([401, 401, 401]);
  });

  it('answers only to Slack, wherever a request says it should', async () => {
    await start('http');
    const body = command('list').replace(/response_url=[^&]*/, 'response_url=http%3A%2F%2F169.254.169.254%2Flatest');

    await post('/slack/commands', body);
    await seen(async () => {
      expect(JSON.stringify(troubles.map(String))).toContain('could not be done');
    });

    expect(slack.whispers).toEqual([]);
  });
});
