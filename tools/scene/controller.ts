// A controller process for demo, tests and benchmarks: started, listened to, and ended by its process id.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { serinProgram } from './program.ts';

/** How a controller is started. Durations are Go-style. */
export interface ControllerOptions {
  readonly kubeconfig: string;
  readonly prometheusUrl: string;
  readonly redisUrl?: string;
  readonly redisPrefix?: string;
  readonly namespace?: string;
  readonly slot?: string;
  readonly settle?: string;
  readonly sweep?: string;
  /** Where the HTTP API is served, and the files of its certificate; off unless given. */
  readonly api?: { readonly address: string; readonly certFile?: string; readonly keyFile?: string };
  /** Further flags, as they are typed. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const logLine = z.looseObject({ msg: z.string(), level: z.union([z.string(), z.number()]) });

/** One line of the controller's log. */
export type LogLine = z.output<typeof logLine>;

/** A running controller. */
export interface Controller {
  /** The process id of the controller itself. */
  readonly pid: number;
  /** Where its HTTP surface listens. */
  readonly url: string;
  /** Where its HTTP API listens; empty without one. */
  readonly apiUrl: string;
  /** Every log line so far. */
  lines(): readonly LogLine[];
  /** Everything it printed, for searching. */
  output(): string;
  /** Sends a signal to the controller. */
  signal(name: NodeJS.Signals): void;
  /** Asks it to stop and waits until it is gone; kills it after ten seconds. */
  stop(): Promise<void>;
  /** Kills it at once and waits until it is gone. */
  kill(): Promise<void>;
  /** Resolves with its exit code when it is gone, however that came. */
  readonly ended: Promise<number>;
}

const startMs = 60_000;
const stopMs = 10_000;

/** Starts a controller and resolves when it is ready. It ends with this process, however this process ends. */
export async function startController(options: ControllerOptions): Promise<Controller> {
  const command = [process.execPath, serinProgram(), 'controller', ...flags(options)];
  const child = spawn(process.execPath, [join(import.meta.dirname, 'leash.ts'), ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  child.stdin.on('error', () => undefined);
  const printed: string[] = [];
  const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 137)));
  const pid = Promise.withResolvers<number>();
  const listening = Promise.withResolvers<ReadyAt>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (printed.push(line) === 1) pid.resolve(Number(line));
    const ready = readyAt(line);
    if (ready !== undefined) listening.resolve(ready);
  });
  createInterface({ input: child.stderr }).on('line', (line) => printed.push(line));
  const { url, apiUrl } = await Promise.race([listening.promise, giveUp(ended, printed)]);
  const own = await pid.promise;
  return {
    pid: own,
    url,
    apiUrl,
    ended,
    lines: () => printed.flatMap((line) => parseLine(line) ?? []),
    output: () => printed.join('\n'),
    signal: (name) => send(own, name),
    stop: async () => {
      send(own, 'SIGTERM');
      const timer = setTimeout(() => send(own, 'SIGKILL'), stopMs);
      await ended;
      clearTimeout(timer);
    },
    kill: async () => {
      send(own, 'SIGKILL');
      await ended;
    },
  };
}

function flags(options: ControllerOptions): string[] {
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ['--kubeconfig', options.kubeconfig],
    ['--prometheus-url', options.prometheusUrl],
    ['--redis-url', options.redisUrl],
    ['--redis-prefix', options.redisPrefix],
    ['--namespace', options.namespace],
    ['--slot', options.slot ?? '1s'],
    ['--settle', options.settle ?? '1s'],
    ['--sweep', options.sweep ?? '5s'],
    ['--listen', '127.0.0.1:0'],
    ['--api-address', options.api?.address],
    ['--api-tls-cert-file', options.api?.certFile],
    ['--api-tls-key-file', options.api?.keyFile],
  ];
  return [...pairs.flatMap(([flag, value]) => (value === undefined ? [] : [flag, value])), ...(options.flags ?? [])];
}

function parseLine(line: string): LogLine | undefined {
  if (!line.startsWith('{')) return undefined;
  const parsed = logLine.safeParse(JSON.parse(line));
  return parsed.success ? parsed.data : undefined;
}

interface ReadyAt {
  readonly url: string;
  readonly apiUrl: string;
}

function readyAt(line: string): ReadyAt | undefined {
  const parsed = parseLine(line);
  if (parsed?.msg !== 'The controller is ready' || typeof parsed['url'] !== 'string') return undefined;
  return { url: parsed['url'], apiUrl: typeof parsed['api'] === 'string' ? parsed['api'] : '' };
}

async function giveUp(ended: Promise<number>, printed: readonly string[]): Promise<never> {
  const late = new Promise<string>((resolve) => {
    setTimeout(() => resolve(`was not ready within ${startMs / 1_000} s`), startMs).unref();
  });
  const why = await Promise.race([late, ended.then((code) => `ended with code ${code}`)]);
  throw new Error(`The controller ${why}. Its last words:\n${printed.slice(-15).join('\n')}`);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone already, which is what the signal was for.
  }
}
