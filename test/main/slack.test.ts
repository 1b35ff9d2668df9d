// Slack as the controller starts it: from flags and files to a message, a press and its request, over the cluster's own objects.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import type { Cluster } from '../../src/adapters/kubernetes/connection.ts';
import { newRollout, statusBody } from '../../src/adapters/kubernetes/rollout-bodies.ts';
import { readRollout } from '../../src/adapters/kubernetes/rollout-codec.ts';
import { patched } from '../../src/adapters/memory/json-patch.ts';
import { silentLog } from '../../src/controller/log.ts';
import { withOutbox } from '../../src/domain/outbox.ts';
import type { Rollout, RolloutStatus } from '../../src/domain/rollout.ts';
import { type RunningSlack, runSlack } from '../../src/main/slack.ts';
import { type FakeSlack, fakeSlack } from '../../tools/slack/fake-slack.ts';
import { aPlan, aRollout, aSpec, dawn } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';

const id = { namespace: 'shop', name: 'reviews-v2-two-1' };
const objectSchema = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string() }) });

let slack: FakeSlack;
let running: RunningSlack | undefined;
beforeEach(async () => {
  slack = await fakeSlack();
  slack.user({ id: 'UADA' });
});
afterEach(async () => {
  await running?.close();
  await slack.close();
});

/** An API server with one rollout in it, as far as Slack asks it for anything. */
function oneRollout() {
  let object = objectSchema.parse({
    ...(newRollout(id, aSpec({ plan: aPlan({ slackChannel: 'releases' }) })) as object),
    metadata: { ...id, uid: 'uid-1', resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-05T09:00:00Z' },
  });
  const reviews: unknown[] = [];

  function put(next: object): void {
    const version = String(Number(object.metadata.resourceVersion) + 1);
    object = { ...object, ...next, metadata: { ...object.metadata, resourceVersion: version } };
  }

  const cluster: Pick<Cluster, 'request'> = {
    async request(method, path, options = {}) {
      if (path.endsWith('/subjectaccessreviews')) {
        reviews.push(options.body);
        return { status: 201, body: { status: { allowed: true } } };
      }
      if (method === 'PUT') {
        const sent = objectSchema.parse(options.body);
        if (sent.metadata.resourceVersion !== object.metadata.resourceVersion) return { status: 409, body: {} };
        put({ status: sent['status'] });
      }
      if (method === 'PATCH') put(patched(object, options.body as Parameters<typeof patched>[1]) as object);
      return { status: 200, body: path.endsWith('/canaryrollouts') ? { metadata: {}, items: [object] } : object };
    },
  };

  function read(): Rollout {
    return readRollout(object);
  }

  function change(parts: Partial<RolloutStatus>): Rollout {
    const rollout = read();
    const status = withOutbox(rollout, { ...rollout.status, ...parts }, dawn);
    put({ status: objectSchema.parse(statusBody(rollout, status, [], dawn))['status'] });
    return read();
  }

  return { cluster: cluster as Cluster, read, change, reviews };
}

async function fileOf(text: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'serin-slack-')), 'file');
  await writeFile(file, `${text}\n`);
  return file;
}

it('tells of a rollout, takes a press, and goes on with the saved message after a restart', async () => {
  const { cluster, read, change, reviews } = oneRollout();
  const flags = {
    botTokenFile: await fileOf('xoxb-test'),
    mode: { kind: 'socket' as const, appTokenFile: await fileOf('xapp-test') },
    usersFile: await fileOf('users: { UADA: { user: ada@example.com, groups: [releasers] } }'),
    apiUrl: slack.url,
  };
  const counts = { maybeTwice: 0 };
  const counter = {
    spoken: () => undefined,
    maybeTwice: () => {
      counts.maybeTwice += 1;
    },
  };
  const start = () =>
    runSlack({ slack: flags, cluster, clock: { now: Date.now }, log: silentLog, counter, clusterName: 'prod-eu' });
  running = await start();

  running.changed(change({ phase: 'baking', weight: { intended: 10, observed: 10 }, message: 'Baking at 10%.' }));
  await eventually('the message', async () => read().status.slack?.ts !== undefined, { withinMs: 5_000 });
  expect(slack.messages.map(({ text }) => text)).toEqual([
    'Running: reviews-v2 in prod-eu/shop. Baking, step 1/4, 10% of traffic. Baking at 10%.',
  ]);

  await eventually('a connection', async () => slack.socket.connections() === 1, { withinMs: 5_000 });
  slack.socket.send({ envelope_id: 'one', type: 'interactive', payload: pressOfPromote(read()) });
  await eventually('the request', async () => read().spec.requests.length === 1, { withinMs: 5_000 });
  expect(read().spec.requests).toMatchObject([
    { verb: 'promote', step: 0, actor: 'ada@example.com', surface: 'slack' },
  ]);
  expect(reviews).toMatchObject([
    {
      spec: {
        user: 'ada@example.com',
        groups: ['releasers'],
        resourceAttributes: { verb: 'promote', namespace: 'shop' },
      },
    },
  ]);

  await running.close();
  running = await start();
  running.changed(change({ phase: 'promoted', message: 'Promoted.' }));
  await eventually('the end to be told', async () => read().status.outbox?.length === 0, { withinMs: 45_000 });
  const [message, ...others] = slack.messages.filter(({ thread }) => thread === undefined);
  expect(others).toEqual([]);
  expect(message?.text).toContain('Promoted: reviews-v2');
  expect(slack.messages.filter(({ broadcast }) => broadcast).map(({ text }) => text)).toEqual(['Promoted.']);
  expect(slack.calls.find(({ method }) => method === 'chat.postMessage')?.token).toBe('xoxb-test');
  expect(slack.calls.find(({ method }) => method === 'apps.connections.open')?.token).toBe('xapp-test');
}, 60_000);

it('does not start with a table of people that cannot be read', async () => {
  const { cluster } = oneRollout();
  const usersFile = await fileOf('users: { ada: { user: system:admin } }');
  const flags = {
    botTokenFile: await fileOf('xoxb-test'),
    mode: { kind: 'socket' as const, appTokenFile: await fileOf('xapp-test') },
    usersFile,
    apiUrl: slack.url,
  };
  const counter = { spoken: () => undefined, maybeTwice: () => undefined };

  const starting = runSlack({ slack: flags, cluster, clock: { now: Date.now }, log: silentLog, counter });

  await expect(starting).rejects.toThrow(/is no table of people/);
});

function pressOfPromote({ uid, status, spec }: Rollout) {
  const { id: shape } = aRollout();
  const value = JSON.stringify({ n: shape.namespace, r: shape.name, u: uid, s: status.step, a: spec.requests.length });
  return {
    type: 'block_actions',
    team: { id: 'T1', domain: 'example' },
    user: { id: 'UADA', team_id: 'T1' },
    channel: { id: 'CRELEASES', name: 'releases' },
    actions: [{ type: 'button', action_id: 'serin:promote', block_id: 'b', action_ts: '1.1', value }],
  };
}
