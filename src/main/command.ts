// The command as it is run: what constructs, reads the environment and handles signals.
import { randomUUID } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { text as textFrom } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import type { Pipeline } from '../cli/cluster.ts';
import { runProgram } from '../cli/program.ts';
import type { Clock } from '../controller/ports.ts';

/** Runs the command line of this process as the version given, and resolves to its exit code. SIGINT and SIGTERM end it. */
export async function runCommand(version: string): Promise<number> {
  const clock: Clock = { now: () => Date.now() };
  const host = { clock, userAgent: `serin/${version}` };
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());

  return await runProgram(process.argv.slice(2), {
    openCluster: async (flags) => (await import('./cluster.ts')).openCluster(flags, host),
    runController: async (flags) => (await import('./controller.ts')).runController(flags, host, stopping.signal),
    readInput: (file) => (file === '-' ? textFrom(process.stdin) : readFile(file, 'utf8')),
    writeOutput: (file, text) => writeFile(file, text),
    appendOutput: (file, text) => appendFile(file, text),
    pipeline: pipelineOf(process.env),
    querySyntax: async () => (await import('../adapters/prometheus/syntax.ts')).queryProblems,
    terminal: {
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
      interactive: process.stdout.isTTY,
      colour: process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '',
      get columns() {
        return process.stdout.columns;
      },
      get rows() {
        return process.stdout.rows;
      },
      unicode: isUnicode(process.env),
    },
    clock,
    newId: randomUUID,
    pause: (ms) => wait(ms, undefined, { signal: stopping.signal }).catch(() => undefined),
    interrupted: stopping.signal,
    version,
  });
}

/** GitHub Actions sets both for every step (docs.github.com, "Variables reference"). */
function pipelineOf(environment: NodeJS.ProcessEnv): Pipeline {
  const actions = environment['GITHUB_ACTIONS'] === 'true';
  const summaryFile = environment['GITHUB_STEP_SUMMARY'] ?? '';
  if (!actions && summaryFile === '') return {};
  return { github: { actions, ...(summaryFile === '' ? {} : { summaryFile }) } };
}

/** The locale of the letters, as POSIX finds it (IEEE Std 1003.1-2024, XBD 8.2); systems that name none elsewhere are asked nothing. */
function isUnicode(environment: NodeJS.ProcessEnv): boolean {
  const locale = [environment['LC_ALL'], environment['LC_CTYPE'], environment['LANG']].find(
    (name) => (name ?? '') !== '',
  );
  return process.platform === 'win32' || /utf-?8/i.test(locale ?? '');
}
