// A wire to the API server that can be cut: bytes pass through, connections break in the midst of what they carry, and none can be
// made until it is mended.
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

/** A wire. */
export interface Wire {
  /** A kubeconfig like the one given, which leads over the wire. */
  readonly kubeconfig: string;
  /** How many connections have been made so far. */
  made(): number;
  /** Breaks every connection, and from now on each new one. */
  cut(): void;
  mend(): void;
  /** Ends it. */
  dispose(): Promise<void>;
}

const configSchema = z.looseObject({
  clusters: z.tuple([z.looseObject({ cluster: z.looseObject({ server: z.url() }) })]),
});

/** Lays a wire to the API server of a kubeconfig, without opening what is said over it. The caller owes a `dispose`. */
export async function layWire(kubeconfig: string): Promise<Wire> {
  const config = configSchema.parse(parse(await readFile(kubeconfig, 'utf8')));
  const [{ cluster, ...named }] = config.clusters;
  const there = new URL(cluster.server);
  const sockets = new Set<Socket>();
  let [made, isCut] = [0, false];
  const server = createServer((near) => {
    made += 1;
    if (isCut) return near.destroy();
    const far = connect(Number(there.port), there.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    return undefined;
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const folder = await mkdtemp(join(tmpdir(), 'serin-wire-'));
  const own = join(folder, 'kubeconfig');
  const clusters = [{ ...named, cluster: { ...cluster, server: `https://127.0.0.1:${port}` } }];
  await writeFile(own, stringify({ ...config, clusters }), { mode: 0o600 });
  function breakAll(): void {
    for (const socket of sockets) socket.destroy();
  }
  return {
    kubeconfig: own,
    made: () => made,
    cut: () => {
      isCut = true;
      breakAll();
    },
    mend: () => {
      isCut = false;
    },
    dispose: async () => {
      server.close();
      breakAll();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
