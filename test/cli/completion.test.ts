import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { aRollout } from '../support/builders.ts';
import { type TestCluster, testCluster } from './support/command.ts';
import { aChanged } from './support/managed.ts';

const run = promisify(execFile);

function cluster(): TestCluster {
  const made = testCluster();
  made.put(aRollout({ status: { phase: 'baking' } }));
  made.deploy(aChanged());
  return made;
}

/** The words offered for a line; the last one is being typed. */
async function offered(...words: readonly string[]): Promise<readonly string[]> {
  const { out, err, code } = await cluster().run(['__complete', '--', ...words]);
  expect([code, err]).toEqual([0, '']);
  return out.split('\n').flatMap((line) => line.split('\t')[0] || []);
}

describe('what is offered for the word being typed', () => {
  it.each<[readonly string[], readonly string[]]>([
    [['wa'], ['wait', 'watch']],
    [['-n', 'shop', 'wai'], ['wait']],
    [['gate', ''], ['test']],
    [['wait', 'che'], ['checkout']],
    [
      ['wait', 'deployment/'],
      ['deployment/checkout', 'deployment/reviews-v2'],
    ],
    [['status', 'cro/r'], ['cro/reviews-v2-two-1']],
    [
      ['status', 're'],
      ['reviews-v2', 'reviews-v2-two-1'],
    ],
    [['status', 'checkout', ''], []],
    [
      ['get', '-o', ''],
      ['table', 'wide', 'json', 'yaml', 'name'],
    ],
    [['get', '--output=y'], ['--output=yaml']],
    [['get', '--output', '=', 'y'], ['yaml']],
    [
      ['wait', '--for', '='],
      ['promoted', 'finished', 'awaiting-approval', 'step='],
    ],
    [['wait', '--for=awaiting-approval', '--timeout', '5m', 'che'], ['checkout']],
    [['wait', '--ju'], ['--junit']],
    [['wait', '--names'], ['--namespace']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['nonsense', 'x'], []],
  ])('after serin %j is %j', async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });

  it('is every verb of the help, and none that is hidden', async () => {
    const words = await offered('');
    const { out } = await cluster().run('--help');

    expect(words).toContain('promote');
    expect(words.filter((word) => !out.includes(`  ${word} `))).toEqual([]);
    expect(words).not.toContain('__complete');
  });

  it('looks where the flags say', async () => {
    const made = cluster();

    await made.run(['__complete', '--', '-n', 'books', '--context=kind', 'status', '']);

    expect(made.opened).toEqual([{ namespace: 'books', context: 'kind' }]);
  });

  it('is nothing when the cluster does not answer', async () => {
    const made = cluster();
    made.silent(new Error('connect ECONNREFUSED'));

    expect(await made.run(['__complete', '--', 'status', ''])).toEqual({ code: 0, out: '', err: '' });
  });
});

describe('serin completion', () => {
  it('gives bash a script that asks the command, and takes its answers', async () => {
    const { out: script } = await cluster().run('completion bash');
    const { out: answer } = await cluster().run(['__complete', '--', 'wait', '--for', '=', 'pro']);
    const line = `
      eval "$SCRIPT"
      serin() { [[ "$*" == '__complete -- wait --for = pro' ]] && printf '%s' "$ANSWER"; }
      COMP_WORDS=(serin wait --for = pro) COMP_CWORD=4
      _serin
      printf '%s|' "\${COMPREPLY[@]}"`;

    const { stdout } = await run('bash', ['-c', line], {
      env: { ...process.env, SCRIPT: script, ANSWER: answer },
      timeout: 20_000,
    });

    expect(stdout).toBe('promoted|');
  });

  it.each(['zsh', 'fish'])('gives %s a script that asks the command', async (shell) => {
    const { code, out } = await cluster().run(`completion ${shell}`);

    expect(code).toBe(0);
    expect(out).toContain('serin __complete -- ');
  });

  it('does not know other shells', async () => {
    const { code, err } = await cluster().run('completion powershell');

    expect(code).toBe(2);
    expect(err).toContain('Allowed choices are bash, zsh, fish.');
  });
});
