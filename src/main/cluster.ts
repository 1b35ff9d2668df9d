// The cluster as the command uses it.
import { istioDoctor } from '../adapters/istio/doctor/doctor.ts';
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
import type { PrometheusOptions } from '../adapters/prometheus/client.ts';
import { prometheusGauge } from '../adapters/prometheus/gauge.ts';
import { prometheusMetrics } from '../adapters/prometheus/metrics.ts';
import type { CliCluster, ClusterFlags, MetricsSource } from '../cli/cluster.ts';
import type { Host } from './host.ts';
import { prometheusGaugeQuestions, prometheusQuestion } from './question.ts';

const queryTimeoutMs = 10_000;

/** Connects to the cluster of the flags; nothing is sent before the first call. Rejects when no cluster is configured. */
export async function openCluster(flags: ClusterFlags, { clock, userAgent }: Host): Promise<CliCluster> {
  const cluster = connectCluster({
    userAgent,
    ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
    ...(flags.context === undefined ? {} : { context: flags.context }),
  });
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
    metrics: (source) => prometheusMetrics({ ...prometheusOf(source), podAge: clusterPodAge(cluster) }),
    gauge: (source) => prometheusGauge(prometheusOf(source)),
    policies,
    mesh,
    doctor: ({ source, account }) =>
      istioDoctor({
        requests: cluster,
        policies,
        account,
        routes: { mesh, workloads },
        holds: { holds, workloads },
        ...(source === undefined ? {} : askingOf(prometheusOf(source), clock)),
      }),
    close: () => cluster.close(),
  };
}

function askingOf(options: PrometheusOptions, clock: Host['clock']) {
  return { query: prometheusQuestion(options, clock), gauge: prometheusGaugeQuestions(options, clock) };
}

/** The command asks once and waits for nobody. */
function prometheusOf({ url, tokenFile }: MetricsSource): PrometheusOptions {
  return {
    url,
    timeoutMs: queryTimeoutMs,
    afterwards: '',
    ...(tokenFile === undefined ? {} : { bearerTokenFile: tokenFile }),
  };
}
