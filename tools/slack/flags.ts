// The flags of a controller that speaks to the fake, and the files behind them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { FakeSlack } from './fake-slack.ts';

/** Who people in Slack are in the cluster, by their ids in Slack. */
export type PeopleTable = Readonly<Record<string, { readonly user: string; readonly groups?: readonly string[] }>>;

/** Writes the files into the folder, which exists, and gives the flags: Socket Mode, or with signing secrets HTTP mode on a free port. */
export async function flagsFor(
  { url }: Pick<FakeSlack, 'url'>,
  folder: string,
  users: PeopleTable,
  secrets: readonly string[] = [],
): Promise<readonly string[]> {
  async function fileOf(name: string, text: string): Promise<string> {
    const file = join(folder, name);
    await writeFile(file, `${text}\n`, { mode: 0o600 });
    return file;
  }
  const table = await fileOf('users.yaml', stringify({ users }));
  const bot = await fileOf('bot-token', 'xoxb-fake');
  const both = ['--slack-api-url', url, '--slack-bot-token-file', bot, '--slack-users-file', table];
  if (secrets.length === 0) return [...both, '--slack-app-token-file', await fileOf('app-token', 'xapp-fake')];
  const files = await Promise.all(secrets.map((secret, index) => fileOf(`signing-secret-${index}`, secret)));
  return [...both, ...files.flatMap((file) => ['--slack-signing-secret-file', file]), '--slack-address', '127.0.0.1:0'];
}
