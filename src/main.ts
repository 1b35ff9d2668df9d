#!/usr/bin/env node
// The entry of `serin`. It runs nothing before it knows that this Node can; src/main/ is the composition root.
import packageJson from '../package.json' with { type: 'json' };

const oldestNode = 24;

if (Number.parseInt(process.versions.node, 10) < oldestNode) {
  process.stderr.write(`Serin needs Node ${oldestNode} or later; this is ${process.version}.\n`);
  process.exitCode = 1;
} else {
  const { runCommand } = await import('./main/command.ts');
  process.exitCode = await runCommand(packageJson.version);
}
