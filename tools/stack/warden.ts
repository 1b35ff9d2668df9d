// The warden: a process of its own that starts and stops the parts, and outlives the process that started it
// by just long enough to end them. Its standard input is a pipe from that process: the first line is what to
// run, and the end of the pipe is the end of everything, however it came about. Stop and start of single
// parts are asked for over HTTP, so that any process of the machine can ask.
//
// Run by stack.ts only: `node tools/stack/warden.ts`, one JSON line in, one JSON line out.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

// Most parts are written in Go: they collect garbage less often than usual, which takes memory for a sixth of the API server's time.
const env = { GOGC: '300', ...process.env };

const command = z.object({ program: z.string(), args: z.array(z.string()).readonly() }).readonly();
const orders = z
  .object({ folder: z.string(), keepFolder: z.boolean(), commands: z.record(z.string(), command) })
  .readonly();

/** What to run: the folder that holds logs and process ids (removed at the end unless kept), and a command for each part. */
export type Orders = z.infer<typeof orders>;

const answerMs = 5_000;

function serve(given: Orders, running: Map<string, ChildProcess>): void {
  const server = createServer((request, response) => {
    const [, name, verb] = /^\/parts\/([a-z-]+)\/(start|stop)$/.exec(request.url ?? '') ?? [];
    const known = name === undefined ? undefined : given.commands[name];
    if (request.method !== 'POST' || name === undefined || known === undefined) answer(response, 404, 'no such part');
    else if (verb === 'start') startPart(given.folder, running, name, known.program, known.args, response);
    else void stopPart(running, name).then(() => answer(response, 200, 'stopped'));
  });
  server.requestTimeout = answerMs;
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The warden has no port.');
    process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${address.port}` })}\n`);
  });
}

function startPart(
  folder: string,
  running: Map<string, ChildProcess>,
  name: string,
  program: string,
  args: readonly string[],
  response: ServerResponse,
): void {
  if (running.has(name)) {
    answer(response, 200, 'runs already');
    return;
  }
  const log = openSync(join(folder, 'logs', `${name}.log`), 'a');
  const child = spawn(program, args, { cwd: folder, detached: true, stdio: ['ignore', log, log], env });
  closeSync(log);
  running.set(name, child);
  child.once('spawn', () => {
    writeFileSync(pidFile(folder, name), String(child.pid));
    answer(response, 200, 'started');
  });
  child.once('error', (cause) => {
    running.delete(name);
    answer(response, 500, cause.message);
  });
  child.once('close', () => {
    running.delete(name);
    rmSync(pidFile(folder, name), { force: true });
  });
}

async function stopPart(running: ReadonlyMap<string, ChildProcess>, name: string): Promise<void> {
  const child = running.get(name);
  if (child?.pid === undefined) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  killGroup(child.pid);
  await closed;
}

async function endAll(given: Orders, running: ReadonlyMap<string, ChildProcess>): Promise<void> {
  while (running.size > 0) await Promise.all([...running.keys()].map((name) => stopPart(running, name)));
  if (!given.keepFolder) rmSync(given.folder, { recursive: true, force: true });
  process.exit(0);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it ended by itself in this moment
  }
}

function pidFile(folder: string, name: string): string {
  return join(folder, `${name}.pid`);
}

function answer(response: ServerResponse, status: number, text: string): void {
  if (!response.headersSent) response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
}

function main(): void {
  const running = new Map<string, ChildProcess>();
  const lines = createInterface({ input: process.stdin });
  lines.once('line', (line) => {
    const given = orders.parse(JSON.parse(line));
    lines.once('close', () => void endAll(given, running));
    process.on('SIGTERM', () => void endAll(given, running));
    serve(given, running);
  });
}

main();
