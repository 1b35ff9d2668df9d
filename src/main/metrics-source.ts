// What the command asks of Prometheus, and the examination that may ask it: loaded by the verbs that do.
import { istioDoctor } from '../adapters/istio/doctor/doctor.ts';
import type { Cluster } from '../adapters/kubernetes/connection.ts';
import { clusterPodAge } from '../adapters/kubernetes/pod-age.ts';
import type { PrometheusOptions } from '../adapters/prometheus/client.ts';
import { prometheusGauge } from '../adapters/prometheus/gauge.ts';
import { prometheusMetrics } from '../adapters/prometheus/metrics.ts';
import type { DoctorFlags, MetricsSource, WholeCluster } from '../cli/cluster.ts';
import type { Clock, Doctor, Gauge, Metrics } from '../controller/ports.ts';
import { prometheusGaugeQuestions, prometheusQuestion } from './question.ts';

const queryTimeoutMs = 10_000;

/** Reads of a metrics source. */
export function metricsOf(cluster: Cluster, source: MetricsSource): Pick<Metrics, 'read'> {
  return prometheusMetrics({ ...prometheusOf(source), podAge: clusterPodAge(cluster) });
}

/** Single numbers of a metrics source. */
export function gaugeOf(source: MetricsSource): Gauge {
  return prometheusGauge(prometheusOf(source));
}

/** An examination of Deployments in the cluster. */
export function doctorOf(
  cluster: Cluster,
  { mesh, workloads, holds, policies }: Pick<WholeCluster, 'mesh' | 'workloads' | 'holds' | 'policies'>,
  { source, account }: DoctorFlags,
  clock: Clock,
): Doctor {
  return istioDoctor({
    requests: cluster,
    policies,
    account,
    routes: { mesh, workloads },
    holds: { holds, workloads },
    ...(source === undefined ? {} : askingOf(prometheusOf(source), clock)),
  });
}

function askingOf(options: PrometheusOptions, clock: Clock) {
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
