// Running a program to its end, with a time limit.

import { spawn } from 'node:child_process';

/** How a program ended. `code` is 128 when a signal ended it, 127 when it could not be started. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a run may be given. `onStderr` sees each piece of the error output as it comes. */
export interface RunOptions {
  readonly timeoutMs: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string;
  readonly onStderr?: (text: string) => void;
}

/** Runs a program to its end. Never throws: a failure to start and the time limit (SIGKILL) are told in `code` and `stderr`. */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: 'pipe',
    timeout: options.timeoutMs,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    options.onStderr?.(text);
  });
  child.stdin.on('error', () => undefined); // the program may end without reading its input
  child.stdin.end(options.stdin ?? '');
  return new Promise((resolve) => {
    child.on('error', (cause) =>
      resolve({ code: 127, stdout, stderr: `${stderr}${program} could not be started: ${cause.message}\n` }),
    );
    child.on('close', (code, signal) => {
      const note =
        signal === null
          ? ''
          : `${program} was ended by ${signal}${child.killed ? ` after ${options.timeoutMs} ms` : ''}\n`;
      resolve({ code: code ?? 128, stdout, stderr: `${stderr}${note}` });
    });
  });
}
