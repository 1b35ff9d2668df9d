// A story told in Slack: a controller process, a fake of Slack on loopback, and people with and without rights in the namespace.
import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type FakeMessage, type FakeSlack, fakeSlack } from '../../tools/slack/fake-slack.ts';
import { type Cleanup, storyOf } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { applyPeopleRoles } from './people-roles.ts';
import type { Story, StoryOptions } from './story.ts';

/** People of the workspace: Ada and Mary may move rollouts, Bob may look, and Zoe is in no table. */
export type Somebody = 'UADA' | 'UMARY' | 'UBOB' | 'UZOE';

const table = `
users:
  UADA: { user: ada@example.com, groups: [releasers] }
  UMARY: { user: mary@example.com, groups: [releasers] }
  UBOB: { user: bob@example.com }
`;

/** The two signing secrets of HTTP mode, of which one is on its way out. */
export const secrets = ['the-old-secret', 'the-new-secret'] as const;

/** A button as it stands in a message. */
export interface SeenButton {
  readonly action_id: string;
  readonly value: string;
}

/** A story with its Slack. */
export interface SlackStory {
  readonly story: Story;
  readonly slack: FakeSlack;
  /** The flags of a controller that speaks to this Slack. */
  readonly flags: readonly string[];
  /** The messages of the channel, replies left out. */
  readonly messages: () => readonly FakeMessage[];
  /** Waits until the newest message is as wanted and gives it. */
  readonly shows: (what: string, wanted: (message: FakeMessage) => boolean) => Promise<FakeMessage>;
  /** The button of the newest message. Throws when there is none. */
  readonly button: (verb: string) => SeenButton;
  /** Presses it in Socket Mode; the id of the envelope. */
  readonly press: (who: Somebody, button: SeenButton) => string;
  /** Types `/serin ...` in Socket Mode and waits for the answer. */
  readonly types: (who: Somebody, text: string) => Promise<string>;
  /** Waits until so many answers were whispered, and gives those. */
  readonly whispered: (count: number) => Promise<FakeSlack['whispers']>;
}

/** Begins a story in the channel `releases`, told until the test is over. */
export async function slackStoryOf(
  context: Cleanup,
  name: string,
  options: StoryOptions & { readonly mode?: 'socket' | 'http' } = {},
): Promise<SlackStory> {
  await applyPeopleRoles();
  const slack = await fakeSlack();
  context.onTestFinished(() => slack.close());
  for (const id of ['UADA', 'UMARY', 'UBOB', 'UZOE']) slack.user({ id });
  const { mode = 'socket', ...rest } = options;
  const flags = await flagsFor(context, slack, mode);
  const story = await storyOf(context, name, { ...rest, controller: { flags } });
  await story.kubectl(['create', 'rolebinding', 'releasers', '--clusterrole=serin-operator', '--group=releasers']);
  await story.kubectl(['create', 'rolebinding', 'bob', '--clusterrole=serin-viewer', '--user=bob@example.com']);
  if (mode === 'socket')
    await eventually('the connection', async () => slack.socket.connections() === 1, { withinMs: 60_000 });
  return { story, slack, flags, ...surfaceOf(slack) };
}

async function flagsFor(context: Cleanup, slack: FakeSlack, mode: 'socket' | 'http'): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'serin-slack-'));
  context.onTestFinished(() => rm(folder, { recursive: true }));
  async function fileOf(name: string, text: string): Promise<string> {
    await writeFile(join(folder, name), `${text}\n`);
    return join(folder, name);
  }
  const told = ['--slack-api-url', slack.url, '--cluster-name', 'prod-eu'];
  const bot = ['--slack-bot-token-file', await fileOf('bot', 'xoxb-test')];
  const users = ['--slack-users-file', await fileOf('users.yaml', table)];
  if (mode === 'socket') return [...told, ...bot, ...users, '--slack-app-token-file', await fileOf('app', 'xapp-test')];
  const files = await Promise.all(secrets.map((secret) => fileOf(secret, secret)));
  const signed = files.flatMap((file) => ['--slack-signing-secret-file', file]);
  return [...told, ...bot, ...users, ...signed, '--slack-address', '127.0.0.1:0'];
}

function surfaceOf(slack: FakeSlack): Omit<SlackStory, 'story' | 'slack' | 'flags'> {
  let envelopes = 0;

  function messages(): readonly FakeMessage[] {
    return slack.messages.filter(({ thread }) => thread === undefined);
  }

  function send(type: string, payload: unknown): string {
    envelopes += 1;
    const id = `envelope-${envelopes}`;
    slack.socket.send({ envelope_id: id, type, payload });
    return id;
  }

  async function whispered(count: number): Promise<FakeSlack['whispers']> {
    const probe = async (): Promise<boolean> => slack.whispers.length >= count;
    await eventually(`${count} answers`, probe, { withinMs: 60_000 });
    return slack.whispers.slice(0, count);
  }

  return {
    messages,
    whispered,
    shows: (what, wanted) => eventually(what, async () => messages().findLast(wanted), { withinMs: 120_000 }),
    button(verb) {
      const found = buttonsOf(messages().at(-1)).find(({ action_id: id }) => id === `serin:${verb}`);
      if (found === undefined) throw new Error(`There is no button ${verb}.`);
      return found;
    },
    press: (who, button) => send('interactive', pressOf(who, button)),
    async types(who, text) {
      const before = slack.whispers.length;
      send('slash_commands', commandOf(slack, who, text));
      return (await whispered(before + 1)).at(-1)?.text ?? '';
    },
  };
}

const blocksSchema = z.array(
  z.looseObject({
    type: z.string(),
    elements: z.array(z.looseObject({ action_id: z.string().optional(), value: z.string().optional() })).optional(),
  }),
);

/** The buttons of a message, in their order. */
export function buttonsOf(message: FakeMessage | undefined): readonly SeenButton[] {
  return blocksSchema
    .parse(message?.blocks ?? [])
    .filter(({ type }) => type === 'actions')
    .flatMap(({ elements = [] }) => elements)
    .map(({ action_id = '', value = '' }) => ({ action_id, value }));
}

/** A press as Slack hands it over. */
export function pressOf(who: Somebody, { action_id, value }: SeenButton): object {
  return {
    type: 'block_actions',
    team: { id: 'T1', domain: 'example' },
    user: { id: who, team_id: 'T1' },
    channel: { id: 'CRELEASES', name: 'releases' },
    actions: [{ type: 'button', block_id: 'b', action_ts: '1700000001.000001', action_id, value }],
  };
}

let triggers = 0;

/** A slash command as Slack hands it over. */
export function commandOf(slack: FakeSlack, who: Somebody, text: string): Readonly<Record<string, string>> {
  triggers += 1;
  return {
    command: '/serin',
    text,
    user_id: who,
    team_id: 'T1',
    channel_id: 'CRELEASES',
    trigger_id: `13345224609.738474920.${triggers}`,
    response_url: new URL('respond', slack.url).href,
  };
}

/** Posts a form as Slack does in HTTP mode, signed so many seconds ago. */
export async function postSigned(
  url: string,
  body: string,
  { secret, ageSeconds = 0 }: { readonly secret: string; readonly ageSeconds?: number },
): Promise<number> {
  const timestamp = String(Math.floor(Date.now() / 1_000) - ageSeconds);
  const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${signature}`,
  };
  const signal = AbortSignal.timeout(10_000);
  const { status } = await fetch(`${url}/slack/events`, { method: 'POST', body, headers, signal });
  return status;
}
