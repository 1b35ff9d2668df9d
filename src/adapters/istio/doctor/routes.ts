// Whether the routes carry a rollout: split where clients look, judged by what they do to requests.
import { formatDuration, parseDuration } from '../../../domain/time.ts';
import { fullHost, serviceOf } from '../hosts.ts';
import { someOf } from '../words.ts';
import { blocking, type Check, check, fine, type Known, type Outcome, warning } from './check.ts';
import type { Metadata } from './fields.ts';
import { doorsOf, isForMesh, type Lane, laneName, lanesOf, lanesTo, naming, placeOf } from './reach.ts';

const served = check('istio-missing', ['istioServed'], ({ istioServed }) =>
  istioServed
    ? fine('The cluster serves VirtualServices.')
    : blocking(
        'The cluster does not serve networking.istio.io, so that there is nothing whose weights could be moved.',
        'Install Istio, or at least its CustomResourceDefinitions.',
      ),
);

/** What a rollout itself would say of the routes when it begins. */
const route = check('route', ['routeProblem'], ({ live, routeProblem }) => {
  if (live) return fine('A rollout is moving the routes.');
  if (routeProblem === undefined) return fine('A rollout can take the routes.');
  return blocking(routeProblem.message, 'Mend that, and the rollout begins by itself.');
});

const undefinedSubset = check('subset-undefined', ['services', 'virtualServices', 'destinationRules'], (known) => {
  const lost = lanesTo(doorsOf(known, known.services), known.virtualServices).filter(
    ({ host, destination: { subset } }) =>
      subset !== '' &&
      !known.destinationRules.some(
        ({ metadata, spec }) =>
          fullHost(spec.host, metadata.namespace) === host && spec.subsets.some(({ name }) => name === subset),
      ),
  );
  const [first] = lost;
  if (first === undefined) return fine('Every subset that a route names is defined.');
  const { host, subset } = first.destination;
  return blocking(
    `${laneName(first)} names subset ${subset} of ${host}, which no DestinationRule defines: what goes there is answered 503 (NC).`,
    `Add subset ${subset} to the DestinationRule of ${host}, or take the destination away.`,
  );
});

const lostHost = check('destination-host', ['services', 'virtualServices'], (known, glimpse): Outcome => {
  const { namespace } = known;
  const here = new Set(known.services.map(({ metadata }) => metadata.name));
  const own = new Set(doorsOf(known, known.services).map(({ host }) => host));
  const about = known.virtualServices.filter(
    (object) =>
      lanesOf([object]).some(({ host }) => own.has(host)) ||
      object.spec.hosts.some((host) => own.has(fullHost(host, object.metadata.namespace))),
  );
  const missing = lanesOf(about).find(({ host }) => {
    const place = serviceOf(host);
    return place?.namespace === namespace && !here.has(place.name);
  });
  if (missing !== undefined)
    return blocking(
      `${laneName(missing)} leads to ${missing.host}, and there is no such Service.`,
      'Correct the host, or create the Service.',
    );
  const stray = strayOf(known, glimpse('namesakes'));
  if (stray === undefined) return fine('Every host that the routes name is a Service.');
  return warning(
    `${laneName(stray)} names ${stray.destination.host}, which means ${stray.host}: a short name belongs to the namespace it is written in, and there is no such Service.`,
    `If the Service of namespace ${namespace} is meant, write ${stray.destination.host}.${namespace}.svc.cluster.local.`,
  );
});

/** A route of another namespace that names one of the Services by its short name, and finds none of that name in its own. */
function strayOf(
  known: Known<'services' | 'virtualServices'>,
  namesakes: readonly Metadata[] | undefined,
): Lane | undefined {
  if (namesakes === undefined) return undefined;
  const names = new Set(doorsOf(known, known.services).map(({ service }) => service.metadata.name));
  const there = new Set(namesakes.map((metadata) => placeOf({ metadata })));
  return lanesOf(known.virtualServices).find(({ object, destination: { host } }) => {
    const { namespace } = object.metadata;
    return namespace !== known.namespace && names.has(host) && !there.has(`${namespace}/${host}`);
  });
}

const twice = check('two-virtual-services', ['services', 'virtualServices'], (known): Outcome => {
  for (const { host } of doorsOf(known, known.services)) {
    const all = naming(host, known.virtualServices).filter((object) => isForMesh(object) && isShared(object));
    const [oldest, ...others] = all.toSorted((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1));
    if (oldest === undefined || others.length === 0) continue;
    const found = `Several VirtualServices name ${host} for clients inside the mesh, which obey the oldest alone: ${placeOf(oldest)}, not ${someOf(others.map(placeOf))}.`;
    const advice = 'Merge them into one.';
    const isDead = known.mode === 'pair' && lanesTo(doorsOf(known, known.services), [oldest]).length === 0;
    return isDead ? blocking(found, advice) : warning(found, advice);
  }
  return fine('For clients inside the mesh one VirtualService names each host.');
});

function isShared({ spec }: Lane['object']): boolean {
  return spec.exportTo.length === 0 || spec.exportTo.includes('*');
}

