// One stack for a whole test run. The projects that need it run in one vitest process and share it: the first
// that asks starts it, the last that leaves stops it.

import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { run } from '../../tools/parts/run.ts';
import { serinProgram } from '../../tools/scene/program.ts';
import { describe, type Stack, type StackDescription } from '../../tools/stack/description.ts';
import { startStack } from '../../tools/stack/stack.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    stack: StackDescription;
  }
}

// Each project loads this file anew, so what they share is kept where both can see it.
interface Shared {
  stack: Promise<Stack> | undefined;
  program: Promise<void> | undefined;
  users: number;
}

const root = join(import.meta.dirname, '..', '..');
const nowhere = 'http://127.0.0.1:9';

const shared: Shared = sharedByProcess();

function sharedByProcess(): Shared {
  const place: { serinTestStack?: Shared } = globalThis as { serinTestStack?: Shared };
  place.serinTestStack ??= { stack: undefined, program: undefined, users: 0 };
  return place.serinTestStack;
}

/** Starts the stack, or joins the one of this run, and provides its description to the tests. With SERIN_KEEP_STACK=1 its folder stays for reading logs. */
export async function setup(project: Pick<TestProject, 'provide'>): Promise<void> {
  shared.users += 1;
  shared.stack ??= startStack({
    keepFolder: process.env['SERIN_KEEP_STACK'] === '1',
    onProgress: (line) => void process.stderr.write(`stack: ${line}\n`),
  });
  const stack = await shared.stack;
  shared.program ??= buildProgram(stack.folder);
  await shared.program;
  project.provide('stack', describe(stack));
}

/** Stories run the command that users install, built and compiled once: a start costs a quarter of what the sources take. */
async function buildProgram(folder: string): Promise<void> {
  const program = join(folder, 'program');
  process.env['NODE_COMPILE_CACHE'] ??= join(folder, 'compiled');
  await demandRun([join(root, 'tools', 'bundle.ts'), program], 0);
  process.env['SERIN_PROGRAM'] = join(program, 'serin.js');
  // Node writes down what it has compiled when a process ends by itself, which no controller of a story does.
  await demandRun([serinProgram(), 'controller', '--kubeconfig', join(folder, 'none'), '--prometheus-url', nowhere], 2);
}

async function demandRun(words: readonly string[], wanted: number): Promise<void> {
  const { code, stderr } = await run(process.execPath, words, { timeoutMs: 120_000 });
  if (code !== wanted) throw new Error(`${words.join(' ')} ended with ${code}: ${stderr}`);
}

/** Stops the stack when no project uses it any more. */
export async function teardown(): Promise<void> {
  shared.users -= 1;
  if (shared.users > 0) return;
  const { stack } = shared;
  shared.stack = undefined;
  await (await stack)?.stop();
}
