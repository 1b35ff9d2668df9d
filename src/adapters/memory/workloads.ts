// Deployments in memory, for unit tests.
import type { PodTrouble, Workload, Workloads } from '../../controller/ports.ts';

/** The port, and what a cluster would do to Deployments. */
export interface MemoryWorkloads extends Workloads {
  /** Creates the Deployment or replaces it. */
  put(workload: Workload): void;
  remove(namespace: string, name: string): void;
  /** What is wrong with its pods from now on, worst first. */
  trouble(namespace: string, name: string, troubles: readonly PodTrouble[]): void;
}

/** No Deployments yet. */
export function memoryWorkloads(): MemoryWorkloads {
  const deployments = new Map<string, Workload>();
  const wrong = new Map<string, readonly PodTrouble[]>();
  return {
    get: async (namespace, name) => deployments.get(keyOf(namespace, name)),
    troubles: async ({ namespace, name, hash }) =>
      hash === undefined ? [] : (wrong.get(keyOf(namespace, name)) ?? []),
    put: (workload) => void deployments.set(keyOf(workload.namespace, workload.name), workload),
    remove: (namespace, name) => void deployments.delete(keyOf(namespace, name)),
    trouble: (namespace, name, troubles) => void wrong.set(keyOf(namespace, name), troubles),
  };
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
