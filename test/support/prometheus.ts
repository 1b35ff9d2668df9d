// A Prometheus of a test's own, on a free loopback port with its own data folder.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { obtainPrometheus, obtainPromtool } from '../../tools/parts/prometheus.ts';
import { eventually } from './eventually.ts';

/** A running Prometheus. */
export interface TestPrometheus {
  readonly url: string;
  /** Makes it hang, and go on. */
  pause(): void;
  resume(): void;
  /** Ends it; its data stays. */
  stop(): Promise<void>;
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  dispose(): Promise<void>;
}

/** What it is to scrape or to hold. */
export interface PrometheusSetup {
  /** Its `scrape_configs`. */
  readonly scrape?: readonly unknown[];
  /** Samples of the past, as OpenMetrics text with timestamps. */
  readonly backfill?: string;
}

/** Starts Prometheus and resolves when it is ready. The caller owes a `dispose`. */
export async function startPrometheus({ scrape = [], backfill }: PrometheusSetup): Promise<TestPrometheus> {
  const { part: program } = await obtainPrometheus(() => undefined);
  const folder = await mkdtemp(join(tmpdir(), 'serin-prometheus-'));
  const data = join(folder, 'data');
  const config = { global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: scrape };
  await writeFile(join(folder, 'prometheus.yaml'), JSON.stringify(config));
  if (backfill !== undefined) await fill(folder, data, backfill);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [`--config.file=${join(folder, 'prometheus.yaml')}`, `--storage.tsdb.path=${data}`];
  let running: ChildProcess | undefined;

  async function start(): Promise<void> {
    running = spawn(program, [...args, `--web.listen-address=127.0.0.1:${port}`, '--log.level=error'], {
      stdio: 'ignore',
    });
    await eventually('Prometheus to be ready', async () => (await fetch(`${url}/-/ready`)).ok);
  }

  async function stop(): Promise<void> {
    const ending = running;
    running = undefined;
    if (ending === undefined || ending.exitCode !== null) return;
    const gone = once(ending, 'exit');
    ending.kill('SIGCONT');
    ending.kill('SIGKILL');
    await gone;
  }

  async function dispose(): Promise<void> {
    await stop();
    await rm(folder, { recursive: true, force: true });
  }

  await start();
  return {
    url,
    pause: () => void running?.kill('SIGSTOP'),
    resume: () => void running?.kill('SIGCONT'),
    stop,
    start,
    dispose,
  };
}

async function fill(folder: string, data: string, samples: string): Promise<void> {
  const { part: promtool } = await obtainPromtool(() => undefined);
  const file = join(folder, 'samples.txt');
  await writeFile(file, samples);
  await promisify(execFile)(promtool, ['tsdb', 'create-blocks-from', 'openmetrics', file, data]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('The system gave no free port.');
  return address.port;
}
