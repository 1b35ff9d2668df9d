// The cluster as the command uses it.
import { istioMesh } from '../adapters/istio/mesh.ts';
import { clusterAdoptions } from '../adapters/kubernetes/adoptions.ts';
import { clusterCopies } from '../adapters/kubernetes/copies.ts';
import { clusterHolds } from '../adapters/kubernetes/holds.ts';
import { clusterPolicies } from '../adapters/kubernetes/policies.ts';
import { clusterRequestDesk } from '../adapters/kubernetes/request-desk.ts';
import { clusterRollouts } from '../adapters/kubernetes/rollout-store.ts';
import { clusterTemplates } from '../adapters/kubernetes/templates.ts';
import { clusterWorkloads } from '../adapters/kubernetes/workloads.ts';
import type { ClusterFlags, WholeCluster } from '../cli/cluster.ts';
import { connected } from './connected.ts';
import type { Host } from './host.ts';

/** Connects to the cluster of the flags; nothing is sent before the first call. Rejects with a `CliError` when no cluster is configured. */
export async function openCluster(flags: ClusterFlags, { clock, userAgent }: Host): Promise<WholeCluster> {
  const cluster = connected(flags, userAgent);
  const workloads = clusterWorkloads(cluster, clock);
  const policies = clusterPolicies(cluster);
  const mesh = istioMesh({ requests: cluster });
  const holds = clusterHolds(cluster, clock);
  return {
    namespace: flags.namespace ?? cluster.namespace,
    rollouts: clusterRollouts(cluster, { clock, trouble: () => undefined }),
    requests: clusterRequestDesk(cluster, { clock }),
    workloads,
    copies: clusterCopies(cluster),
    holds,
    templates: clusterTemplates(cluster, workloads),
    adoptions: clusterAdoptions(cluster),
    metrics: async (source) => (await import('./metrics-source.ts')).metricsOf(cluster, source),
    gauge: async (source) => (await import('./metrics-source.ts')).gaugeOf(source),
    policies,
    mesh,
    doctor: async (asked) =>
      (await import('./metrics-source.ts')).doctorOf(cluster, { mesh, workloads, holds, policies }, asked, clock),
    close: () => cluster.close(),
  };
}
