// Runs the shell of an example with every tool of a pipeline replaced by one that writes down what it was asked.
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a run of a script gave: its exit code, what it asked of each tool, and the files it left. */
export interface ShellRun {
  readonly code: number;
  readonly stderr: string;
  /** Each call as words, the tool's own name first. */
  readonly calls: readonly (readonly string[])[];
  readonly files: Readonly<Record<string, string>>;
}

/** What the tools do besides, and the variables of the script. */
export interface ShellOptions {
  readonly variables: Readonly<Record<string, string>>;
  /** What `serin` and `node` print, and how they end. */
  readonly answer?: { readonly text: string; readonly code: number };
  /** Files to be read when it is over. */
  readonly files?: readonly string[];
}

const tools = ['serin', 'node', 'kubectl', 'docker', 'curl'];
const tool = `#!/bin/bash
printf '%s\\0' "\${0##*/}" "$@" >> "$CALLS"
printf '\\n\\0' >> "$CALLS"
case "\${0##*/}" in serin|node) printf '%s' "$ANSWER"; exit "$ANSWER_CODE";; esac
`;

/** Runs a script in a folder of its own; stops at the first error, as pipelines do, unless it has a first line that says otherwise. */
export async function runShell(script: string, options: ShellOptions): Promise<ShellRun> {
  const folder = await mkdtemp(join(tmpdir(), 'serin-ci-'));
  try {
    const calls = join(folder, '.calls');
    await writeFile(calls, '');
    await writeFile(join(folder, '.tool'), tool);
    await chmod(join(folder, '.tool'), 0o755);
    for (const name of tools) await symlink('.tool', join(folder, name));
    await writeFile(join(folder, '.script'), script);
    const shell = script.startsWith('#!') ? ['.script'] : ['-e', '.script'];
    const env = {
      PATH: `${folder}:/usr/bin:/bin`,
      CALLS: calls,
      ANSWER: options.answer?.text ?? '',
      ANSWER_CODE: String(options.answer?.code ?? 0),
      ...options.variables,
    };
    const ended = await bash(shell, { cwd: folder, env });
    const files: Record<string, string> = {};
    for (const name of options.files ?? []) files[name] = await readFile(join(folder, name), 'utf8');
    return { ...ended, calls: callsOf(await readFile(calls, 'utf8')), files };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function bash(
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<{ readonly code: number; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile('/bin/bash', args, { ...options, timeout: 20_000 }, (error, _stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ code: typeof error?.code === 'number' ? error.code : 0, stderr });
    });
  });
}

function callsOf(written: string): readonly (readonly string[])[] {
  return written
    .split('\n\0')
    .slice(0, -1)
    .map((call) => call.split('\0').slice(0, -1));
}
