// The controller, put together: ports, watches, clock and HTTP surface, from start to stop.
import { istioDoctor } from '../adapters/istio/doctor/doctor.ts';
import { istioMesh } from '../adapters/istio/mesh.ts';
import type { Cluster } from '../adapters/kubernetes/connection.ts';
import { clusterCopies } from '../adapters/kubernetes/copies.ts';
import { clusterEvents } from '../adapters/kubernetes/events.ts';
import { clusterFreezes } from '../adapters/kubernetes/freezes.ts';
import { clusterHolds } from '../adapters/kubernetes/holds.ts';
import { clusterPodAge } from '../adapters/kubernetes/pod-age.ts';
import { clusterPolicies } from '../adapters/kubernetes/policies.ts';
import { clusterRollouts } from '../adapters/kubernetes/rollout-store.ts';
import { clusterTargets } from '../adapters/kubernetes/targets.ts';
import { clusterWorkloads } from '../adapters/kubernetes/workloads.ts';
import { pinoLog } from '../adapters/log/pino.ts';
import type { PrometheusOptions } from '../adapters/prometheus/client.ts';
import { prometheusGauge } from '../adapters/prometheus/gauge.ts';
import { prometheusMetrics, queriesFor } from '../adapters/prometheus/metrics.ts';
import { bullQueue } from '../adapters/queue/bull-queue.ts';
import type { ControllerFlags } from '../cli/cluster.ts';
import { type Conductor, conductor } from '../controller/conductor.ts';
import { rememberingDoctor } from '../controller/examinations.ts';
import { rememberingFreezes } from '../controller/freezes.ts';
import { gauges } from '../controller/gauges.ts';
import { evidenceLedger } from '../controller/ledger.ts';
import type { Log } from '../controller/log.ts';
import { rolloutNews, telling } from '../controller/news.ts';
import type { Metrics } from '../controller/ports.ts';
import { localTimers } from '../controller/timers.ts';
import { type WakeClock, wakeClock } from '../controller/wake-clock.ts';
import type { World } from '../controller/world.ts';
import { type ControllerMetrics, controllerMetrics } from '../http/metrics.ts';
import { serveApi } from './api.ts';
import { connected } from './connected.ts';
import type { Host } from './host.ts';
import { serveHttp } from './http.ts';
import { mailingOf, runOutside, tellingOutside } from './outside.ts';
import { prometheusQuestion } from './question.ts';
import { controllerWatches } from './watches.ts';

const stopMs = 10_000;
const tickTimeoutMs = 30_000;
const queryTimeoutMs = 10_000;

/** Runs until the signal aborts; resolves to the exit code. */
export async function runController(flags: ControllerFlags, host: Host, stopping: AbortSignal): Promise<number> {
  const log = pinoLog(flags.logLevel);
  process.on('unhandledRejection', (error) => {
    log.error('A promise was rejected and nobody was listening; the controller ends', {}, error);
    process.exit(1);
  });
  const metrics = controllerMetrics();
  const cluster = counted(connected(flags, host.userAgent), metrics);
  const source = watchedSource(flags, cluster, metrics);
  const bells = clockOf(flags, host, log, metrics);
  const parts = conduct(flags, host, log, { cluster, source: source.metrics, bells });
  const news = rolloutNews();
  const outside = await runOutside(flags, host, { cluster, log, metrics });
  const watches = controllerWatches({
    cluster,
    clock: host.clock,
    log,
    conductor: tellingOutside(telling(parts, news), outside),
    ...(flags.namespace === undefined ? {} : { namespace: flags.namespace }),
  });
  const { lastRead } = source;
  const http = await serveHttp({ flags, metrics, watches, bells, conductor: parts, lastRead, clock: host.clock });
  watches.start();
  await watches.listed(stopping);
  await bells.start(
    (id, uid) => parts.tick(id, uid),
    () => parts.sweep(),
  );
  const api =
    flags.api === undefined ? undefined : await serveApi({ ...flags, api: flags.api, cluster, news, ...host, log });
  const { namespace = 'all', slotMs, settleMs } = flags;
  const apiUrl = {
    ...(api === undefined ? {} : { api: api.url }),
    ...(outside.slackUrl === undefined ? {} : { slack: outside.slackUrl }),
  };
  log.info('The controller is ready', { url: http.url, ...apiUrl, namespace, slotMs, settleMs });
  await untilAborted(stopping);
  log.info('The controller is stopping');
  await bells.stop(stopMs);
  await Promise.all([watches.stop(), http.close(), api?.close(), outside.close()]);
  await cluster.close();
  return 0;
}

