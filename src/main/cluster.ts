// The cluster as the command uses it.
import { istioMesh } from '../adapters/istio/mesh.ts';
import { clusterAdoptions } from '../adapters/kubernetes/adoptions.ts';
import { connectCluster } from '../adapters/kubernetes/connection.ts';
import { clusterCopies } from '../adapters/kubernetes/copies.ts';
import { clusterHolds } from '../adapters/kubernetes/holds.ts';
import { clusterPodAge } from '../adapters/kubernetes/pod-age.ts';
import { clusterPolicies } from '../adapters/kubernetes/policies.ts';
import { clusterRequestDesk } from '../adapters/kubernetes/request-desk.ts';
import { clusterRollouts } from '../adapters/kubernetes/rollout-store.ts';
import { clusterTemplates } from '../adapters/kubernetes/templates.ts';
import { clusterWorkloads } from '../adapters/kubernetes/workloads.ts';
import { prometheusMetrics } from '../adapters/prometheus/metrics.ts';
import type { CliCluster, ClusterFlags } from '../cli/cluster.ts';
import type { Host } from './host.ts';

const queryTimeoutMs = 10_000;

/** Connects to the cluster of the flags; nothing is sent before the first call. Rejects when no cluster is configured. */
export async function openCluster(flags: ClusterFlags, { clock, userAgent }: Host): Promise<CliCluster> {
  const cluster = connectCluster({
    userAgent,
    ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
    ...(flags.context === undefined ? {} : { context: flags.context }),
  });
  const workloads = clusterWorkloads(cluster, clock);
  return {
    namespace: flags.namespace ?? cluster.namespace,
    rollouts: clusterRollouts(cluster, { clock, trouble: () => undefined }),
    requests: clusterRequestDesk(cluster, { clock }),
    workloads,
    copies: clusterCopies(cluster),
    holds: clusterHolds(cluster, clock),
    templates: clusterTemplates(cluster, workloads),
    adoptions: clusterAdoptions(cluster),
    metrics: ({ url, tokenFile }) =>
      prometheusMetrics({
        url,
        timeoutMs: queryTimeoutMs,
        podAge: clusterPodAge(cluster),
        ...(tokenFile === undefined ? {} : { bearerTokenFile: tokenFile }),
      }),
    policies: clusterPolicies(cluster),
    mesh: istioMesh({ requests: cluster }),
    close: () => cluster.close(),
  };
}
