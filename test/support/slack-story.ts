// A story told in Slack: a controller process, a fake of Slack on loopback, and people with and without rights in the namespace.
import { createHmac } from 'node:crypto';
import { buttonsOf as buttonsByVerb } from '../../tools/demo/slack-box.ts';
import type { FakeMessage, FakeSlack } from '../../tools/slack/fake-slack.ts';
import { commandFrom, handOver, type Pressed, pressFrom } from '../../tools/slack/hand-over.ts';
import { type Cleanup, storyOf } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { applyPeopleRoles } from './people-roles.ts';
import { slackBeside } from './slack-beside.ts';
import type { Story, StoryOptions } from './story.ts';

/** People of the workspace: Ada and Mary may move rollouts, Bob may look, and Zoe is in no table. */
export type Somebody = 'UADA' | 'UMARY' | 'UBOB' | 'UZOE';

const table = {
  UADA: { user: 'ada@example.com', groups: ['releasers'] },
  UMARY: { user: 'mary@example.com', groups: ['releasers'] },
  UBOB: { user: 'bob@example.com' },
};
const channel = { id: 'CRELEASES', name: 'releases' };

/** The two signing secrets of HTTP mode, of which one is on its way out. */
export const secrets = ['the-old-secret', 'the-new-secret'] as const;

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
  readonly button: (verb: string) => Pressed;
  /** Presses it in Socket Mode; the id of the envelope. */
  readonly press: (who: Somebody, button: Pressed) => string;
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
  const { mode = 'socket', ...rest } = options;
  const beside = await slackBeside(context, table, mode === 'http' ? secrets : []);
  const { slack } = beside;
  slack.user({ id: 'UZOE' });
  const flags = [...beside.flags, '--cluster-name', 'prod-eu'];
  const story = await storyOf(context, name, { ...rest, controller: { flags } });
  await story.kubectl(['create', 'rolebinding', 'releasers', '--clusterrole=serin-operator', '--group=releasers']);
  await story.kubectl(['create', 'rolebinding', 'bob', '--clusterrole=serin-viewer', '--user=bob@example.com']);
  if (mode === 'socket') await eventually('the connection', async () => slack.socket.connections() === 1);
  return { story, slack, flags, ...surfaceOf(slack) };
}

function surfaceOf(slack: FakeSlack): Omit<SlackStory, 'story' | 'slack' | 'flags'> {
  function messages(): readonly FakeMessage[] {
    return slack.messages.filter(({ thread }) => thread === undefined);
  }

  async function whispered(count: number): Promise<FakeSlack['whispers']> {
    const probe = async (): Promise<boolean> => slack.whispers.length >= count;
    await eventually(`${count} answers`, probe);
    return slack.whispers.slice(0, count);
  }

  return {
    messages,
    whispered,
    shows: (what, wanted) => eventually(what, async () => messages().findLast(wanted), { withinMs: 240_000 }),
    button(verb) {
      const found = buttonsOf(messages().at(-1)).find(({ action_id: id }) => id === `serin:${verb}`);
      if (found === undefined) throw new Error(`There is no button ${verb}.`);
      return found;
    },
    press: (who, button) => handOver(slack, 'interactive', pressOf(who, button)),
    async types(who, text) {
      const before = slack.whispers.length;
      handOver(slack, 'slash_commands', commandOf(slack, who, text));
      return (await whispered(before + 1)).at(-1)?.text ?? '';
    },
  };
}

/** The buttons of a message, in their order. */
export function buttonsOf(message: FakeMessage | undefined): readonly Pressed[] {
  return message === undefined ? [] : [...buttonsByVerb(message).values()];
}

/** A press as Slack hands it over. */
export function pressOf(who: Somebody, button: Pressed): object {
  return pressFrom({ user: who, channel }, button);
}

/** A slash command as Slack hands it over. */
export function commandOf(slack: FakeSlack, who: Somebody, text: string): Readonly<Record<string, string>> {
  return commandFrom(slack, { user: who, channel }, text);
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
