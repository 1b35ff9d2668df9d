// Slack as a controller listens to it, against the fake: people of several kinds, and one rollout that bakes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { slackListening, socketReceiver } from '../../../src/adapters/slack/listen.ts';
import { slackPeople } from '../../../src/adapters/slack/people.ts';
import { httpReceiver } from '../../../src/adapters/slack/receive.ts';
import { drawNotice } from '../../../src/adapters/slack/render.ts';
import { noticeOf } from '../../../src/domain/announcement.ts';
import { type FakeSlack, fakeSlack } from '../../../tools/slack/fake-slack.ts';
import { type Pressed, pressFrom } from '../../../tools/slack/hand-over.ts';
import { id, talking } from '../../controller/conversation-scene.ts';
import { aVerdict } from '../../support/builders.ts';
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

/** The channel in which people press and type. */
export const channel = { id: 'CRELEASES', name: 'releases' };

/** The signing secrets that both count in HTTP mode. */
export const secrets = ['a-signing-secret', 'the-next-secret'] as const;

/** What the probe gives once nothing in it throws any more. */
export async function seen<T>(probe: () => Promise<T>): Promise<T> {
  const found = await eventually('Slack to be served', async () => ({ value: await probe() }), { withinMs: 15_000 });
  return found.value;
}

/** A press by somebody; from another workspace where one is named. */
export function pressOf(user: string, button: Pressed, team = 'T1') {
  return pressFrom({ user, team, channel }, button);
}

/** Listens until the test is over. */
export async function listening(mode: 'socket' | 'http') {
  const slack = await fakeSlack();
  onTestFinished(() => slack.close());
  invite(slack);
  const { talk, rollouts, callers } = await talking({
    phase: 'baking',
    weight: { intended: 10, observed: 10 },
    verdicts: [aVerdict('undecided')],
  });
  callers.allow('releasers', ['get', 'promote', 'abort', 'pause'], 'shop');
  callers.allow('bob@example.com', ['get'], 'shop');
  const troubles: unknown[] = [];
  const trouble = (message: string, error?: unknown): void => void troubles.push([message, error]);
  const url = await begin(slack, mode, { ...talk, trouble });

  async function rollout() {
    const found = await rollouts.get(id);
    if (found === undefined) throw new Error('There is no rollout.');
    return found;
  }

  async function button(verb: string): Promise<Pressed> {
    const actions = drawNotice(noticeOf(await rollout())).blocks.find(({ type }) => type === 'actions');
    const elements = actions?.type === 'actions' ? actions.elements : [];
    const found = elements.find((element) => 'action_id' in element && element.action_id === `serin:${verb}`);
    if (found?.type !== 'button') throw new Error(`There is no button ${verb}.`);
    return { action_id: found.action_id ?? '', value: found.value ?? '' };
  }

  async function whispered(count = 1): Promise<readonly string[]> {
    return seen(async () => {
      expect(slack.whispers.length, JSON.stringify(troubles)).toBeGreaterThanOrEqual(count);
      return slack.whispers.map(({ text }) => text);
    });
  }

  async function answered(): Promise<void> {
    await seen(async () => {
      expect((await rollout()).status.answers, JSON.stringify(troubles)).not.toEqual([]);
    });
  }

  const requests = async () => (await rollout()).spec.requests;
  return { slack, url, troubles, rollout, requests, button, whispered, answered };
}

function invite(slack: FakeSlack): void {
  for (const user of ['UADA', 'UBOB', 'USOMEBODY']) slack.user({ id: user });
  slack.user({ id: 'UGUEST', restricted: true });
  slack.user({ id: 'UOTHER', team: 'T2' });
  slack.user({ id: 'UMAIL', mail: 'Mary@Example.com' });
}

type Talk = Omit<Parameters<typeof slackListening>[1], 'identify'>;

/** Starts to listen; where, in HTTP mode. */
async function begin(slack: FakeSlack, mode: 'socket' | 'http', talk: Talk): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'serin-slack-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'users.yaml');
  await writeFile(file, table);
  const options = { token: async () => 'xoxb-test', url: slack.url };
  const listen = { host: '127.0.0.1', port: 0 };
  const web = httpReceiver({ listen, secrets: async () => secrets, clock: { now: Date.now }, trouble: talk.trouble });
  const receiver = mode === 'http' ? web : socketReceiver({ url: slack.url, appToken: 'xapp-test' });
  const running = slackListening({ ...options, receiver }, { ...talk, ...slackPeople({ ...options, file }) });
  onTestFinished(() => running.stop());
  await running.start();
  return mode === 'http' ? web.url() : '';
}
