// Runs a program that must not outlive whoever started it: prints the program's process id on the first line, passes its
// output on, and kills it when standard input closes, which happens however the starter ends.

import { spawn } from 'node:child_process';

const [program = '', ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
process.stdout.write(`${child.pid ?? 0}\n`);
process.stdin.on('error', () => undefined);
process.stdin.on('close', () => child.kill('SIGKILL'));
process.stdin.resume();
child.on('error', () => process.exit(127));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGTERM' ? 143 : 137)));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