function conduct(
  flags: ControllerFlags,
  { clock }: Host,
  log: Log,
  { cluster, source, bells }: { readonly cluster: Cluster; readonly source: Metrics; readonly bells: WakeClock },
): Conductor {
  const trouble = (message: string, error?: unknown): void => log.warn(message, {}, error);
  const { slotMs, settleMs, lagMs } = flags;
  const ledger = evidenceLedger({
    metrics: source,
    clock,
    slotMs,
    lagMs,
    subjects: () => conducting.subjects(),
    queries: queriesFor,
  });
  const policies = clusterPolicies(cluster);
  const query = prometheusQuestion(prometheusOf(flags), clock);
  const world: World = {
    clock,
    rollouts: clusterRollouts(cluster, { clock, trouble }),
    workloads: clusterWorkloads(cluster, clock),
    copies: clusterCopies(cluster),
    holds: clusterHolds(cluster, clock),
    policies,
    freezes: rememberingFreezes(clusterFreezes(cluster, flags.clusterPolicy), clock),
    targets: clusterTargets(cluster, clock),
    events: clusterEvents(cluster, { clock, trouble }),
    mesh: istioMesh({ requests: cluster, now: () => clock.now() }),
    ledger,
    gauges: gauges({ gauge: prometheusGauge(prometheusOf(flags)), clock, slotMs }),
    metrics: source,
    doctor: rememberingDoctor(istioDoctor({ requests: cluster, policies, query }), clock),
    wakes: bells,
    log,
    announcing: flags.slack !== undefined,
    mailing: mailingOf(flags),
    slotMs,
    settleMs,
    lagMs,
  };
  const conducting: Conductor = conductor(world, flags.namespace);
  return conducting;
}

/** The metrics source, and what its last read came to. */
function watchedSource(
  flags: ControllerFlags,
  cluster: Cluster,
  counter: ControllerMetrics,
): { readonly metrics: Metrics; readonly lastRead: () => 'data' | 'sourceDown' | undefined } {
  const source = prometheusMetrics({ ...prometheusOf(flags), podAge: clusterPodAge(cluster) });
  let last: 'data' | 'sourceDown' | undefined;
  return {
    lastRead: () => last,
    metrics: {
      async read(slot, subjects) {
        const reading = await source.read(slot, subjects);
        last = reading.kind;
        counter.evidenceRead(reading.kind);
        return reading;
      },
      unmeshed: (slot, subject) => source.unmeshed(slot, subject),
    },
  };
}

function prometheusOf({ prometheusUrl: url, prometheusTokenFile: file }: ControllerFlags): PrometheusOptions {
  return { url, timeoutMs: queryTimeoutMs, ...(file === undefined ? {} : { bearerTokenFile: file }) };
}

function clockOf(flags: ControllerFlags, { clock }: Host, log: Log, counter: ControllerMetrics): WakeClock {
  const { redisUrl, redisPrefix, sweepMs, concurrency } = flags;
  const queue =
    redisUrl === undefined
      ? {}
      : { queue: bullQueue({ url: redisUrl, prefix: redisPrefix, sweepMs, concurrency, clock, log }) };
  return wakeClock({
    ...queue,
    timers: localTimers({ clock }),
    clock,
    log,
    counter,
    sweepMs,
    tickTimeoutMs,
    concurrency,
  });
}

/** The cluster, with every call counted. */
function counted(cluster: Cluster, counter: ControllerMetrics): Cluster {
  return {
    ...cluster,
    async request(method, path, options) {
      try {
        const answer = await cluster.request(method, path, options);
        counter.clusterRequest(method, answer.status);
        return answer;
      } catch (cause) {
        counter.clusterRequest(method, 0);
        throw cause;
      }
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
