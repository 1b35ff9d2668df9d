// Programs outside on the real parts: a controller that signs letters and writes deployments, and receivers on loopback.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shortened } from '../../src/domain/shortened.ts';
import { type Cleanup, storyOf } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { type FakeGithub, fakeGithub } from '../support/fake-github.ts';
import { isSigned, type Receiver, receiver } from '../support/receiver.ts';
import type { Story } from '../support/story.ts';

const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const commit = '860c1904a1ce19322e91ac35af1ab07466440c37';

interface Outside {
  readonly hooks: Receiver;
  readonly github: FakeGithub;
  /** What the controller is started with to tell them. */
  readonly flags: readonly string[];
}

async function outsideOf(context: Cleanup): Promise<Outside> {
  const [hooks, github] = [await receiver(), await fakeGithub()];
  const folder = await mkdtemp(join(tmpdir(), 'serin-outside-'));
  context.onTestFinished(async () => {
    await Promise.all([hooks.close(), github.close(), rm(folder, { recursive: true })]);
  });
  const [secretFile, tokenFile] = [join(folder, 'secret'), join(folder, 'token')];
  await writeFile(secretFile, `${secret}\n`);
  await writeFile(tokenFile, 'ghp_test\n');
  const webhook = ['--webhook-secret-file', secretFile, '--announce-to', hooks.origin];
  const repository = ['--github-token-file', tokenFile, '--github-api-url', github.url];
  return { hooks, github, flags: [...webhook, ...repository, '--cluster-name', 'prod-eu'] };
}

/** A policy that has both told. */
async function policyFor(story: Story, { hooks }: Outside): Promise<void> {
  const announce = { webhook: { url: `${hooks.origin}/serin` }, github: { repository: 'example/reviews' } };
  const policy = {
    apiVersion: 'serin.dev/v1alpha1',
    kind: 'CanaryPolicy',
    metadata: { name: 'told' },
    spec: { announce },
  };
  await story.kubectl(['apply', '-f', '-'], JSON.stringify(policy));
}

interface Told {
  readonly number: number;
  readonly event: string;
  readonly phase: string;
  readonly cause?: string;
  readonly rollout: { readonly namespace: string; readonly target: string };
  readonly canary: { readonly images: readonly string[] };
}

/** What was taken, once for each id and in the order of its first arrival. Everything that came is signed. */
function told({ hooks }: Outside): readonly Told[] {
  for (const request of hooks.received) expect(isSigned(request, secret)).toBe(true);
  const taken = hooks.received.filter((request) => request.taken);
  const firsts = new Map(taken.map(({ headers, body }) => [String(headers['webhook-id']), body]));
  return [...firsts.values()].map((body) => JSON.parse(body) as Told);
}

async function allTold(story: Story): Promise<void> {
  const path = `/apis/serin.dev/v1alpha1/namespaces/${story.namespace}/canaryrollouts`;
  const letters = async (): Promise<boolean> => {
    const list = (await story.api.get(path)) as { items: { status?: { mail?: { letters?: unknown[] } } }[] };
    return list.items.every(({ status }) => (status?.mail?.letters ?? []).length === 0);
  };
  await eventually('all letters to be told', letters);
}

describe.concurrent('programs outside', () => {
  it('are told of a promotion in order, through a controller that is killed and receivers that fail', async (context) => {
    const outside = await outsideOf(context);
    const story = await storyOf(context, 'told', { rps: 200, controller: { flags: outside.flags } });
    await policyFor(story, outside);
    let failures = 2;
    outside.hooks.answering(() => {
      failures -= 1;
      return failures < 0 ? undefined : { status: 503 };
    });
    let lost = 1;
    outside.github.failing(({ method }) => {
      if (method !== 'POST') return undefined;
      lost -= 1;
      return lost < 0 ? undefined : { lost: true };
    });

    await story.release({ steps: '50,100', bake: '4s', policy: 'told', 'github-ref': commit });
    await story.until('the first bake', ({ status }) => status.phase === 'baking');
    await story.controller().kill();
    await story.startController({ flags: outside.flags });
    const end = await story.reaches('promoted');
    await allTold(story);

    const letters = told(outside);
    expect(letters.map(({ number }) => number)).toEqual(letters.map((_, index) => index + 1));
    expect(letters[0]).toMatchObject({
      event: 'preparing',
      rollout: { namespace: story.namespace, target: 'reviews-v2' },
    });
    expect(letters.at(-1)).toMatchObject({ event: 'promoted', phase: 'promoted', finished: true, cluster: 'prod-eu' });
    expect(letters.at(-1)?.canary.images.length).toBeGreaterThan(0);
    const [deployment, ...others] = outside.github.deployments();
    expect(others).toEqual([]);
    expect(deployment).toMatchObject({
      repository: 'example/reviews',
      made: { ref: commit, environment: `prod-eu/${story.namespace}` },
    });
    expect(deployment?.statuses.at(-1)).toEqual({ state: 'success', description: shortened(end.status.message, 140) });
    expect(new Set(deployment?.statuses.slice(0, -1).map(({ state }) => state))).toEqual(new Set(['in_progress']));
  });

  it('that are silent keep no rollback waiting, and are told of it later', async (context) => {
    const outside = await outsideOf(context);
    const story = await storyOf(context, 'silent', {
      rps: 200,
      canary: { kind: '5xx', rate: 0.6 },
      controller: { flags: outside.flags },
    });
    await policyFor(story, outside);
    outside.hooks.answering(() => 'silent');
    outside.github.failing(() => 'silent');

    await story.release({ policy: 'told', 'github-ref': commit });
    await story.reaches('rolledBack');
    const tried = outside.hooks.received.length;
    const weights = await story.weights();
    const before = told(outside);
    outside.hooks.answering(() => undefined);
    outside.github.failing(() => undefined);
    await allTold(story);

    expect(tried).toBeGreaterThan(0);
    expect(weights).toEqual([100, 0]);
    expect(before).toEqual([]);
    expect(told(outside).at(-1)).toMatchObject({ event: 'rolledBack', cause: 'gate' });
    expect(outside.github.deployments().map(({ statuses }) => statuses.at(-1)?.['state'])).toEqual(['failure']);
    const metrics = await (await fetch(`${story.controller().url}/metrics`)).text();
    expect(metrics).toMatch(/serin_announcements_total\{what="webhook",outcome="later"\} [1-9]/);
    expect(metrics).toMatch(/serin_announcements_total\{what="github",outcome="taken"\} [1-9]/);
  });

  it('that nobody gave the controller the means to tell are not told, which its log says', async (context) => {
    const outside = await outsideOf(context);
    const story = await storyOf(context, 'unheard', { rps: 0 });
    await policyFor(story, outside);

    await story.release({ policy: 'told', analysis: 'off', 'github-ref': commit });
    const said = (): readonly string[] =>
      story
        .controller()
        .lines()
        .map(({ msg }) => msg);
    await eventually('the log to say so', async () => said().some((line) => line.includes('--github-token-file')));

    expect(said().filter((line) => line.includes('--webhook-secret-file FILE'))).toHaveLength(1);
    expect(outside.hooks.received).toEqual([]);
    expect(outside.github.calls).toEqual([]);
  });
});
