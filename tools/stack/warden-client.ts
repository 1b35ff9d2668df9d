// Engaging the warden: the pipe to its standard input is what ties the parts to this process.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { z } from 'zod';
import type { Orders } from './warden.ts';

/** The process that owns the parts. `url` is where single parts are stopped and started. */
export interface Warden {
  readonly url: string;
  /** Ends every part and resolves when they and the warden are gone. */
  dismiss(): Promise<void>;
}

const hello = z.object({ url: z.string() });
const startMs = 10_000;

/** Starts the warden. It ends every part when `dismiss` is called and when this process ends, however it ends. */
export async function engageWarden(orders: Orders): Promise<Warden> {
  const log = openSync(join(orders.folder, 'logs', 'warden.log'), 'a');
  const program = join(import.meta.dirname, 'warden.ts');
  const child = spawn(process.execPath, [program], { detached: true, stdio: ['pipe', 'pipe', log] });
  closeSync(log);
  if (child.stdin === null || child.stdout === null) throw new Error('The warden could not be given pipes.');
  const pipe = child.stdin;
  pipe.on('error', () => undefined); // it is gone; whoever asks it for something is told
  pipe.write(`${JSON.stringify(orders)}\n`);
  const { url } = hello.parse(JSON.parse(await firstLine(child.stdout)));
  child.stdout.destroy();
  if (pipe instanceof Socket) pipe.unref(); // a process that forgot to stop its stack ends all the same
  child.unref();
  return { url, dismiss: () => dismissed(child, pipe) };
}

function dismissed(child: ChildProcess, pipe: Writable): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  child.ref();
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  pipe.end();
  return gone;
}

function firstLine(input: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface({ input });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`The warden did not start within ${startMs / 1_000} s.`)), startMs);
    lines.once('line', (line) => {
      clearTimeout(timer);
      resolve(line);
    });
    lines.once('close', () => reject(new Error('The warden ended before it was ready; see warden.log.')));
  });
}
