// The command as it is run: what constructs, reads the environment and handles signals.
import { randomUUID } from 'node:crypto';
import { appendFile, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { CliParts, Pipeline } from '../cli/cluster.ts';
import { runProgram } from '../cli/program.ts';
import type { Clock } from '../controller/ports.ts';
import { manifestsAt, readInput } from './files.ts';

/** Runs the command line of this process as the version given, and resolves to its exit code. SIGINT and SIGTERM end it. */
export async function runCommand(version: string): Promise<number> {
  const clock: Clock = { now: () => Date.now() };
  const host = { clock, userAgent: `serin/${version}` };
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());

  const interrupted = stopping.signal;
  const pause = (ms: number): Promise<void> => wait(ms, undefined, { signal: interrupted }).catch(() => undefined);

  return await runProgram(process.argv.slice(2), {
    openCluster: async (flags) => (await import('./cluster.ts')).openCluster(flags, host),
    openServer: async (flags) => (await import('./server.ts')).openServer(flags, host, { pause, interrupted }),
    server: serverIn(process.env),
    runController: async (flags) => (await import('./controller.ts')).runController(flags, host, stopping.signal),
    readInput,
    manifestsAt,
    writeOutput: (file, text) => writeFile(file, text),
    appendOutput: (file, text) => appendFile(file, text),
    pipeline: pipelineOf(process.env),
    querySyntax: async () => (await import('../adapters/prometheus/syntax.ts')).queryProblems,
    terminal: {
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
      interactive: process.stdout.isTTY && process.env['TERM'] !== 'dumb',
      colour: process.stdout.isTTY && process.env['TERM'] !== 'dumb' && (process.env['NO_COLOR'] ?? '') === '',
      get columns() {
        return process.stdout.columns || 80; // 0 on a terminal that does not know its size
      },
      get rows() {
        return process.stdout.rows || Number.POSITIVE_INFINITY;
      },
      unicode: isUnicode(process.env),
    },
    clock,
    newId: randomUUID,
    pause,
    interrupted,
    version,
  });
}

/** An empty one counts as none. */
function serverIn(environment: NodeJS.ProcessEnv): CliParts['server'] {
  const { SERIN_SERVER: url = '', SERIN_TOKEN: token = '' } = environment;
  return { ...(url === '' ? {} : { url }), ...(token === '' ? {} : { token }) };
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
