// A fake Slack beside a test's controller, which ends with the test.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeSlack, fakeSlack } from '../../tools/slack/fake-slack.ts';
import { flagsFor, type PeopleTable } from '../../tools/slack/flags.ts';
import type { Cleanup } from './cleanup.ts';

/** The people of the table are in the workspace; with signing secrets the flags are those of HTTP mode. */
export async function slackBeside(
  context: Cleanup,
  table: PeopleTable,
  secrets: readonly string[] = [],
): Promise<{ readonly slack: FakeSlack; readonly flags: readonly string[] }> {
  const slack = await fakeSlack();
  context.onTestFinished(() => slack.close());
  for (const id of Object.keys(table)) slack.user({ id });
  const folder = await mkdtemp(join(tmpdir(), 'serin-slack-'));
  context.onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return { slack, flags: await flagsFor(slack, folder, table, secrets) };
}
