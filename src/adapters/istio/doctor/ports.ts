// Whether Services lead to both versions, on ports whose requests can be weighed and judged.
import { someOf } from '../words.ts';
import { blocking, type Check, check, fine, type Outcome, warning } from './check.ts';
import type { ServicePort } from './kubernetes-objects.ts';
import { carries, missingLabel } from './labels.ts';
import type { Gateway } from './mesh-objects.ts';
import { doorsOf, isForMesh, isOurs, isRunning, laneName, lanesTo, placeOf, workloadOf } from './reach.ts';

const service = check('service-missing', ['services'], (known) => {
  const doors = doorsOf(known, known.services);
  if (doors.some(({ toStable }) => toStable)) return fine('A Service leads to the pods.');
  return blocking(
    `No Service of namespace ${known.namespace} chooses the pods of ${known.stable.workload}, so that no route can lead to them.`,
    `kubectl expose deployment/${known.stable.workload} -n ${known.namespace} --name=${known.stable.workload} --port=<port>; name the port http`,
  );
});

/** Of a pair, each version may have a Service of its own; a managed Deployment's Services must find both. */
const parity = check('service-parity', ['services'], (known): Outcome => {
  const { mode, stable, canary, target } = known;
  const doors = doorsOf(known, known.services);
  if (mode === 'pair') {
    if (doors.length === 0 || doors.some(({ toCanary }) => toCanary)) return fine('A Service leads to the canary.');
    return blocking(
      `No Service chooses the pods of ${canary.workload}.`,
      `Give its pod template the labels that the Service of ${stable.workload} selects.`,
    );
  }
  const lost = doors.find(({ toStable, toCanary }) => toStable !== toCanary);
  if (lost === undefined) return fine('Every Service chooses the new template as it chose the old one.');
  const { metadata, spec } = lost.service;
  const [has, hasNot] = lost.toStable ? ['running pods', canary.labels] : ['new template', stable.labels];
  return blocking(
    `Service ${placeOf({ metadata })} selects the ${has} of ${target.metadata.name} and not the other version, for want of the label ${missingLabel(hasNot, spec.selector)}.`,
    'Leave the labels that Services select as they are, or change the selector to one that fits both.',
  );
});

const foreign = check('foreign-pods', ['services', 'pods'], (known): Outcome => {
  const doors = doorsOf(known, known.services);
  const strangers = known.pods.filter(
    (pod) =>
      isRunning(pod) &&
      !isOurs(known, pod) &&
      doors.some((door) => carries(pod.metadata.labels, door.service.spec.selector)),
  );
  if (strangers.length === 0) return fine('Behind the Services there are no pods but those of the two versions.');
  const owners = [...new Set(strangers.map((pod) => workloadOf(pod) ?? `pod ${pod.metadata.name}`))].toSorted();
  const found = `The Services of ${known.stable.workload} also lead to pods of ${someOf(owners)}, which are neither stable nor canary.`;
  if (known.mode === 'pair')
    return warning(found, 'Make sure that the subsets of the route leave them out, or that they get no traffic.');
  return blocking(found, 'Give those pods other labels, or the Service a narrower selector.');
});

const headless = check('headless-service', ['services'], (known) => {
  const found = doorsOf(known, known.services).filter((door) => door.service.spec.clusterIP === 'None');
  const names = found.map((door) => placeOf(door.service));
  if (names.length === 0) return fine('No Service is headless.');
  const text = `Service ${someOf(names)} is headless: clients choose pods by their addresses, and weights do not reach them.`;
  const advice = 'Give the Service a cluster address, or exclude the pods from its selector.';
  return known.mode === 'managed' ? blocking(text, advice) : warning(text, advice);
});

const httpNames = new Set(['http', 'http2', 'grpc', 'grpc-web']);
const opaqueNames = new Set(['tcp', 'tls', 'https', 'mongo', 'mysql', 'redis', 'udp']);
/** Ports on which servers speak first, so that Istio does not look at the bytes (pkg/config/kube/conversion.go). */
const opaquePorts = new Set([25, 3306, 27017]);
const byAppProtocol: Readonly<Record<string, string>> = {
  'kubernetes.io/h2c': 'http2',
  'kubernetes.io/ws': 'http',
  'kubernetes.io/wss': 'https',
};

/** What Istio takes a port for: its appProtocol, else the first word of its name, else what the bytes look like. */
function protocolOf({ name, port, protocol, appProtocol }: ServicePort): 'http' | 'opaque' | 'sniffed' {
  if (protocol === 'UDP' || protocol === 'SCTP') return 'opaque';
  const app = appProtocol.toLowerCase();
  const word = app === '' ? wordOf(name) : (byAppProtocol[app] ?? wordOf(app));
  if (httpNames.has(word)) return 'http';
  if (opaqueNames.has(word)) return 'opaque';
  return opaquePorts.has(port) ? 'opaque' : 'sniffed';
}

