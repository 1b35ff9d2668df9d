// Completion as shells do it: each loads the script of the real command, is typed at on a terminal of its own, and runs what comes of it.
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../tools/parts/run.ts';
import { type ApiScene, apiScene, baking, tokens } from '../support/api-world.ts';
import { runUntil } from '../support/run.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
let folder = '';
let api: ApiScene;
let environment: NodeJS.ProcessEnv = {};

/** Completes like the command itself; what is run in earnest is only written down. */
const shim = `#!/bin/sh
case "$1" in
  completion|__complete) exec "${process.execPath}" "${main}" "$@" ;;
  *) printf '%s\\n' "$*" >> "$CALLS" ;;
esac
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serin-shells-'));
  await writeFile(join(folder, 'serin'), shim);
  await chmod(join(folder, 'serin'), 0o755);
  await writeFile(join(folder, 'token-of-ada'), tokens.ada);
  api = apiScene({ settings: { bake: '1h', 'max-bake': '2h' } });
  await runUntil(api.scene, baking(0));
  environment = {
    PATH: `${folder}:/usr/local/bin:/usr/bin:/bin`,
    HOME: folder,
    TERM: 'xterm',
    CALLS: join(folder, 'calls'),
    SERIN_SERVER: await api.app.listen({ host: '127.0.0.1', port: 0 }),
    SERIN_TOKEN: tokens.ada,
  };
});

afterAll(async () => {
  await api.app.close();
  await rm(folder, { recursive: true, force: true });
});

function isInstalled(...programs: readonly string[]): boolean {
  return programs.every((program) => {
    try {
      execFileSync('/bin/sh', ['-c', `command -v ${program}`], { env: { PATH: '/usr/local/bin:/usr/bin:/bin' } });
      return true;
    } catch {
      return false;
    }
  });
}

/** Types at a shell on a terminal, and gives the words with which the command was run. */
async function typed(shell: string, ...keys: readonly string[]): Promise<readonly string[]> {
  await writeFile(join(folder, 'calls'), '');
  const stdin = [...keys, 'exit', ''].join('\n');
  const ended = await run('script', ['-qec', shell, '/dev/null'], {
    timeoutMs: 50_000,
    cwd: folder,
    env: environment,
    stdin,
  });
  expect(ended).toMatchObject({ code: 0 });
  return (await readFile(join(folder, 'calls'), 'utf8')).split('\n').slice(0, -1);
}

const lines = [
  'serin promo\treviews-v2',
  'serin status -n shop reviews-v2-r\t',
  'serin wait --for=awa\treviews-v2',
  'serin get --outp\twid\t',
  'serin get --token-file tok\t',
];

const completed = [
  'promote reviews-v2',
  'status -n shop reviews-v2-rev2-1',
  'wait --for=awaiting-approval reviews-v2',
  'get --output wide',
  'get --token-file token-of-ada',
];

describe('a shell that has loaded the completion', () => {
  it.skipIf(!isInstalled('bash', 'script'))(
    'bash: completes verbs, flags, values, files, and names of the cluster',
    async () => {
      const calls = await typed('bash --norc -i', 'source <(serin completion bash)', ...lines);

      expect(calls).toEqual(completed);
    },
  );

  it.skipIf(!isInstalled('zsh', 'script'))('zsh: does the same', async () => {
    const load = 'autoload -Uz compinit; compinit -u -D; source <(serin completion zsh)';
    const calls = await typed('zsh -f -i', load, ...lines);

    expect(calls).toEqual(completed);
  });

  it.skipIf(!isInstalled('fish'))('fish: does the same', async () => {
    const ask = (line: string): Promise<string> =>
      run('fish', ['--no-config', '-c', `serin completion fish | source; complete -C "${line}"`], {
        timeoutMs: 50_000,
        cwd: folder,
        env: environment,
      }).then(({ stdout }) => stdout);

    expect(await ask('serin promo')).toMatch(/^promote\tleave the present step/);
    expect(await ask('serin status -n shop re')).toBe('reviews-v2\tDeployment\nreviews-v2-rev2-1\trollout, baking\n');
    expect(await ask('serin wait --for=awa')).toMatch(/^--for=awaiting-approval\t/);
    expect(await ask('serin get --token-file tok')).toMatch(/^token-of-ada\b/);
  });
});
