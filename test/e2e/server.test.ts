// The command through a controller's HTTP API, on the real parts and without a kubeconfig: it says and ends as it does with one.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../tools/parts/run.ts';
import { serinProgram } from '../../tools/scene/program.ts';
import { certificates } from '../../tools/stack/identities.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { type Cleanup, storyOf } from '../support/cleanup.ts';
import { applyPeopleRoles } from '../support/people-roles.ts';
import type { Story } from '../support/story.ts';

const patient = { bake: '10m', 'max-bake': '20m' };
const loopback = { address: '127.0.0.1:0' };

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

beforeAll(applyPeopleRoles);

/** A story whose controller serves the API, and a file with the token of an account there. */
async function served(
  context: Cleanup,
  name: string,
  role: 'serin-operator' | 'serin-viewer' = 'serin-operator',
): Promise<{ readonly of: Story; readonly token: string }> {
  const of = await storyOf(context, name, { controller: { api: loopback } });
  await of.kubectl(['create', 'serviceaccount', 'pipeline']);
  await of.kubectl([
    'create',
    'rolebinding',
    'pipeline',
    `--clusterrole=${role}`,
    `--serviceaccount=${of.namespace}:pipeline`,
  ]);
  const token = join(await mkdtemp(join(tmpdir(), 'serin-token-')), 'token');
  await writeFile(token, await of.kubectl(['create', 'token', 'pipeline']));
  return { of, token };
}

/** Runs the command where there is no kubeconfig. */
function through(of: Story, token: string, words: readonly string[], url = of.controller().apiUrl ?? ''): Promise<Ran> {
  const place = ['--server', url, '--token-file', token, '-n', of.namespace];
  return run(process.execPath, [serinProgram(), ...words, ...place], {
    timeoutMs: 200_000,
    env: { PATH: process.env['PATH'], HOME: '/nowhere' },
  });
}

/** What passes between two looks, and what a surface is called, taken out. */
function lasting({ code, stdout, stderr }: Ran): Ran {
  const still = (text: string): string =>
    text
      .replaceAll(/\b\d+(\.\d+)?(ms|s|m|h)(\d+s)?\b/g, 'T')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replaceAll(/ +/g, ' ');
  return { code, stdout: still(stdout), stderr: still(stderr) };
}

