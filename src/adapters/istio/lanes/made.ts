// The VirtualService that Serin makes for the time of a rollout where nothing routes a Service: one route a port, split like any lane.
import { type RouteChange, subsetObjects } from '../../../controller/mesh-port.ts';
import type { Lanes } from '../../../domain/lanes.ts';
import { claimText } from '../claim.ts';
import { type IstioObjects, parsed } from '../requests.ts';
import { removed, servicesIn } from './cluster.ts';
import { laneObjectSchema } from './object.ts';
import { type Carried, carriedOn, hostOf, type LaneService } from './services.ts';
import { split } from './split.ts';
import { laneClaim, laneClaimKey, type Seen } from './view.ts';

/** The change that moves weights. */
export type Weights = Extract<RouteChange, { readonly kind: 'weights' }>;

/** The name of the object for a Service. */
export function madeName({ name }: LaneService['metadata']): string {
  return `serin-${name}`;
}

/**
 * Creates the object, split as wanted. A creation cannot be locked on a version, so it is a lost race unless the subsets that it names
 * are there: who was frozen since before the end of the rollout finds them gone.
 */
export async function make(
  objects: IstioObjects,
  lanes: Lanes,
  place: Seen['place'],
  wanted: Weights,
): Promise<Seen | 'conflict'> {
  const service = (await servicesIn(objects, lanes.namespace)).find(
    ({ metadata }) => madeName(metadata) === place.name,
  );
  if (service === undefined) return { place };
  const body = bodyFor(service, lanes, wanted);
  if (!(await areDefined(objects, lanes, service))) return 'conflict';
  const answer = await objects.create('virtualservices', place.namespace, body);
  if (answer.status === 409) return 'conflict';
  return { place, object: parsed(laneObjectSchema, answer, `VirtualService ${place.namespace}/${place.name}`) };
}

async function areDefined(objects: IstioObjects, lanes: Lanes, service: LaneService): Promise<boolean> {
  const stems = [lanes.names.stable, lanes.names.canary].filter((stem) => stem !== undefined);
  const places = stems.flatMap((stem) => subsetObjects({ ...lanes, hosts: [hostOf(service)] }, stem));
  const found = places.map(({ namespace, name }) => objects.read('destinationrules', namespace, name));
  return (await Promise.all(found)).every((rule) => rule !== undefined);
}

function bodyFor(service: LaneService, lanes: Lanes, { claim, canary, testers = false }: Weights): object {
  const { name, namespace } = service.metadata;
  const draft = { metadata: { name, namespace, resourceVersion: '' }, spec: plainSpec(service) };
  return {
    kind: 'VirtualService',
    metadata: {
      name: madeName(service.metadata),
      namespace,
      labels: { 'app.kubernetes.io/managed-by': 'serin' },
      annotations: { 'serin.dev/rollout': claim.rollout, [laneClaimKey(lanes)]: claimText(claim) },
    },
    spec: split(laneObjectSchema.parse(draft), lanes, { canary, testers }),
  };
}

/** What the mesh does without the object. TCP is led too, connection by connection; a port that is sniffed may carry either. */
function plainSpec(service: LaneService): object {
  const host = hostOf(service);
  const routesOf = (...kinds: readonly Carried[]): readonly object[] =>
    service.spec.ports
      .filter((each) => kinds.includes(carriedOn(each)))
      .map(({ port }) => ({ match: [{ port }], route: [{ destination: { host, port: { number: port } } }] }));
  const [http, tcp] = [routesOf('http', 'sniffed'), routesOf('tcp', 'sniffed')];
  return { hosts: [host], ...(http.length === 0 ? {} : { http }), ...(tcp.length === 0 ? {} : { tcp }) };
}

/** Deletes the object in the version seen, as far as it is Serin's and for these lanes. */
export async function unmake(objects: IstioObjects, lanes: Lanes, before: Seen): Promise<Seen | 'conflict'> {
  const { place, object } = before;
  const isOurs = object?.metadata.labels?.['app.kubernetes.io/managed-by'] === 'serin';
  if (object === undefined || !isOurs || laneClaim(object, lanes) === undefined) return before;
  return (await removed(objects, 'virtualservices', object)) === 'conflict' ? 'conflict' : { place };
}
