// What is handed out: the command in one file, which runs alone in an empty folder, and the package that npm installs.
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../tools/parts/run.ts';
import { type ApiScene, apiScene, baking, tokens } from '../support/api-world.ts';
import { runUntil } from '../support/run.ts';

const root = join(import.meta.dirname, '..', '..');
let built = '';
let alone = '';
let api: ApiScene;
let url = '';

beforeAll(async () => {
  built = join(await mkdtemp(join(tmpdir(), 'serin-bundle-')), 'dist');
  const done = await run(process.execPath, [join(root, 'tools', 'bundle.ts'), built], { timeoutMs: 100_000 });
  expect(done).toMatchObject({ code: 0, stderr: '' });
  alone = await mkdtemp(join(tmpdir(), 'serin-alone-'));
  await copyFile(join(built, 'serin.mjs'), join(alone, 'serin.mjs'));
  api = apiScene({ settings: { bake: '1h', 'max-bake': '2h' } });
  await runUntil(api.scene, baking(0));
  url = await api.app.listen({ host: '127.0.0.1', port: 0 });
}, 120_000);

afterAll(async () => {
  await api.app.close();
  await Promise.all([join(built, '..'), alone].map((folder) => rm(folder, { recursive: true, force: true })));
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a file of the bundle with nothing of this repository around it. */
function serin(file: string, line: string, node: readonly string[] = []): Promise<Ran> {
  return run(process.execPath, [...node, file, ...line.split(' ')], {
    timeoutMs: 60_000,
    cwd: alone,
    env: { PATH: '/usr/bin:/bin', HOME: '/nowhere', SERIN_TOKEN: tokens.ada },
  });
}

describe('the command in one file', () => {
  const file = (): string => join(alone, 'serin.mjs');

  it('runs alone in an empty folder', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly version: string };

    expect(await readdir(alone)).toEqual(['serin.mjs']);
    expect(await serin(file(), '--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    expect((await serin(file(), 'completion bash')).stdout).toContain('complete -o default -F _serin serin');
    expect(await readdir(alone)).toEqual(['serin.mjs']);
  });

  it('looks and asks through a server, and reads files', async () => {
    await writeFile(
      join(built, 'policy.yaml'),
      'apiVersion: serin.dev/v1alpha1\nkind: CanaryPolicy\nmetadata: {name: a}\nspec: {bake: 5}\n',
    );

    const seen = await serin(file(), `get -n shop -o yaml --server ${url}`);
    const linted = await serin(file(), `lint -f ${built}`);

    expect(seen).toMatchObject({ code: 0, stderr: '' });
    expect(seen.stdout).toContain('target: reviews-v2');
    expect(linted.code).toBe(2);
    expect(linted.stdout + linted.stderr).toContain('bake');
  });

  it('finds the client of the cluster in itself, and has no controller', async () => {
    const missing = await serin(file(), 'get --kubeconfig /nowhere/config');
    const controller = await serin(file(), 'controller --prometheus-url http://127.0.0.1:1');

    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/^serin: The kubeconfig \/nowhere\/config cannot be read: /);
    expect(controller).toMatchObject({
      code: 1,
      stderr:
        'serin: This file is the command alone. The controller is in the image, and in the folder that serin.js is in.\n',
    });
  });

  it('says on a Node that is too old which one it needs', async () => {
    const older = `import nodeModule from 'node:module'; import { syncBuiltinESMExports } from 'node:module';
      delete nodeModule.registerHooks; syncBuiltinESMExports();
      Object.defineProperty(process, 'version', { value: 'v20.20.2' });
      Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } });`;

    const ran = await serin(file(), '--version', ['--import', `data:text/javascript,${encodeURIComponent(older)}`]);

    expect(ran).toEqual({ code: 1, stdout: '', stderr: 'Serin needs Node 24 or later; this is v20.20.2.\n' });
  });
});

describe('the package', () => {
  it('is whole: what npm installs needs no other, and runs', async () => {
    const into = await mkdtemp(join(built, '..', 'installed-'));
    const npm = (...words: string[]): Promise<string> =>
      new Promise((resolve, reject) => {
        execFile('npm', words, { timeout: 100_000, cwd: into, env: { ...process.env } }, (error, stdout) =>
          error === null ? resolve(stdout) : reject(error),
        );
      });

    await npm('pack', built, '--ignore-scripts', '--pack-destination', into);
    const [tarball] = (await readdir(into)).filter((name) => name.endsWith('.tgz'));
    await npm(
      'install',
      '--global',
      '--prefix',
      into,
      '--offline',
      '--no-audit',
      '--no-fund',
      join(into, tarball ?? ''),
    );
    const ran = await serin(join(into, 'bin', 'serin'), '--version');
    const plugin = await serin(join(into, 'bin', 'kubectl-serin'), `get -n shop -o yaml --server ${url}`);

    expect(await readdir(join(into, 'lib', 'node_modules'))).toEqual(['serin']);
    expect(await readdir(join(into, 'lib', 'node_modules', 'serin'))).toEqual([
      'LICENSE',
      'THIRD_PARTY_LICENSES.txt',
      'chunks',
      'package.json',
      'serin.js',
    ]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(plugin.stdout).toContain('target: reviews-v2');
  }, 120_000);
});
