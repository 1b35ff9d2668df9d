// The cluster of the command line's flags, for the command and the controller alike.
import { type Cluster, connectCluster } from '../adapters/kubernetes/connection.ts';
import type { ClusterFlags } from '../cli/cluster.ts';
import { CliError, exitCodes } from '../cli/exit.ts';

/** Connects; nothing is sent before the first call. Without a kubeconfig that can be used throws wrong usage, with what to do. */
export function connected({ kubeconfig, context }: ClusterFlags, userAgent: string): Cluster {
  try {
    return connectCluster({
      userAgent,
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
    });
  } catch (error) {
    throw new CliError(exitCodes.usage, error instanceof Error ? error.message : String(error));
  }
}
