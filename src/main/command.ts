// The command as it is run: what constructs, reads the environment and handles signals.
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { text as textFrom } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
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
    querySyntax: async () => (await import('../adapters/prometheus/syntax.ts')).queryProblems,
    terminal: {
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
      interactive: process.stdout.isTTY,
      colour: process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '',
      columns: process.stdout.columns,
    },
    clock,
    newId: randomUUID,
    pause: (ms) => wait(ms, undefined, { signal: stopping.signal }).catch(() => undefined),
    interrupted: stopping.signal,
    version,
  });
}
