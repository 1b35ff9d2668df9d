// A verb that works on a cluster: opened for it, and closed whatever happens.
import type { Command } from 'commander';
import { type CliCluster, type CliParts, type ClusterFlags, clusterFlags, type WholeCluster } from './cluster.ts';
import type { ExitCode } from './exit.ts';
import { demandCluster, placeOf, type ServerWords } from './server-flags.ts';
import type { Terminal } from './terminal.ts';

/** Opens what the flags name, does the work on it, and closes it, whatever happens. */
type Reaching<Reached extends CliCluster> = (
  command: Command,
  work: (parts: CliParts, reached: Reached) => Promise<ExitCode>,
) => Promise<void>;

/** Works with a kubeconfig or through a controller's HTTP API. */
export type OnCluster = Reaching<CliCluster>;

/** Works with a kubeconfig alone. */
export type OnWholeCluster = Reaching<WholeCluster>;

type Words = ClusterFlags & ServerWords & { readonly color: boolean };

/** How a verb of these parts reaches what its flags name; `ended` is told its exit code. */
export function onCluster(parts: CliParts, ended: (code: number) => void): OnCluster {
  return async (command, work) => {
    const words = command.optsWithGlobals<Words>();
    ended(await closing(await reach(parts, words), (cluster) => work(partsFor(parts, words), cluster)));
  };
}

/** The same for verbs that a server does not do. */
export function onWholeCluster(parts: CliParts, ended: (code: number) => void): OnWholeCluster {
  return async (command, work) => {
    const words = command.optsWithGlobals<Words>();
    demandCluster(command.name(), parts, words);
    const cluster = await parts.openCluster(clusterFlags(words));
    ended(await closing(cluster, () => work(partsFor(parts, words), cluster)));
  };
}

/** What the flags name, opened. */
export async function reach(parts: CliParts, words: ClusterFlags & ServerWords): Promise<CliCluster> {
  const place = await placeOf(parts, words);
  return place.kind === 'server' ? parts.openServer(place.flags) : parts.openCluster(place.flags);
}

/** Does the work and closes, whatever happens. */
export async function closing<T>(cluster: CliCluster, work: (cluster: CliCluster) => Promise<T>): Promise<T> {
  try {
    return await work(cluster);
  } finally {
    await cluster.close?.();
  }
}

function partsFor(parts: CliParts, { color }: Words): CliParts {
  return color ? parts : { ...parts, terminal: withoutColours(parts.terminal) };
}

/** The same terminal, its size still that of the moment. */
function withoutColours(terminal: Terminal): Terminal {
  return Object.create(terminal, { colour: { value: false, enumerable: true } });
}
