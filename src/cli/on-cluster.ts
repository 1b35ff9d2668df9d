// A verb that works on a cluster: opened for it, and closed whatever happens.
import type { Command } from 'commander';
import { type CliCluster, type CliParts, type ClusterFlags, clusterFlags } from './cluster.ts';
import type { ExitCode } from './exit.ts';
import type { Terminal } from './terminal.ts';

/** Opens the cluster, does the work on it, and closes it, whatever happens. */
export type OnCluster = (
  command: Command,
  work: (parts: CliParts, cluster: CliCluster) => Promise<ExitCode>,
) => Promise<void>;

/** How a verb of these parts reaches the cluster that its flags name; `ended` is told its exit code. */
export function onCluster(parts: CliParts, ended: (code: number) => void): OnCluster {
  return async (command, work) => {
    const flags = command.optsWithGlobals<ClusterFlags & { readonly color: boolean }>();
    const terminal = flags.color ? parts.terminal : withoutColours(parts.terminal);
    const cluster = await parts.openCluster(clusterFlags(flags));
    try {
      ended(await work({ ...parts, terminal }, cluster));
    } finally {
      await cluster.close?.();
    }
  };
}

/** The same terminal, its size still that of the moment. */
function withoutColours(terminal: Terminal): Terminal {
  return Object.create(terminal, { colour: { value: false, enumerable: true } });
}
