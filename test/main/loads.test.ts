// What each verb loads: a command that is typed often has no time for libraries that it does not use.
import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
let kubeconfig = '';

beforeAll(async () => {
  kubeconfig = join(await mkdtemp(join(tmpdir(), 'serin-loads-')), 'config');
  await writeFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'none', cluster: { server: 'http://127.0.0.1:1' } }],
      contexts: [{ name: 'none', context: { cluster: 'none', user: 'nobody' } }],
      users: [{ name: 'nobody', user: {} }],
      'current-context': 'none',
    }),
  );
});

/** Tells at the end of the process which packages it has loaded. */
const telling = `
  import { writeSync } from 'node:fs';
  import { registerHooks } from 'node:module';
  const packages = new Set();
  registerHooks({
    load(url, context, next) {
      const name = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1];
      if (name !== undefined) packages.add(name);
      return next(url, context);
    },
  });
  process.on('exit', () => writeSync(2, '\\nloaded: ' + JSON.stringify([...packages])));`;

/** The packages that a run of the command loads. */
function loadedBy(line: string): Promise<readonly string[]> {
  const preload = `data:text/javascript,${encodeURIComponent(telling)}`;
  const words = line.split(' ').map((word) => word.replace('KUBECONFIG', kubeconfig));
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--import', preload, main, ...words],
      { timeout: 60_000, env: { PATH: process.env['PATH'], HOME: '/nowhere' } },
      (error, _stdout, stderr) => {
        const [, loaded] = /^loaded: (.*)$/m.exec(stderr) ?? [];
        if (loaded === undefined) reject(error ?? new Error(stderr));
        else resolve(JSON.parse(loaded) as readonly string[]);
      },
    );
  });
}

describe('the command', () => {
  it.each(['--version', '--help', 'get --help', 'wait --help', 'completion bash', '__complete -- st', 'nonsense'])(
    '`serin %s` loads what reads its words, and nothing else',
    async (line) => {
      expect(await loadedBy(line)).toEqual(['commander']);
    },
  );

  it('through a server loads what it parses the answers with besides', async () => {
    expect(await loadedBy('get --server http://127.0.0.1:1 --token t')).toEqual(['commander', 'zod']);
  });

  it.each([
    'get --kubeconfig KUBECONFIG',
    'wait a --timeout=1s --kubeconfig KUBECONFIG',
    'abort a --kubeconfig KUBECONFIG',
  ])('`serin %s` loads the client of the cluster, and none of anything else', async (line) => {
    const loaded = await loadedBy(line);

    expect(loaded).toEqual(expect.arrayContaining(['commander', 'zod', 'undici', '@kubernetes/client-node']));
    for (const other of [
      'prometheus-query',
      'axios',
      '@prometheus-io/lezer-promql',
      'fastify',
      'bullmq',
      'ioredis',
      '@slack/bolt',
      'xstate',
      'pino',
      'prom-client',
    ])
      expect(loaded).not.toContain(other);
  });
});