function ageOf({ metadata }: Lane['object']): string {
  return `${metadata.creationTimestamp} ${placeOf({ metadata })}`;
}

const apiRoute = check('gateway-api-route', ['services', 'apiRoutes'], (known) => {
  const doors = doorsOf(known, known.services);
  const found = known.apiRoutes.find(({ metadata, spec }) =>
    [...spec.parentRefs, ...spec.rules.flatMap(({ backendRefs }) => backendRefs)].some(({ kind, name, namespace }) =>
      doors.some(
        ({ service }) =>
          (kind === 'Service' || kind === '') &&
          name === service.metadata.name &&
          (namespace || metadata.namespace) === known.namespace,
      ),
    ),
  );
  if (found === undefined) return fine('No route of the Gateway API leads to the Services.');
  return blocking(
    `Route ${placeOf(found)} of the Gateway API leads to a Service of ${known.stable.workload} as well; where it applies, weights in a VirtualService do nothing.`,
    'Route the Service by VirtualServices alone.',
  );
});

const unreachable = check('route-unreachable', ['services', 'virtualServices'], (known): Outcome => {
  const lost = lanesTo(doorsOf(known, known.services), known.virtualServices).find(
    ({ object, protocol, index }) =>
      protocol === 'http' && object.spec.http.slice(0, index).some(({ match }) => match.length === 0),
  );
  if (lost === undefined) return fine('No route stands below one that takes everything.');
  const found = `${laneName(lost)} stands below a route without a match, which takes everything: no request gets there.`;
  const advice = 'Move the route without a match to the end.';
  return known.mode === 'pair' ? blocking(found, advice) : warning(found, advice);
});

const fault = check('fault-on-route', ['services', 'virtualServices'], (known) => {
  const found = lanesTo(doorsOf(known, known.services), known.virtualServices).find(
    ({ http }) => (http?.fault ?? null) !== null,
  );
  if (found === undefined) return fine('No route injects faults.');
  return blocking(
    `${laneName(found)} injects faults (the field fault), which would be counted against the canary.`,
    'Remove the fault, or move it to a route of its own, before the release.',
  );
});

const mirror = check('mirror-on-route', ['services', 'virtualServices'], (known) => {
  const doors = doorsOf(known, known.services);
  const hosts = new Set(doors.map(({ host }) => host));
  const mirrored = known.virtualServices.flatMap((object) =>
    object.spec.http
      .filter(({ mirror: one, mirrors }) =>
        [...(one === null || one === undefined ? [] : [one]), ...mirrors.map(({ destination }) => destination)].some(
          ({ host }) => hosts.has(fullHost(host, object.metadata.namespace)),
        ),
      )
      .map(({ name }) => `${placeOf(object)}${name === '' ? '' : ` "${name}"`}`),
  );
  if (mirrored.length === 0) return fine('No route mirrors requests to the Services.');
  return warning(
    `VirtualService ${someOf(mirrored)} mirrors requests to a Service of ${known.stable.workload}. Mirrored requests obey no weights, and only the pods count them.`,
    'Mirror to a subset that the canary is not in, or stop mirroring during releases.',
  );
});

/** Codes of the application's own, as against attempts that never reached it. */
const ownCodes = /(^|,)\s*(5xx|gateway-error|retriable-status-codes|50[0-9])/;

const retries = check('retries-mask-errors', ['services', 'virtualServices'], (known, glimpse): Outcome => {
  const masked = lanesTo(doorsOf(known, known.services), known.virtualServices).find(
    ({ http }) => (http?.retries?.attempts ?? 2) > 0 && ownCodes.test(http?.retries?.retryOn ?? ''),
  );
  if (masked === undefined) return fine('No route retries what the application answers with 5xx.');
  const found = `${laneName(masked)} retries on ${masked.http?.retries?.retryOn}, so that clients do not see most of a canary's errors.`;
  if ((glimpse('traffic')?.byDestination ?? 0) > 0)
    return fine(`${found} Every attempt is counted at the pods as well.`);
  return warning(
    `${found} Serin counts every attempt at the pods too, if their sidecars are scraped.`,
    'See that the check reporters is fine, or retry on connect-failure,refused-stream alone.',
  );
});

const slow = check('slow-requests', ['services', 'virtualServices'], (known) => {
  const { bakeMs } = known.plan;
  const slowest = lanesTo(doorsOf(known, known.services), known.virtualServices).find(
    ({ http }) => (parseDuration(http?.timeout ?? '') ?? 0) >= bakeMs,
  );
  if (slowest === undefined) return fine('Requests are over before a bake is.');
  return warning(
    `${laneName(slowest)} lets a request take ${slowest.http?.timeout}; requests are counted when they end, and a bake of ${formatDuration(bakeMs)} may be over before.`,
    `Set serin.dev/bake to more than ${slowest.http?.timeout}.`,
  );
});

/** Whether the routes carry a rollout. */
export const routeChecks: readonly Check[] = [
  served,
  route,
  undefinedSubset,
  lostHost,
  twice,
  apiRoute,
  unreachable,
  fault,
  mirror,
  retries,
  slow,
];
