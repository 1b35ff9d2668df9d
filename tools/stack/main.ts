// Keeps a stack running in the foreground: `node tools/stack/main.ts [--parts redis,prometheus]`, until Ctrl-C.
// Prints progress to the error output, and the stack's description as one line of JSON when all is ready.

import { parseArgs } from 'node:util';
import { describe } from './description.ts';
import type { PartGroup } from './plan.ts';
import { startStack } from './stack.ts';

const groups = { 'control-plane': true, redis: true, prometheus: true, mesh: true } as const satisfies Record<
  PartGroup,
  true
>;

function isGroup(name: string): name is PartGroup {
  return name in groups;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { parts: { type: 'string' }, keep: { type: 'boolean', default: false } } });
  const names = values.parts?.split(',') ?? Object.keys(groups);
  const unknown = names.filter((name) => !isGroup(name));
  if (unknown.length > 0)
    throw new Error(`There is no part called ${unknown.join(', ')}. The parts are: ${Object.keys(groups).join(', ')}.`);
  const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);
  const stack = await startStack({ parts: names.filter(isGroup), keepFolder: values.keep, onProgress });
  process.stdout.write(`${JSON.stringify(describe(stack))}\n`);
  process.stderr.write(`Data and logs: ${stack.folder}\nexport KUBECONFIG=${stack.kubeconfig}\nCtrl-C ends it.\n`);
  await untilAsked();
  await stack.stop();
}

function untilAsked(): Promise<void> {
  const waiting = setInterval(() => undefined, 60_000); // nothing else keeps this process alive
  return new Promise((resolve) => {
    const end = (): void => {
      clearInterval(waiting);
      resolve();
    };
    process.once('SIGINT', end).once('SIGTERM', end);
  });
}

try {
  await main();
} catch (cause) {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
  process.exitCode = 1;
}
