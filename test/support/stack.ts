// One stack for a whole test run. The projects that need it run in one vitest process and share it: the first
// that asks starts it, the last that leaves stops it.

import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
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
  users: number;
}

const shared: Shared = sharedByProcess();

function sharedByProcess(): Shared {
  const place: { serinTestStack?: Shared } = globalThis as { serinTestStack?: Shared };
  place.serinTestStack ??= { stack: undefined, users: 0 };
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
  // A controller or a command is compiled once for all stories, which halves what their starts cost.
  process.env['NODE_COMPILE_CACHE'] ??= join(stack.folder, 'compiled');
  project.provide('stack', describe(stack));
}

/** Stops the stack when no project uses it any more. */
export async function teardown(): Promise<void> {
  shared.users -= 1;
  if (shared.users > 0) return;
  const { stack } = shared;
  shared.stack = undefined;
  await (await stack)?.stop();
}
