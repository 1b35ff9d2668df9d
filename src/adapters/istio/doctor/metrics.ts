// Whether there are metrics to judge by, whole and of enough requests.
import { formatShare, weightOf } from '../../../domain/plan.ts';
import { formatDuration } from '../../../domain/time.ts';
import { rootNamespace } from '../surroundings.ts';
import { someOf } from '../words.ts';
import { blocking, type Check, check, fine, type Known, type Outcome, unknown, warning } from './check.ts';
import type { Traffic } from './facts.ts';
import { carries } from './labels.ts';
import type { Telemetry } from './mesh-objects.ts';
import { ownPods, placeOf } from './reach.ts';

/** Whether anybody reports requests of stable. */
function isSeen({ bySource, byDestination }: Traffic): boolean {
  return (bySource ?? 0) + (byDestination ?? 0) > 0;
}

const missing = check('metrics-missing', ['traffic'], (known): Outcome => {
  const { traffic, plan, stable } = known;
  if (isSeen(traffic)) return fine(`Prometheus has istio_requests_total of ${stable.workload}.`);
  if ((traffic.series ?? 0) > 0)
    return warning(
      `Prometheus has istio_requests_total of others, and none of ${stable.workload}: it got no request in the last five minutes, or it is not scraped.`,
      `Send it a request and look again; if nothing comes, see the check scrape-annotations and the labels that Prometheus keeps.`,
    );
  const found = 'Prometheus has no istio_requests_total at all, so that no canary can be judged.';
  const advice =
    'Let it scrape the sidecars and gateways (istio.io, Observability, Prometheus), or set serin.dev/analysis=off.';
  return plan.analysis === 'off' ? warning(found, advice) : blocking(found, advice);
});

const scrape = check('scrape-annotations', ['pods'], (known, glimpse): Outcome => {
  const pods = ownPods(known, known.pods).map(({ metadata }) => metadata.annotations);
  const off = [...pods, known.canary.template.metadata.annotations].flatMap((annotations) =>
    ['prometheus.io/scrape', 'prometheus.istio.io/merge-metrics'].filter((key) => annotations[key] === 'false'),
  );
  if (off.length === 0) return fine("No pod opts out of having its sidecar's metrics scraped.");
  const traffic = glimpse('traffic');
  if (traffic !== undefined && (traffic.byDestination ?? 0) > 0)
    return fine(`Pods say ${off[0]}: "false", and are scraped by other means.`);
  return warning(
    `Pods of ${known.stable.workload} say ${off[0]}: "false". Where Prometheus goes by the usual annotations, their sidecars' metrics are not scraped.`,
    `Take the annotation out of the pod template, or scrape port 15090 of the sidecar by a PodMonitor.`,
  );
});

const reporters = check('reporters', ['traffic'], ({ traffic, stable }) => {
  const { bySource = 0, byDestination = 0 } = traffic;
  if (bySource > 0 && byDestination > 0) return fine('Both ends of a request report it.');
  if (bySource > 0)
    return warning(
      `Requests to ${stable.workload} are reported by its clients alone: attempts that a retry made good are not seen, nor is who comes from outside the mesh.`,
      'Give its pods sidecars whose metrics are scraped, or know that retries hide errors.',
    );
  if (byDestination > 0)
    return warning(
      `Requests to ${stable.workload} are reported by its own pods alone: a canary that cannot be reached looks like one without traffic.`,
      'Let Prometheus scrape the clients too: their sidecars, and the gateways.',
    );
  return unknown(`Nobody has reported requests to ${stable.workload} yet.`);
});

/** Labels without which a request cannot be told from another's. */
const needed = [
  'reporter',
  'destination_workload',
  'destination_workload_namespace',
  'destination_service',
  'request_protocol',
  'response_code',
  'grpc_response_status',
  'response_flags',
];
const neededMetrics = ['', 'ALL_METRICS', 'REQUEST_COUNT'];

function spoilt({ spec }: Telemetry, latency: boolean): readonly string[] {
  const metrics = latency ? [...neededMetrics, 'REQUEST_DURATION'] : neededMetrics;
  return spec.metrics
    .flatMap(({ overrides }) => overrides)
    .filter(({ match }) => metrics.includes(match?.metric ?? ''))
    .flatMap(({ match, disabled, tagOverrides }) => [
      ...(disabled ? [`turns ${match?.metric || 'ALL_METRICS'} off`] : []),
      ...Object.entries(tagOverrides)
        .filter(([tag, { operation }]) => needed.includes(tag) && operation === 'REMOVE')
        .map(([tag]) => `removes the label ${tag}`),
    ]);
}

