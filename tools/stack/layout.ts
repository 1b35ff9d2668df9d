// Where everything of one stack is: its data folder, its ports, its addresses.

import { mkdir, mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Ports of one stack, all on 127.0.0.1. */
interface Ports {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
  readonly kwok: number;
  readonly redis: number;
  readonly prometheus: number;
  readonly mesh: number;
}

/** The data folder of one stack and the ports its parts will listen on. */
export interface Layout {
  readonly folder: string;
  readonly ports: Ports;
}

// Below the range that Linux and macOS give to outgoing connections, so that a
// stopped part finds its port free when it starts again.
const lowestPort = 20_000;
const portCount = 10_000;
const portTries = 200;

/** Makes a new data folder under the machine's temporary folder and chooses free ports. */
export async function newLayout(): Promise<Layout> {
  const folder = await mkdtemp(join(tmpdir(), 'serin-stack-'));
  for (const name of ['logs', 'etcd', 'certificates', 'kubeconfigs', 'kubectl-cache', 'redis', 'prometheus']) {
    await mkdir(join(folder, name));
  }
  const [etcd, etcdPeer, apiServer, kwok, redis, prometheus, mesh] = await freePorts();
  return { folder, ports: { etcd, etcdPeer, apiServer, kwok, redis, prometheus, mesh } };
}

async function freePorts(): Promise<readonly [number, number, number, number, number, number, number]> {
  const taken = new Set<number>();
  const next = (): Promise<number> => freePort(taken);
  return [await next(), await next(), await next(), await next(), await next(), await next(), await next()];
}

async function freePort(taken: Set<number>): Promise<number> {
  for (let attempt = 0; attempt < portTries; attempt += 1) {
    const port = lowestPort + Math.floor(Math.random() * portCount);
    if (taken.has(port) || !(await isFree(port))) continue;
    taken.add(port);
    return port;
  }
  throw new Error(
    `No free port found on 127.0.0.1 between ${lowestPort} and ${lowestPort + portCount} in ${portTries} tries.`,
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