describe.concurrent('through a server', () => {
  it('everything that is looked at is what it is with a kubeconfig', async (context) => {
    const { of, token } = await served(context, 'server-looks', 'serin-viewer');
    await of.release({ bake: '2s' });
    await of.reaches('promoted');

    const lines = ['get -o wide', 'status', 'explain -o json', 'history --attempt 1', 'watch', 'wait', 'get -o json'];
    for (const line of lines) {
      const words = line.replace(/^(\w+)/, '$1 deployment/reviews-v2').split(' ');
      const [told, typed] = await Promise.all([through(of, token, words), of.serin(...words)]);

      expect([line, lasting(told)]).toEqual([line, lasting(typed)]);
      expect([line, told.code]).toEqual([line, 0]);
    }
    const missing = await through(of, token, ['status', 'reviews-v3']);
    expect(missing).toMatchObject({ code: 10, stdout: '' });
    expect(missing.stderr).toContain('Did you mean "reviews-v2"?');
  });

  it('a wait ends with the promotion that was asked for, and a second one is told that it was', async (context) => {
    const { of, token } = await served(context, 'server-promote');
    const early = await through(of, token, ['wait', 'deployment/reviews-v2', '--timeout=3m']);
    await of.release(patient);
    const waiting = through(of, token, ['wait', 'deployment/reviews-v2', '--for=promoted', '--timeout=3m']);
    await of.reaches('baking');

    const step = await through(of, token, ['promote', 'reviews-v2', '--step', '1', '--reason', 'smoke test passed']);
    const again = await through(of, token, ['promote', 'reviews-v2', '--step', '1']);
    const full = await through(of, token, ['promote', 'reviews-v2', '--full']);

    expect([step.code, again.code, full.code]).toEqual([0, 0, 0]);
    expect(again.stdout).toContain(`system:serviceaccount:${of.namespace}:pipeline`);
    expect((await waiting).code).toBe(0);
    expect(early).toMatchObject({ code: 10, stdout: '' });
    expect(early.stderr).toContain(`There is no rollout of "reviews-v2" in namespace ${of.namespace}.`);
    const end = await of.rollout();
    expect(end?.status.phase).toBe('promoted');
  });

  it('an abort ends a wait with 4 there and with a kubeconfig, and without the right it is refused with 10', async (context) => {
    const { of, token } = await served(context, 'server-abort');
    await of.release(patient);
    await of.reaches('baking');
    await of.kubectl(['create', 'serviceaccount', 'reader']);
    const subject = `--serviceaccount=${of.namespace}:reader`;
    await of.kubectl(['create', 'rolebinding', 'reader', '--clusterrole=serin-viewer', subject]);
    await writeFile(`${token}-of-reader`, await of.kubectl(['create', 'token', 'reader']));

    const refused = await through(of, `${token}-of-reader`, ['abort', 'reviews-v2']);
    const waiting = through(of, token, ['wait', 'reviews-v2', '--timeout=3m', '-o', 'json']);
    const waitingToo = of.serin('wait', 'reviews-v2', '--timeout=4m', '-o', 'json');
    const asked = await through(of, token, ['abort', 'reviews-v2', '--reason', 'wrong image']);
    const [told, typed] = [await waiting, await waitingToo];

    expect(refused).toMatchObject({ code: 10, stdout: '' });
    expect(refused.stderr).toMatch(
      /^serin: \S+:reader may not abort: that needs the verb abort on canaryrollouts\.serin\.dev /,
    );
    expect(asked.code).toBe(0);
    expect([told.code, typed.code]).toEqual([4, 4]);
    const last = (ran: Ran): unknown => JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '');
    expect(last(told)).toMatchObject({ type: 'end', outcome: 'aborted', exitCode: 4 });
    expect({ ...(last(told) as object), time: 0 }).toEqual({ ...(last(typed) as object), time: 0 });
  });

  it('a wait outlives a controller that is killed and started again', async (context) => {
    const { of, token } = await served(context, 'server-restart');
    await of.release(patient);
    await of.reaches('baking');
    const url = of.controller().apiUrl ?? '';

    const waiting = through(of, token, ['wait', 'reviews-v2', '--timeout=3m'], url);
    await through(of, token, ['pause', 'reviews-v2'], url);
    await of.controller().kill();
    await of.startController({ api: { address: new URL(url).host } });
    const asked = await through(of, token, ['abort', 'reviews-v2'], url);
    const told = await waiting;

    expect(asked.code).toBe(0);
    expect(told.code).toBe(4);
  });

  it('with TLS is spoken to by whoever has the authority, and by nobody else', async (context) => {
    const certFile = certificates(stackOfThisRun().folder);
    const api = { ...loopback, certFile, keyFile: certFile.replace(/\.crt$/, '.key') };
    const of = await storyOf(context, 'server-tls', { controller: { api }, rps: 0 });
    await of.kubectl(['create', 'serviceaccount', 'pipeline']);
    const subject = `--serviceaccount=${of.namespace}:pipeline`;
    await of.kubectl(['create', 'rolebinding', 'pipeline', '--clusterrole=serin-viewer', subject]);
    const token = join(await mkdtemp(join(tmpdir(), 'serin-token-')), 'token');
    await writeFile(token, await of.kubectl(['create', 'token', 'pipeline']));
    await writeFile(`${token}-of-nobody`, 'nonsense');

    const trusted = await through(of, token, ['get', '--certificate-authority', certFile]);
    const distrusted = await through(of, token, ['get']);
    const unknown = await through(of, `${token}-of-nobody`, ['get', '--certificate-authority', certFile]);

    expect(trusted).toEqual({ code: 0, stdout: '', stderr: `No rollouts found in namespace ${of.namespace}.\n` });
    expect(distrusted.code).toBe(1);
    expect(distrusted.stderr).toMatch(
      /^serin: The certificate of https:\S+ is signed by nobody who is trusted here \(\w+\)/,
    );
    expect(unknown.code).toBe(10);
    expect(unknown.stderr).toMatch(
      /^serin: The cluster does not know the token, or it has expired\.\nTry: kubectl create token/,
    );
  });
});