const telemetry = check('telemetry-overrides', ['telemetries'], (known): Outcome => {
  const { namespace, plan, stable, canary } = known;
  const found = known.telemetries
    .filter(({ metadata }) => [namespace, rootNamespace].includes(metadata.namespace))
    .filter(({ spec }) => [stable, canary].some(({ labels }) => carries(labels, spec.selector?.matchLabels ?? {})))
    .flatMap((each) => spoilt(each, plan.maxLatency.length > 0).map((what) => `Telemetry ${placeOf(each)} ${what}`));
  if (found.length === 0) return fine('No Telemetry takes away what is judged by.');
  const text = `${someOf(found)}, and without that a canary cannot be judged.`;
  const advice = 'Take the override away for these pods.';
  return plan.analysis === 'off' ? warning(text, advice) : blocking(text, advice);
});

const double = check('double-scrape', ['traffic'], ({ traffic }) => {
  if (traffic.jobs === undefined)
    return unknown('No pod has reported requests yet, so that nobody can say who scrapes it.');
  if (traffic.jobs <= 1) return fine('Each pod is scraped by one job.');
  return warning(
    `${traffic.jobs} scrape jobs bring the same pods' metrics, so that each request counts ${traffic.jobs} times and evidence seems more than it is.`,
    'Scrape either port 15020 or 15090 of a pod, by one job.',
  );
});

/** The width of a slot unless the controller is told another, in seconds; and what a scrape may be late by. */
const slotSeconds = 15;
const lateness = 1.2;

const scrapeInterval = check('scrape-interval', ['traffic'], ({ traffic, stable }) => {
  const { scrapeSeconds } = traffic;
  if (scrapeSeconds === undefined) return unknown(`Nobody has reported requests to ${stable.workload} yet.`);
  const every = formatDuration(Math.round(scrapeSeconds) * 1_000);
  if (scrapeSeconds <= slotSeconds * lateness) return fine(`Requests to ${stable.workload} are scraped often enough.`);
  return warning(
    `Requests to ${stable.workload} are scraped about every ${every}, and counted in slots of ${slotSeconds}s unless the controller is told otherwise: most slots would have no data.`,
    `Scrape at least every ${slotSeconds}s, or start the controller with --slot ${every}.`,
  );
});

const sameName = check('workload-name', [], ({ mode, stable, canary }) => {
  const label = 'service.istio.io/workload-name';
  const [old, next] = [stable.labels[label], canary.labels[label]];
  if (next === undefined && old === undefined) return fine('Metrics tell the two versions apart by their Deployments.');
  const isOne = mode === 'managed' ? next !== undefined : (old ?? stable.workload) === (next ?? canary.workload);
  if (!isOne && mode === 'pair')
    return warning(
      `Pods carry the label ${label}, so that metrics name them by it and not by their Deployment, which is what Serin looks for.`,
      `Take the label out of the pod templates.`,
    );
  return blocking(
    `Pods carry the label ${label}=${next ?? old}, so that metrics give both versions one name and cannot tell them apart.`,
    'Take the label out of the pod template, and release that change by itself first.',
  );
});

const histogram = 'sidecar.istio.io/statsHistogramBuckets';
const eviction = 'sidecar.istio.io/statsEvictionInterval';

const statistics = check('stats-annotations', [], ({ stable, canary, plan }): Outcome => {
  const [old, next] = [stable, canary].map(({ template }) => template.metadata.annotations);
  if (next?.[eviction] !== undefined || old?.[eviction] !== undefined)
    return warning(
      `Pods say ${eviction}: their counters begin anew now and then, and what was counted in between two scrapes is lost.`,
      'Take the annotation away.',
    );
  if (old?.[histogram] === next?.[histogram]) return fine('Both versions count in the same way.');
  const judged = plan.maxLatency.length > 0 ? ', by which latency is judged' : '';
  return warning(
    `The versions differ in ${histogram}${judged}: their latencies cannot be compared bucket by bucket.`,
    'Give both pod templates the same buckets.',
  );
});

