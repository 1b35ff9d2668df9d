// Why no route was found, in sentences that say what was, and what to write.
import { destinationName, type RouteProblem } from '../../controller/mesh-port.ts';
import { nearest } from '../../domain/spelling.ts';
import { fullHost, serviceHost } from './hosts.ts';
import { pairLines } from './pair-lines.ts';
import { type Pair, type Surroundings, subsetsFor } from './surroundings.ts';
import { placeOf, type VirtualService } from './virtual-service.ts';
import { annotate, ruleName, type Sighting, someOf, whereabouts } from './words.ts';

/** The namespace has no VirtualService at all. */
export function noVirtualService(pair: Pair, namespace: string): RouteProblem {
  const message =
    `Namespace ${namespace} has no VirtualService, so there is no route whose weights could lead from ${pair.stable.name} to ${pair.canary.name}. ` +
    `Create one with a destination for each, or name one of another namespace: ${annotate(pair, 'virtual-service', '<namespace>/<name>')}`;
  return { reason: 'NoVirtualService', message };
}

/** The cluster does not know VirtualServices. */
export function noIstio(): RouteProblem {
  const message =
    'The cluster does not serve networking.istio.io, so it has no VirtualServices. Install Istio, or at least its CustomResourceDefinitions.';
  return { reason: 'NoVirtualService', message };
}

/** The VirtualService that was asked for does not exist. */
export function noSuchVirtualService(
  pair: Pair,
  namespace: string,
  asked: string,
  names: readonly string[],
): RouteProblem {
  const meant = nearest(asked, names);
  const value = namespace === pair.canary.namespace ? '' : `${namespace}/`;
  const found = names.length === 0 ? 'none at all' : `only ${someOf(names)}`;
  const advice =
    meant === undefined
      ? `Name one that exists, or create it.`
      : `Did you mean ${meant}? ${annotate(pair, 'virtual-service', `${value}${meant}`)}`;
  const message = `serin.dev/virtual-service names ${asked}, but namespace ${namespace} has no VirtualService of that name (${found}). ${advice}`;
  return { reason: 'NoVirtualService', message };
}

/** No http route has the name that was asked for. */
export function noSuchRoute(
  pair: Pair,
  objects: readonly VirtualService[],
  sightings: readonly Sighting[],
  asked: string,
): RouteProblem {
  const names = [...new Set(sightings.flatMap(({ rule }) => (rule.name === undefined ? [] : [rule.name])))];
  const meant = nearest(asked, names);
  const found = names.length === 0 ? 'its http routes have no names' : `the names are ${someOf(names)}`;
  const advice =
    meant === undefined
      ? 'Name one that exists, or remove the annotation.'
      : `Did you mean ${meant}? ${annotate(pair, 'route', meant)}`;
  const message = `serin.dev/route names "${asked}", but no http route of VirtualService ${places(objects)} is called that (${found}). ${advice}`;
  return { reason: 'NoRouteForPair', message };
}

/** No route leads to both versions: a subset nobody defines, a plain host, or nothing of the kind. */
export function noPair(
  pair: Pair,
  objects: readonly VirtualService[],
  sightings: readonly Sighting[],
  around: Surroundings,
): RouteProblem {
  return (
    unknownSubset(sightings, around) ??
    plainHostRoute(pair, sightings, around) ??
    noRouteForPair(pair, objects, sightings)
  );
}

function unknownSubset(sightings: readonly Sighting[], around: Surroundings): RouteProblem | undefined {
  for (const sighting of sightings) {
    const target = sighting.seen.find(({ role }) => role === 'undefinedSubset')?.target;
    if (target === undefined) continue;
    const { host, subset = '' } = target.destination;
    const { namespace } = sighting.object.metadata;
    const names = [...new Set(subsetsFor(fullHost(host, namespace), namespace, around).map(({ name }) => name))];
    const meant = nearest(subset, names);
    const found = names.length === 0 ? 'there is none for this host' : `the subsets of this host are ${someOf(names)}`;
    const advice =
      meant === undefined
        ? `Add the subset to the DestinationRule of ${host}, before any weight moves.`
        : `Did you mean ${meant}? Otherwise add ${subset} to the DestinationRule of ${host}.`;
    const message = `${whereabouts(sighting)} names ${destinationName(target.destination)}, but no DestinationRule defines subset ${subset} (${found}). ${advice}`;
    return { reason: 'UnknownSubset', message };
  }
  return undefined;
}

function plainHostRoute(pair: Pair, sightings: readonly Sighting[], around: Surroundings): RouteProblem | undefined {
  for (const sighting of sightings) {
    const target = sighting.seen.find(({ role }) => role === 'both')?.target;
    if (target === undefined) continue;
    const name = destinationName(target.destination);
    const found = `${whereabouts(sighting)} leads to ${name}, which reaches the pods of both ${pair.stable.name} and ${pair.canary.name}, so its weights cannot tell them apart.`;
    const lines = pairLines(target.destination, sighting.object.metadata.namespace, pair, around);
    return { reason: 'PlainHostRoute', message: `${found} ${lines}` };
  }
  return undefined;
}

function noRouteForPair(pair: Pair, objects: readonly VirtualService[], sightings: readonly Sighting[]): RouteProblem {
  const { stable, canary } = pair;
  const half = sightings.filter(({ seen }) => seen.some(({ role }) => role === 'stable' || role === 'canary'));
  const found =
    half.length > 0
      ? `found only ${someOf(half.map(halfName))}`
      : `none of their ${sightings.length} routes leads to a Service of namespace ${canary.namespace} that selects the pods of either`;
  const message =
    `No route of VirtualService ${places(objects)} has a destination for ${stable.name} and one for ${canary.name}: ${found}. ` +
    `Put both into one route, ${stable.name} with weight 100 and ${canary.name} with weight 0.${dottedHint(pair, sightings)}`;
  return { reason: 'NoRouteForPair', message };
}

function halfName({ object, rule, seen }: Sighting): string {
  const parts = seen
    .filter(({ role }) => role === 'stable' || role === 'canary')
    .map(({ target, role }) => `${destinationName(target.destination)} (${role})`);
  return `${ruleName(rule)} of ${placeOf(object)} with ${parts.join(' and ')}`;
}

/** Istio takes `reviews.shop` as it stands and finds nothing behind it, which kubectl users do not expect. */
function dottedHint(pair: Pair, sightings: readonly Sighting[]): string {
  const hosts = sightings.flatMap(({ seen }) => seen.map(({ target }) => target.destination.host));
  const { namespace } = pair.canary;
  const dotted = hosts.find((host) => host.endsWith(`.${namespace}`) || host.endsWith(`.${namespace}.svc`));
  if (dotted === undefined) return '';
  const full = serviceHost(dotted.split('.')[0] ?? dotted, namespace);
  return ` Istio completes only names without a dot: write ${full} instead of ${dotted}.`;
}

function places(objects: readonly VirtualService[]): string {
  return someOf(objects.map(placeOf).toSorted());
}
