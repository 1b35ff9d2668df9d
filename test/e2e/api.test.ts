// The HTTP API on the real parts: tokens of ServiceAccounts, the roles of deploy/, rollouts that move.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, fetch } from 'undici';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { run } from '../../tools/parts/run.ts';
import { kubeconfigOfAccount } from '../../tools/scene/install.ts';
import { certificates } from '../../tools/stack/identities.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { type Cleanup, storyOf } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { weightsMoved } from '../support/history.ts';
import { applyPeopleRoles } from '../support/people-roles.ts';
import type { Story } from '../support/story.ts';

const root = join(import.meta.dirname, '..', '..');
const patient = { bake: '10m', 'max-bake': '20m' };
const loopback = { address: '127.0.0.1:0' };

beforeAll(applyPeopleRoles);

/** A story whose controller serves the API. */
function apiStory(context: Cleanup, name: string): Promise<Story> {
  return storyOf(context, name, { controller: { api: loopback } });
}

/** A ServiceAccount with a role in the story's namespace; gives a token of it. */
async function account(of: Story, name: string, role: 'serin-operator' | 'serin-viewer'): Promise<string> {
  await of.kubectl(['create', 'serviceaccount', name]);
  const subject = `--serviceaccount=${of.namespace}:${name}`;
  await of.kubectl(['create', 'rolebinding', name, `--clusterrole=${role}`, subject]);
  return (await of.kubectl(['create', 'token', name])).trim();
}

interface Sent {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function call(of: Story, token: string, path: string, body?: unknown): Promise<Sent> {
  const answer = await fetch(`${of.controller().apiUrl}/v1/rollouts/${of.namespace}/reviews-v2${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(200_000),
  });
  return { status: answer.status, body: (await answer.json()) as Sent['body'] };
}

/** Promotes the first step; what is not answered yet, because the machine is busy, is asked again with its id. */
async function promoteFirst(of: Story, token: string): Promise<Sent> {
  let sent = await call(of, token, '/promote', { step: 1 });
  for (let turn = 0; turn < 10 && sent.status === 202; turn += 1)
    sent = await call(of, token, '/promote', { step: 1, id: sent.body['id'] });
  return sent;
}

/** Reads a stream of events until the condition holds for what came; gives that. */
async function read(
  of: Story,
  token: string,
  isEnough: (text: string) => boolean,
  lastEventId?: string,
): Promise<string> {
  const answer = await fetch(`${of.controller().apiUrl}/v1/rollouts/${of.namespace}/reviews-v2/events`, {
    headers: {
      authorization: `Bearer ${token}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal: AbortSignal.timeout(60_000),
  });
  let text = '';
  for await (const chunk of answer.body ?? []) {
    text += new TextDecoder().decode(chunk as Uint8Array);
    if (isEnough(text)) break;
  }
  return text;
}