function wordOf(name: string): string {
  const lower = name.toLowerCase();
  return lower === 'grpc-web' || lower.startsWith('grpc-web-') ? 'grpc-web' : (lower.split('-')[0] ?? '');
}

const protocol = check('port-protocol', ['services'], (known): Outcome => {
  const { plan, stable } = known;
  const ports = doorsOf(known, known.services).flatMap((door) =>
    door.service.spec.ports.map((port) => ({
      place: `${placeOf(door.service)} port ${port.port}`,
      kind: protocolOf(port),
    })),
  );
  const sniffed = ports.filter(({ kind }) => kind === 'sniffed').map(({ place }) => place);
  if (ports.some(({ kind }) => kind === 'http') || ports.length === 0) return fine('There is a port that speaks http.');
  if (sniffed.length > 0)
    return warning(
      `Whether Service ${someOf(sniffed)} speaks http is guessed from its first bytes, which fails where the server speaks first.`,
      'Name the port http, http2 or grpc, or set its appProtocol.',
    );
  const found = `Istio takes every port of the Services of ${stable.workload} for plain TCP (${someOf(ports.map(({ place }) => place))}): connections are split by weight, requests are neither split nor counted.`;
  const advice =
    'If it speaks http, name the port http, http2 or grpc, or set its appProtocol; else set serin.dev/analysis=off.';
  return plan.analysis === 'off' ? warning(found, advice) : blocking(found, advice);
});

/** Two Services that lead to one port of the pods have to agree on what it speaks. */
const conflict = check('port-conflict', ['services'], (known) => {
  const ports = doorsOf(known, known.services).flatMap(({ service: { spec } }) =>
    spec.ports.map((port) => ({ target: String(port.targetPort ?? port.port), kind: protocolOf(port) })),
  );
  const byTarget = Map.groupBy(ports, ({ target }) => target);
  const torn = [...byTarget]
    .filter(([, same]) => new Set(same.map(({ kind }) => kind)).size > 1)
    .map(([target]) => target);
  if (torn.length === 0) return fine('No two Services disagree on what a port speaks.');
  return warning(
    `Several Services lead to port ${someOf(torn)} of the pods and disagree on whether it speaks http; the sidecar follows one of them.`,
    'Name the ports alike in all Services that choose these pods.',
  );
});

const unnamed = check('destination-port', ['services', 'virtualServices'], (known, glimpse): Outcome => {
  const doors = doorsOf(known, known.services);
  const many = new Map(
    doors.filter(({ service: { spec } }) => spec.ports.length > 1).map((door) => [door.host, door.service.spec.ports]),
  );
  const open = lanesTo(doors, known.virtualServices).filter(
    ({ host, destination, protocol: by }) =>
      by === 'http' && many.has(host) && (destination.port?.number ?? null) === null,
  );
  const gateways = glimpse('gateways');
  const lost = open.filter((lane) => {
    const numbers = new Set(gatewayPorts(lane.object.spec.gateways, lane.object.metadata.namespace, gateways));
    return [...numbers].some((number) => many.get(lane.host)?.every(({ port }) => port !== number) === true);
  });
  const [first] = lost;
  if (first !== undefined)
    return blocking(
      `${laneName(first)} names ${first.destination.host} without a port, and a gateway takes its own port for meant, which the Service has not: 503 (NC).`,
      `Add port.number to the destination; the Service has ${many
        .get(first.host)
        ?.map(({ port }) => port)
        .join(', ')}.`,
    );
  const [guessed] = open.filter(({ object }) => !isForMesh(object));
  if (guessed === undefined) return fine('Every destination has a port, or needs none.');
  return warning(
    `${laneName(guessed)} names ${guessed.destination.host} without a port, though the Service has several; a gateway takes its own port for meant.`,
    'Add port.number to the destination.',
  );
});

function gatewayPorts(
  names: readonly string[],
  namespace: string,
  gateways: readonly Gateway[] = [],
): readonly number[] {
  const places = new Set(names.map((name) => (name.includes('/') ? name : `${namespace}/${name}`)));
  return gateways
    .filter((gateway) => places.has(placeOf(gateway)))
    .flatMap(({ spec }) =>
      spec.servers.flatMap(({ port }) => (port === undefined || port === null ? [] : [port.number])),
    );
}

/** Whether Services lead to both versions, on ports whose requests can be weighed and judged. */
export const portChecks: readonly Check[] = [service, parity, foreign, headless, protocol, conflict, unnamed];
