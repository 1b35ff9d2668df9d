// The people of the demo's channel: who they are in Slack and in the cluster, and what they press and type.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FakeSlack } from '../slack/fake-slack.ts';
import type { Stack } from '../stack/description.ts';
import type { Button } from './slack-box.ts';

/** Somebody in the channel. */
export interface Person {
  readonly name: string;
  /** In Slack. */
  readonly id: string;
  /** In the cluster. */
  readonly user: string;
}

/** Ada and Carol answer for releases; Bob deploys, which is not the same. */
export const people = {
  ada: { name: 'Ada', id: 'U0ADA', user: 'ada@example.com' },
  bob: { name: 'Bob', id: 'U0BOB', user: 'bob@example.com' },
  carol: { name: 'Carol', id: 'U0CAROL', user: 'carol@example.com' },
} as const satisfies Readonly<Record<string, Person>>;

/** The channel of the story, as people call it. */
export const channelName = 'releases';

const team = 'T1';
const table = `users:
  ${people.ada.id}: { user: ${people.ada.user}, groups: [release-managers] }
  ${people.bob.id}: { user: ${people.bob.user}, groups: [developers] }
  ${people.carol.id}: { user: ${people.carol.user}, groups: [release-managers] }
`;

/** Lets the people into the workspace, writes the files of the controller's flags, and gives the flags. */
export async function slackFlags(stack: Stack, slack: FakeSlack): Promise<readonly string[]> {
  for (const { id } of Object.values(people)) slack.user({ id, team });
  const folder = join(stack.folder, 'slack');
  await mkdir(folder, { recursive: true });
  const files = { 'bot-token': 'xoxb-demo', 'app-token': 'xapp-demo', 'users.yaml': table };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text, { mode: 0o600 })));
  const flags = {
    'api-url': slack.url,
    'bot-token-file': join(folder, 'bot-token'),
    'app-token-file': join(folder, 'app-token'),
    'users-file': join(folder, 'users.yaml'),
  };
  return [...Object.entries(flags).flatMap(([flag, value]) => [`--slack-${flag}`, value]), '--cluster-name', 'demo'];
}

let envelopes = 0;

/** Hands a press to the app as Slack does, and gives the id of its envelope. */
export function press(slack: FakeSlack, person: Person, button: Button, channel: string): string {
  const { action_id, value } = button;
  return sent(slack, 'interactive', {
    type: 'block_actions',
    team: { id: team, domain: 'demo' },
    user: { id: person.id, team_id: team },
    channel: { id: channel, name: channelName },
    actions: [{ type: 'button', action_id, block_id: 'b', action_ts: String(Date.now() / 1_000), value }],
  });
}

/** Hands a slash command to the app as Slack does, and gives the id of its envelope. */
export function typeCommand(slack: FakeSlack, person: Person, text: string, channel: string): string {
  return sent(slack, 'slash_commands', {
    command: '/serin',
    text,
    team_id: team,
    user_id: person.id,
    channel_id: channel,
    trigger_id: `${Date.now()}.${envelopes}`,
    response_url: new URL('respond', slack.url).href,
  });
}

function sent(slack: FakeSlack, type: string, payload: unknown): string {
  envelopes += 1;
  const id = `envelope-${envelopes}`;
  slack.socket.send({ envelope_id: id, type, payload });
  return id;
}
