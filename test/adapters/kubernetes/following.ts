// Following a collection of a faulty server, with waits cut short and written down.
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { connectCluster } from '../../../src/adapters/kubernetes/connection.ts';
import { type FollowTimes, type ListWatch, listWatch } from '../../../src/adapters/kubernetes/list-watch.ts';
import { type Metadata, objectSchema } from '../../../src/adapters/kubernetes/metadata.ts';
import { type SimulatedClock, simulatedClock } from '../../support/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { collection, type FaultyApiServer, faultyApiServer } from './faulty-api-server.ts';
import { ownFolder, writeKubeconfig } from './kubeconfigs.ts';

/** How long anything may take here. */
export const withinMs = 10_000;

/** What follows, what it tells, and where it ends up. */
export interface Following {
  readonly server: FaultyApiServer;
  readonly watch: ListWatch;
  readonly clock: SimulatedClock;
  /** Versions by name, as the sink has them. */
  readonly present: Map<string, string>;
  readonly troubles: string[];
  readonly waits: number[];
  /** What the sink does with each object before it takes it. */
  onPut: (object: Metadata) => void;
}

/** What differs from following as usual. */
export interface FollowingParts {
  readonly times?: Partial<FollowTimes>;
  readonly user?: Readonly<Record<string, unknown>>;
  readonly metadataOnly?: boolean;
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly timeoutMs?: number;
}

/** A server that ends with the test. */
export async function serverForTest(): Promise<FaultyApiServer> {
  const server = await faultyApiServer();
  onTestFinished(() => server.close());
  return server;
}

/** Prepares to follow; the test starts it. It ends with the test. */
export async function follow(server: FaultyApiServer, parts: FollowingParts = {}): Promise<Following> {
  const folder = await ownFolder({ onTestFinished });
  const kubeconfig = await writeKubeconfig(folder, { server: server.url, ...(parts.user && { user: parts.user }) });
  const cluster = connectCluster({ kubeconfig, timeoutMs: parts.timeoutMs ?? 5_000 });
  const [present, troubles, waits] = [new Map<string, string>(), [] as string[], [] as number[]];
  const clock = simulatedClock();
  const hooks = { onPut: (_object: Metadata): void => undefined };
  const put = (object: Metadata): void => {
    hooks.onPut(object);
    present.set(object.name, object.resourceVersion);
  };
  const read = (object: unknown): Metadata => objectSchema.parse(object).metadata;
  const watch = listWatch(
    cluster,
    { path: collection, metadataOnly: parts.metadataOnly ?? false, read },
    {
      put,
      remove: ({ name }) => void present.delete(name),
      replace(objects) {
        present.clear();
        objects.forEach(put);
      },
    },
    {
      clock,
      random: () => 1,
      trouble: (message, error) => void troubles.push(`${message}: ${error instanceof Error ? error.message : ''}`),
      pause:
        parts.pause ??
        (async (ms) => {
          waits.push(ms);
          await wait(5);
        }),
    },
    parts.times,
  );
  onTestFinished(async () => {
    await watch.stop();
    await cluster.close();
  });
  return Object.assign(hooks, { server, watch, clock, present, troubles, waits });
}

/** Follows, and resolves when the watch is open. */
export async function following(server: FaultyApiServer, parts: FollowingParts = {}): Promise<Following> {
  const bench = await follow(server, parts);
  bench.watch.start();
  await eventually('the watch to be open', async () => server.watches() === 1, { withinMs });
  return bench;
}

/** Resolves when these objects, in the order of their names, are all there is. */
export function shows(bench: Following, ...names: readonly string[]): Promise<true> {
  return eventually(
    `${names.join(', ')} to be seen`,
    async () => [...bench.present.keys()].toSorted().join() === names.join() && (true as const),
    { withinMs },
  );
}
