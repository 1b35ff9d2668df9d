// Istio's routes, read and written through the Kubernetes API.

import type { Located, Mesh, RouteChange, RouteView, Viewed, Written } from '../../controller/mesh-port.ts';
import type { Workload } from '../../controller/ports.ts';
import type { RolloutSpec, Route } from '../../domain/rollout.ts';
import { claimIn } from './claim.ts';
import { type FoundPair, findPair, lostObject } from './find-pair.ts';
import { lanesMesh } from './lanes/mesh.ts';
import { locate } from './locate.ts';
import { noIstio } from './missing.ts';
import { disownPatch, type Entry, fieldOwner, isOwned, lastWriter } from './ownership.ts';
import { routePatch } from './patch.ts';
import { type ClusterAnswer, type ClusterRequests, type IstioObjects, istioObjects, parsed } from './requests.ts';
import { rootNamespace } from './surroundings.ts';
import { type VirtualService, virtualServiceSchema } from './virtual-service.ts';

/** What the mesh is read and written through. */
export interface IstioMeshOptions {
  readonly requests: ClusterRequests;
  /** The time in milliseconds, by which lists age; without it nothing is remembered. */
  readonly now?: () => number;
}

/** The routes of Istio's VirtualServices. Network failures and refusals that are no race throw. */
export function istioMesh({ requests, now = () => Number.NaN }: IstioMeshOptions): Mesh {
  const objects = istioObjects(requests);
  // A change needs the object its view was made of; this saves reading it again.
  const seen = new WeakMap<RouteView, VirtualService>();
  // Whose fields the last write of a route took, until they are given back.
  const taken = new Map<string, Taken>();

  async function view(route: Route): Promise<Viewed> {
    const object = await objects.virtualService(route.namespace, route.name);
    if (object === undefined) return lostObject(route);
    const found = findPair(object, route);
    if (found.kind === 'problem') return found;
    const made = viewOf(object, found);
    seen.set(made, object);
    return { kind: 'view', view: made };
  }

  async function change(route: Route, viewed: RouteView, wanted: RouteChange): Promise<Written> {
    const object = seen.get(viewed) ?? (await objects.virtualService(route.namespace, route.name));
    if (object?.metadata.resourceVersion !== viewed.resourceVersion) return { kind: 'conflict' };
    const planned = routePatch(object, route, wanted);
    if (planned.kind === 'problem') return { kind: 'conflict' };
    const written = writtenBy(await objects.patch(route.namespace, route.name, planned.operations, fieldOwner), route);
    if (written.kind === 'written') {
      taken.set(keyOf(route), { resourceVersion: written.resourceVersion, before: object.metadata.managedFields });
    }
    return written;
  }

  async function disown(route: Route): Promise<Written> {
    const object = await objects.virtualService(route.namespace, route.name);
    const last = taken.get(keyOf(route));
    taken.delete(keyOf(route));
    if (object === undefined) return { kind: 'conflict' };
    const isLast = last?.resourceVersion === object.metadata.resourceVersion;
    const operations = disownPatch(object, isLast ? last.before : []);
    if (operations === undefined) return { kind: 'written', resourceVersion: object.metadata.resourceVersion };
    return writtenBy(await objects.patch(route.namespace, route.name, operations, fieldOwner), route);
  }

  const lanes = lanesMesh(objects, now);
  return {
    ...lanes,
    locate: (stable, canary, asked) => search(objects, stable, canary, asked),
    view: (track) => ('kind' in track ? lanes.view(track) : view(track)),
    change: (track, viewed, wanted) =>
      'kind' in track ? lanes.change(track, viewed, wanted) : change(track, viewed, wanted),
    disown: (track) => ('kind' in track ? lanes.disown(track) : disown(track)),
  };
}

/** What an object's owners were before a write of Serin's, and the version it made. */
interface Taken {
  readonly resourceVersion: string;
  readonly before: readonly Entry[];
}

function keyOf({ namespace, name }: Route): string {
  return `${namespace}/${name}`;
}

function viewOf(object: VirtualService, { rule, stable, canary }: FoundPair): RouteView {
  const claim = claimIn(object.metadata.annotations);
  const writer = lastWriter(object, rule.protocol);
  return {
    resourceVersion: object.metadata.resourceVersion,
    stable: stable.weight,
    canary: canary.weight,
    owned: isOwned(object),
    ...(claim === undefined ? {} : { claim }),
    ...(writer === undefined ? {} : { lastWriter: writer }),
  };
}

/** A lost race is an outcome: another version (409), a test that fails (422), an object that is gone (404). */
function writtenBy(answer: ClusterAnswer, { namespace, name }: Route): Written {
  if (answer.status === 409 || answer.status === 422 || answer.status === 404) return { kind: 'conflict' };
  const { metadata } = parsed(virtualServiceSchema, answer, `VirtualService ${namespace}/${name}`);
  return { kind: 'written', resourceVersion: metadata.resourceVersion };
}

async function search(
  objects: IstioObjects,
  stable: Workload,
  canary: Workload,
  asked: RolloutSpec['route'],
): Promise<Located> {
  const namespace = asked.namespace ?? canary.namespace;
  const [virtualServices, services, ...rules] = await Promise.all([
    objects.virtualServices(namespace),
    objects.services(canary.namespace),
    ...[...new Set([namespace, canary.namespace, rootNamespace])].map((place) => objects.destinationRules(place)),
  ]);
  if (virtualServices === 'notServed') return { kind: 'problem', problem: noIstio() };
  return locate({ virtualServices, services, destinationRules: rules.flat() }, { stable, canary }, asked);
}