function lastId(text: string): string {
  return [...text.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? '';
}

describe.concurrent('over HTTP', () => {
  it('the same promote sent fifty times at once, and typed three times, moves one step', async (context) => {
    const of = await apiStory(context, 'api-fifty');
    const token = await account(of, 'pipeline', 'serin-operator');
    await of.release(patient);
    await of.reaches('baking');

    const typing = Promise.all(Array.from({ length: 3 }, () => of.serin('promote', 'reviews-v2', '--step', '1')));
    const sent = await Promise.all(Array.from({ length: 50 }, () => promoteFirst(of, token)));
    const typed = await typing;

    const after = await of.until('the second step', ({ status }) => status.step === 1 && status.phase === 'baking');
    expect(sent.map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(typed.map(({ code }) => code)).toEqual([0, 0, 0]);
    const end = await of.rollout();
    expect(end?.status.answers.filter(({ outcome }) => outcome === 'done')).toHaveLength(1);
    expect(weightsMoved(after)).toEqual([10, 25]);
    expect(end === undefined ? [] : weightsMoved(end)).toEqual([10, 25]);
    const requests = z.array(z.looseObject({ surface: z.string(), actor: z.string() })).parse(end?.spec['requests']);
    const overHttp = requests.filter(({ surface }) => surface === 'http');
    expect(overHttp.length).toBeLessThanOrEqual(1);
    expect(overHttp.every(({ actor }) => actor === `system:serviceaccount:${of.namespace}:pipeline`)).toBe(true);
    expect(requests.length - overHttp.length).toBeLessThanOrEqual(3);
  });

  it('who has no right is refused with the sentence of the command, and may read', async (context) => {
    const of = await apiStory(context, 'api-refused');
    const token = await account(of, 'reader', 'serin-viewer');
    const kubeconfig = await kubeconfigOfAccount(of.stack, of.namespace, 'reader');
    await of.release(patient);
    await of.reaches('baking');

    for (const verb of ['promote', 'abort', 'pause', 'resume', 'retry']) {
      const sent = await call(of, token, `/${verb}`, {});
      const told = await of.serin(verb, 'reviews-v2', '--kubeconfig', kubeconfig);

      expect([sent.status, sent.body['type']]).toEqual([403, 'urn:serin:problem:forbidden']);
      expect(told).toMatchObject({ code: 10, stderr: `serin: ${String(sent.body['detail'])}\n` });
    }
    const seen = await call(of, token, '');
    const nobody = await call(of, 'nonsense', '');
    expect([seen.status, seen.body['phase'], nobody.status]).toEqual([200, 'baking', 401]);
    expect((await of.rollout())?.spec['requests']).toEqual([]);
    expect(of.controller().output()).not.toContain(token.split('.')[1]);
  });

  it('a wait ends with the promotion, and a stream is taken up again at another controller', async (context) => {
    const of = await apiStory(context, 'api-wait');
    const token = await account(of, 'pipeline', 'serin-operator');
    await of.release(patient);
    await of.reaches('baking');
    const first = await read(of, token, (text) => text.includes('"phase":"baking"'));
    await of.controller().kill();
    await of.startController({ api: loopback });

    const waiting = call(of, token, '?waitFor=promoted&timeout=3m');
    const promoted = await call(of, token, '/promote', { full: true, reason: 'smoke test passed' });
    const rest = await read(of, token, (text) => text.includes('"phase":"shifting"'), lastId(first));
    const waited = await waiting;

    expect(promoted.body).toMatchObject({ outcome: 'done' });
    expect(Number(lastId(rest))).toBeGreaterThan(Number(lastId(first)));
    expect([waited.status, waited.body]).toEqual([200, expect.objectContaining({ phase: 'promoted', reached: true })]);
  });

  it('a wait for a promotion ends with the rollback of a bad release', async (context) => {
    const of = await storyOf(context, 'api-bad', { controller: { api: loopback }, canary: { kind: '5xx', rate: 0.5 } });
    const token = await account(of, 'pipeline', 'serin-viewer');
    await of.release();
    await of.until('it to begin', () => true);

    const waited = await call(of, token, '?waitFor=promoted&timeout=3m');

    expect(waited.body).toMatchObject({ phase: 'rolledBack', cause: 'gate', finished: true, reached: false });
  });

  it('with TLS is served with the certificate of the files', async (context) => {
    const certFile = certificates(stackOfThisRun().folder);
    const api = { ...loopback, certFile, keyFile: certFile.replace(/\.crt$/, '.key') };
    const of = await storyOf(context, 'api-tls', { controller: { api }, rps: 0 });
    const token = await account(of, 'pipeline', 'serin-viewer');
    const dispatcher = new Agent({ connect: { ca: await readFile(certFile) } });
    const url = `${of.controller().apiUrl}/openapi.json`;

    const answer = await fetch(url, { dispatcher, headers: { authorization: `Bearer ${token}` } });
    const document = (await answer.json()) as { openapi: string };
    await dispatcher.close();
    const distrusted = await fetch(url).then(
      () => 'answered',
      () => 'refused',
    );

    expect(url).toMatch(/^https:/);
    expect([answer.status, document.openapi, distrusted]).toEqual([200, '3.1.0', 'refused']);
  });

  it('the lines of docs/api.md work', async (context) => {
    const of = await apiStory(context, 'api-docs');
    await of.release(patient);
    await of.reaches('baking');
    const page = await readFile(join(root, 'docs', 'api.md'), 'utf8');
    const blocks = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block);
    const env = { KUBECONFIG: of.stack.kubeconfig, NAMESPACE: of.namespace, SERIN: of.controller().apiUrl };
    const path = `${join(of.stack.bin.kubectl, '..')}:${process.env['PATH'] ?? ''}`;

    const ran = await run('bash', ['-euo', 'pipefail', '-c', blocks.join('\n')], {
      timeoutMs: 250_000,
      env: { ...process.env, ...env, PATH: path },
    });

    expect(blocks).toHaveLength(2);
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stdout).toContain('"outcome":"done"');
    expect(ran.stdout).toContain('"reached":true');
    await eventually('the promotion', async () => (await of.rollout())?.status.phase === 'promoted');
  });
});
