// Finding every lane to a managed Deployment: all VirtualServices that name one of its Services, and whether each can be split.
import type { LanesWanted, RouteProblem, Surveyed } from '../../../controller/mesh-port.ts';
import type { LaneObject, Lanes } from '../../../domain/lanes.ts';
import { closeness, fullHost } from '../hosts.ts';
import { noIstio } from '../missing.ts';
import type { IstioObjects } from '../requests.ts';
import { routedAround, rulesAround, servicesIn } from './cluster.ts';
import { originalsOf } from './join.ts';
import { madeName } from './made.ts';
import { isMade, type LaneScope, lanesIn, objectPlace, type RoutedObject } from './object.ts';
import { hiddenRoute, httpRoute, idle, spoilt, tooMany, unpinnedPort } from './obstacles.ts';
import { type Rule, ruleObstacle, subsetsChoosing } from './rules.ts';
import { carriedOn, foreignPods, hostOf, type LaneService, portName, servicesOf } from './services.ts';

/** Routes and objects that a rollout keeps track of at most; the definition of its object has room for no more. */
const mostOriginals = 64;
const mostObjects = 16;

/** Everything that was read for a survey. */
export interface LaneArea {
  readonly services: readonly LaneService[];
  readonly objects: readonly RoutedObject[];
  readonly rules: readonly Rule[];
  readonly gatewayRoutes: readonly unknown[];
}

/** Reads what there is and finds the lanes in it. */
export async function surveyLanes(objects: IstioObjects, wanted: LanesWanted): Promise<Surveyed> {
  const { namespace } = wanted;
  const [services, routed, rules, gatewayRoutes] = await Promise.all([
    servicesIn(objects, namespace),
    routedAround(objects, namespace),
    rulesAround(objects, namespace),
    objects.gatewayRoutes(),
  ]);
  if (routed === 'notServed' || rules === 'notServed') return { kind: 'problem', problem: noIstio() };
  const area: LaneArea = { services, objects: routed, rules, gatewayRoutes };
  const found = findLanes(area, wanted);
  if (found.kind === 'problem') return found;
  const own = area.services.filter((service) => found.lanes.hosts.includes(hostOf(service)));
  const pods = await Promise.all(own.map(({ spec }) => objects.pods(namespace, spec.selector)));
  const problem = foreignPods(pods.flat(), wanted);
  return problem === undefined ? found : { kind: 'problem', problem };
}

/** The lanes among what was read, or the first thing that stands in their way. */
export function findLanes(area: LaneArea, wanted: LanesWanted): Surveyed {
  const services = servicesOf(area.services, wanted);
  if ('reason' in services) return { kind: 'problem', problem: services };
  const scope = scopeIn(area.rules, services, wanted.stableLabels);
  const objects = area.objects.toSorted((a, b) => (objectPlace(a) < objectPlace(b) ? -1 : 1));
  const leading = objects.filter((object) => !isMade(object) && lanesIn(object, scope).length > 0);
  const covers = services.map((service) => ({
    service,
    by: objects.filter((each) => covering(each, hostOf(service))),
  }));
  const uncovered = covers.filter(({ by }) => by.length === 0).map(({ service }) => service);
  const lanes: Lanes = {
    kind: 'lanes',
    target: wanted.target,
    namespace: wanted.namespace,
    hosts: scope.hosts,
    objects: [...leading.map(placeOf), ...uncovered.map(({ metadata }) => madeFor(metadata))],
    originals: leading.flatMap((object) => originalsOf(object, scope)),
    names: wanted.names,
    made: [],
    ...(wanted.testers === undefined ? {} : { testers: wanted.testers }),
  };
  const problem = obstacle(area, wanted, lanes, covers);
  return problem === undefined ? { kind: 'lanes', lanes } : { kind: 'problem', problem };
}

/** A destination is a lane when it leads to pods that serve now; one to a subset that is empty or undefined leads nowhere. */
function scopeIn(
  rules: readonly Rule[],
  services: readonly LaneService[],
  labels: LanesWanted['stableLabels'],
): LaneScope {
  const hosts = services.map(hostOf).toSorted();
  const subsets = hosts.flatMap((host) => subsetsChoosing(rules, host, labels).map((name) => `${host}/${name}`));
  return { hosts, subsets: new Set(subsets) };
}

/** A Service and the VirtualServices that all clients in the mesh follow to it. */
export interface Cover {
  readonly service: LaneService;
  readonly by: readonly RoutedObject[];
}

function obstacle(
  area: LaneArea,
  wanted: LanesWanted,
  lanes: Lanes,
  covers: readonly Cover[],
): RouteProblem | undefined {
  const { hosts, originals, objects } = lanes;
  const services = covers.map(({ service }) => service);
  const uncovered = covers.filter(({ by }) => by.length === 0).map(({ service }) => hostOf(service));
  if (originals.length > mostOriginals || objects.length > mostObjects)
    return tooMany(wanted, originals.length, objects.length);
  return (
    sameName(wanted) ??
    httpRoute(area.gatewayRoutes, services) ??
    first(uncovered, (host) => hiddenRoute(host, area.objects)) ??
    spoilt(area.objects, hosts, scopeIn(area.rules, services, wanted.canaryLabels)) ??
    ruleObstacle(area.rules, wanted, lanes, services) ??
    noHttp(wanted, services) ??
    first(covers, unpinnedPort) ??
    idle(lanes)
  );
}

function first<T>(all: readonly T[], look: (each: T) => RouteProblem | undefined): RouteProblem | undefined {
  return all.map(look).find((problem) => problem !== undefined);
}

function placeOf({ metadata: { namespace, name } }: RoutedObject): LaneObject {
  return { namespace, name, made: false };
}

function madeFor(service: LaneService['metadata']): LaneObject {
  return { namespace: service.namespace, name: madeName(service), made: true };
}

/** Whether all clients in the mesh follow a VirtualService, which is not Serin's own, to the host. */
function covering(object: RoutedObject, host: string): boolean {
  const { metadata, spec } = object;
  const gateways = spec.gateways ?? [];
  const exported = spec.exportTo ?? [];
  const isForMesh = gateways.length === 0 || gateways.includes('mesh');
  const isForAll = exported.length === 0 || exported.includes('*');
  const isNamed = (spec.hosts ?? []).some((each) => closeness(fullHost(each, metadata.namespace), host) > 0);
  return !isMade(object) && isForMesh && isForAll && isNamed;
}

function sameName({ canaryLabels, target }: LanesWanted): RouteProblem | undefined {
  const name = canaryLabels['service.istio.io/workload-name'];
  if (name === undefined) return undefined;
  const message = `The pods of ${target} carry the label service.istio.io/workload-name=${name}, so that Istio's metrics call both versions ${name} and they cannot be compared. Remove the label from the template.`;
  return { reason: 'SameWorkloadName', message };
}

function noHttp({ target }: LanesWanted, services: readonly LaneService[]): RouteProblem | undefined {
  const ports = services.flatMap(({ spec }) => spec.ports);
  if (ports.length === 0 || ports.some((port) => ['http', 'sniffed'].includes(carriedOn(port)))) return undefined;
  const names = ports.map(portName).join(', ');
  const message =
    `Istio takes no port of the Services of ${target} for HTTP: ${names}. Without HTTP there are no requests to count. Name the port http, http2 or ` +
    'grpc (or http-..., grpc-...), or set its appProtocol.';
  return { reason: 'PortNotHttp', message };
}
