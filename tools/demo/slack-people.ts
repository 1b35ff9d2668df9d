// The people of the demo's channel: who they are in Slack and in the cluster, and what they press and type.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FakeSlack } from '../slack/fake-slack.ts';
import { flagsFor } from '../slack/flags.ts';
import { type Actor, commandFrom, handOver, type Pressed, pressFrom } from '../slack/hand-over.ts';
import type { Stack } from '../stack/description.ts';

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

const table = {
  [people.ada.id]: { user: people.ada.user, groups: ['release-managers'] },
  [people.bob.id]: { user: people.bob.user, groups: ['developers'] },
  [people.carol.id]: { user: people.carol.user, groups: ['release-managers'] },
};

/** Lets the people into the workspace, writes the files of the controller's flags, and gives the flags. */
export async function slackFlags(stack: Stack, slack: FakeSlack): Promise<readonly string[]> {
  for (const id of Object.keys(table)) slack.user({ id });
  const folder = join(stack.folder, 'slack');
  await mkdir(folder, { recursive: true });
  return [...(await flagsFor(slack, folder, table)), '--cluster-name', 'demo'];
}

/** Hands a press to the app as Slack does, and gives the id of its envelope. */
export function press(slack: FakeSlack, person: Person, button: Pressed, channel: string): string {
  return handOver(slack, 'interactive', pressFrom(actorOf(person, channel), button));
}

/** Hands a slash command to the app as Slack does, and gives the id of its envelope. */
export function typeCommand(slack: FakeSlack, person: Person, text: string, channel: string): string {
  return handOver(slack, 'slash_commands', commandFrom(slack, actorOf(person, channel), text));
}

function actorOf({ id }: Person, channel: string): Actor {
  return { user: id, channel: { id: channel, name: channelName } };
}