const volume = check('traffic-volume', ['traffic'], ({ traffic, plan, stable }): Outcome => {
  if (plan.analysis === 'off') return fine('Nothing is judged by requests: analysis is off.');
  const { perSecond } = traffic;
  if (perSecond === undefined) return unknown(`How many requests ${stable.workload} gets is not known yet.`);
  const weight = weightOf(plan, 0);
  const expected = (perSecond * weight * plan.maxBakeMs) / 100 / 1_000;
  const rate = `${Number(perSecond.toPrecision(2))} requests a second`;
  if (expected >= plan.minRequests)
    return fine(
      `At ${rate} a step of ${weight}% sees ${Math.floor(expected)} requests at most; ${plan.minRequests} are needed.`,
    );
  return warning(
    `${stable.workload} gets ${rate}: a step of ${weight}% sees ${Math.floor(expected)} of them within max-bake (${formatDuration(plan.maxBakeMs)}), and ${plan.minRequests} are needed for a verdict.`,
    'Begin with a larger step, give it a longer serin.dev/max-bake, or lower serin.dev/min-requests.',
  );
});

/** Above this share of failures stable is no measure for anything. */
const sick = 0.05;

const failing = check('stable-failing', ['traffic'], ({ traffic, plan, stable, namespace }): Outcome => {
  if (traffic.failing === undefined) return unknown(`How ${stable.workload} fares is not known yet.`);
  const share = formatShare(traffic.failing);
  if (traffic.failing <= Math.min(sick, plan.maxErrorRate ?? sick)) return fine(`${share} of stable's requests fail.`);
  return warning(
    `${share} of the requests to ${stable.workload} fail already. A rollout is held rather than judged against that, and passes a ceiling only if the canary is better.`,
    `Look at stable first: kubectl logs -n ${namespace} deployment/${stable.workload}`,
  );
});

const unmeshed = check('unmeshed-clients', ['traffic'], (known): Outcome => {
  const { traffic, plan, mode, namespace, target } = known;
  if (traffic.unmeshed === undefined) return unknown('Whether clients come from outside the mesh is not known yet.');
  const share = formatShare(traffic.unmeshed);
  if (traffic.unmeshed <= plan.maxUnmeshed) return fine(`${share} of the requests come from outside the mesh.`);
  const found = `${share} of the requests to ${target.metadata.name} come from clients outside the mesh, whom weights do not reach; more than ${formatShare(plan.maxUnmeshed)}.`;
  if (mode === 'pair') return warning(found, 'Bring those clients into the mesh.');
  const accepted = Math.min(100, Math.ceil(traffic.unmeshed * 100) + 1);
  const advice = `Bring them into the mesh, or accept that their share cannot be held back: kubectl annotate deployment/${target.metadata.name} -n ${namespace} serin.dev/max-unmeshed=${accepted}%`;
  return plan.analysis === 'off' ? warning(found, advice) : blocking(found, advice);
});

const clusters = check('several-clusters', ['traffic'], ({ traffic }: Known<'traffic'>) => {
  if ((traffic.clusters ?? 1) <= 1) return fine('The pods are in one cluster.');
  return warning(
    `Requests go to pods in ${traffic.clusters} clusters, and a VirtualService speaks to the clients of its own cluster alone.`,
    'Release in each cluster by itself, and keep clients and pods of one cluster together (localityLbSetting).',
  );
});

/** Settling takes this long unless the controller is told otherwise. */
const settleSeconds = 5;

const controlPlane = check('control-plane', ['traffic'], ({ traffic }): Outcome => {
  const { rejected, convergenceSeconds: seconds } = traffic;
  if (rejected === undefined && seconds === undefined)
    return unknown('Prometheus does not scrape istiod (pilot_* metrics).');
  if ((rejected ?? 0) > 0)
    return warning(
      'Proxies refused configuration of istiod in the last five minutes (pilot_total_xds_rejects); what they refused they do not follow.',
      'istioctl proxy-status; istioctl analyze -A',
    );
  if (seconds !== undefined && seconds > settleSeconds)
    return warning(
      `One push in a hundred takes ${seconds.toFixed(1)} s to reach the proxies, longer than the mesh is given to settle (${settleSeconds} s).`,
      `Start the controller with --settle ${Math.ceil(2 * seconds)}s, or give istiod more CPU.`,
    );
  return fine('Proxies follow istiod, and soon.');
});

/** Whether there are metrics to judge by, whole and of enough requests. */
export const metricsChecks: readonly Check[] = [
  missing,
  scrape,
  reporters,
  telemetry,
  double,
  scrapeInterval,
  sameName,
  statistics,
  volume,
  failing,
  unmeshed,
  clusters,
  controlPlane,
];
