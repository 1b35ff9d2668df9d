// The cluster as the command uses it.
import { istioMesh } from '../adapters/istio/mesh.ts';
import { connectCluster } from '../adapters/kubernetes/connection.ts';
import { clusterPolicies } from '../adapters/kubernetes/policies.ts';
import { clusterRequestDesk } from '../adapters/kubernetes/request-desk.ts';
import { clusterRollouts } from '../adapters/kubernetes/rollout-store.ts';
import { clusterWorkloads } from '../adapters/kubernetes/workloads.ts';
import type { CliCluster, ClusterFlags } from '../cli/cluster.ts';
import type { Host } from './host.ts';

/** Connects to the cluster of the flags; nothing is sent before the first call. Rejects when no cluster is configured. */
export async function openCluster(flags: ClusterFlags, { clock, userAgent }: Host): Promise<CliCluster> {
  const cluster = connectCluster({
    userAgent,
    ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
    ...(flags.context === undefined ? {} : { context: flags.context }),
  });
  return {
    namespace: flags.namespace ?? cluster.namespace,
    rollouts: clusterRollouts(cluster, { clock, trouble: () => undefined }),
    requests: clusterRequestDesk(cluster, { clock }),
    workloads: clusterWorkloads(cluster, clock),
    policies: clusterPolicies(cluster),
    mesh: istioMesh({ requests: cluster }),
    close: () => cluster.close(),
  };
}
