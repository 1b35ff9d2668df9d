// A Redis of a test's own on loopback, to be killed, hung, flushed and started again.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Redis } from 'ioredis';
import { eventually } from '../support/eventually.ts';

export interface TestRedis {
  readonly url: string;
  /** Starts it on the same port, empty; resolves when it answers. */
  start(): Promise<void>;
  /** Ends it at once; what it held is gone. */
  kill(): Promise<void>;
  /** Hangs it without closing a connection. */
  hang(): void;
  goOn(): void;
  flush(): Promise<void>;
  /** Lets it take nothing more, as when its memory is full. */
  fill(): Promise<void>;
  /** Every key it holds. */
  keys(): Promise<readonly string[]>;
}

/** Picks a port; nothing runs before `start`. */
export async function testRedis(): Promise<TestRedis> {
  const port = await freePort();
  let running: { readonly warden: ChildProcess; readonly pid: number } | undefined;

  async function ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: null, commandTimeout: 2_000 });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      return await question(redis);
    } finally {
      redis.disconnect();
    }
  }

  function signal(name: NodeJS.Signals): void {
    if (running !== undefined) process.kill(running.pid, name);
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      running = await underWarden(port);
      await eventually('Redis to answer', () => ask((redis) => redis.ping()));
    },
    async kill() {
      if (running === undefined) return;
      const { warden } = running;
      signal('SIGKILL');
      running = undefined;
      warden.stdin?.end();
      if (warden.exitCode === null) await once(warden, 'exit');
    },
    hang: () => signal('SIGSTOP'),
    goOn: () => signal('SIGCONT'),
    async flush() {
      await ask((redis) => redis.flushall());
    },
    async fill() {
      await ask((redis) => redis.config('SET', 'maxmemory', '1'));
    },
    keys: () => ask((redis) => redis.keys('*')),
  };
}

/** A shell that holds our pipe and kills Redis when it closes, so that none is left when the test run itself is killed. */
async function underWarden(port: number): Promise<{ warden: ChildProcess; pid: number }> {
  const program = process.env['REDIS_SERVER_BIN'] ?? 'redis-server';
  const options = `--port ${port} --bind 127.0.0.1 --save '' --appendonly no --maxmemory-policy noeviction`;
  const script = `"$0" ${options} >/dev/null 2>&1 & echo $!; cat >/dev/null; kill -9 $! 2>/dev/null`;
  const warden = spawn('sh', ['-c', script, program], { stdio: ['pipe', 'pipe', 'ignore'] });
  const [line] = await once(warden.stdout, 'data');
  return { warden, pid: Number(String(line)) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
