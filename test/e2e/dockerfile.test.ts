// The Dockerfile, carried out step by step in a temporary folder, as no Docker engine is needed to see that it works: COPY
// copies what .dockerignore lets through, RUN runs in bash, and the entry point of the last stage is started at the end.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { run } from '../../tools/parts/run.ts';
import { kubectlOutput } from '../../tools/stack/kubectl.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { build, commandOf, instructionsOf, type Stage, sentFiles } from '../support/dockerfile.ts';
import { eventually } from '../support/eventually.ts';

const checkout = join(import.meta.dirname, '..', '..');
const buildMs = 300_000;
const readyMs = 30_000;

const instructions = instructionsOf(await readFile(join(checkout, 'Dockerfile'), 'utf8'));

describe('the Dockerfile', () => {
  let folder: string;
  let image: Stage;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'serin-image-'));
    image = await build(instructions, folder);
  }, buildMs);

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('builds a program that tells its version', async () => {
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')));

    const ended = await runImage(image, ['--version']);

    expect(ended).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('builds a controller that becomes ready on the real parts', async () => {
    const stack = stackOfThisRun();
    const { kubeconfig, prometheus, redis } = stack;
    await kubectlOutput(stack, ['apply', '--server-side', '-f', join(checkout, 'deploy', 'crds')]);
    const flags = ['--prometheus-url', prometheus.url, '--redis-url', redis.url, '--redis-prefix', '{image}'];
    const where = ['--kubeconfig', kubeconfig, '--namespace', 'default', '--listen', '127.0.0.1:0'];
    const [program, args] = commandOf(image, ['controller', ...flags, ...where]);
    const controller = spawn(program, args, { cwd: image.root, env: {}, stdio: ['ignore', 'pipe', 'inherit'] });

    try {
      const url = await urlOf(controller);
      const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });

      expect(answer.status).toBe(200);
    } finally {
      controller.kill('SIGKILL');
    }
  });

  test('keeps packages and their licences out of the file system but in the bundle', async () => {
    const files = await readdir(join(image.root, 'app'), { recursive: true });
    const licences = await readFile(join(image.root, 'app', 'THIRD_PARTY_LICENSES.txt'), 'utf8');

    expect(files.filter((file) => file.includes('node_modules') || file.endsWith('.ts'))).toEqual([]);
    expect(licences).toMatch(/^fastify \d+\.\d+\.\d+ \(MIT\)$/m);
    expect(licences).toMatch(/^@kubernetes\/client-node \d+\.\d+\.\d+ \(Apache-2\.0\)$/m);
  });

  test('runs as a user that Kubernetes can tell from root, on the Node it was built with', async () => {
    const stages = instructions.filter(({ verb }) => verb === 'FROM');

    expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(new Set(stages.map(({ rest }) => rest.split(' ')[0]))).toEqual(new Set(['node:26-slim']));
  });

  test('is sent nothing but what it needs', async () => {
    const sent = await sentFiles('.');
    const needed = ['LICENSE', 'machines', 'package-lock.json', 'package.json', 'src', 'tools', 'tsconfig.json'];

    expect(new Set(sent.map((file) => file.split('/')[0]))).toEqual(new Set(needed));
    expect(sent.filter((file) => file.startsWith('tools/'))).toEqual(['tools/bundle.ts']);
  });
});

async function runImage(stage: Stage, args: readonly string[]) {
  const [program, words] = commandOf(stage, args);
  return await run(program, words, { cwd: stage.root, env: {}, timeoutMs: readyMs });
}

/** Where the controller listens, from the line that it logs when it is ready. */
async function urlOf(controller: ChildProcess): Promise<string> {
  if (controller.stdout === null) throw new Error('The controller has no output to read.');
  const lines: string[] = [];
  createInterface({ input: controller.stdout }).on('line', (line) => lines.push(line));
  const said = () => lines.find((line) => line.includes('"msg":"The controller is ready"'));
  const line = await eventually('the controller to be ready', async () => said(), { withinMs: readyMs });
  return z.object({ url: z.url() }).parse(JSON.parse(line)).url;
}
