// Lanes in the cluster: read, split, joined and given back, one patch for each VirtualService.
import { isDeepStrictEqual } from 'node:util';
import type { Mesh, RouteChange, RouteView, Viewed, Written } from '../../../controller/mesh-port.ts';
import type { Lanes } from '../../../domain/lanes.ts';
import { claimText } from '../claim.ts';
import { disownPatch, type Entry, fieldOwner } from '../ownership.ts';
import { lock, type PatchOperation } from '../patch.ts';
import { type IstioObjects, parsed } from '../requests.ts';
import { virtualServiceSchema } from '../virtual-service.ts';
import { isLostRace } from './cluster.ts';
import { join } from './join.ts';
import { make, unmake } from './made.ts';
import { laneObjectSchema, objectPlace, protocols, type RoutedObject } from './object.ts';
import { laneRecheck } from './recheck.ts';
import { split } from './split.ts';
import { laneSubsets } from './subsets.ts';
import { surveyLanes } from './survey.ts';
import { isOwnedBySerin, laneClaimKey, type Seen, versionsOf, viewOf } from './view.ts';

/** The part of a mesh that managed Deployments need. */
export type LanesMesh = Pick<Mesh, 'survey' | 'recheck' | 'define' | 'undefine' | 'unrestorable'> & {
  view(lanes: Lanes): Promise<Viewed>;
  change(lanes: Lanes, view: RouteView, change: RouteChange): Promise<Written>;
  disown(lanes: Lanes): Promise<Written>;
};

/** Lanes read and written through the Kubernetes API. */
export function lanesMesh(objects: IstioObjects, now: () => number): LanesMesh {
  const seen = new WeakMap<RouteView, readonly Seen[]>();
  // Whose fields the last write of an object took, until they are given back.
  const taken = new Map<string, { readonly resourceVersion: string; readonly before: readonly Entry[] }>();

  async function look(lanes: Lanes): Promise<readonly Seen[]> {
    const read = lanes.objects.map(async (place): Promise<Seen> => {
      const object = await objects.read('virtualservices', place.namespace, place.name);
      return object === undefined ? { place } : { place, object: laneObjectSchema.parse(object) };
    });
    return Promise.all(read);
  }

  async function view(lanes: Lanes): Promise<Viewed> {
    const found = await look(lanes);
    const isGone = found.length > 0 && found.every(({ place, object }) => object === undefined && !place.made);
    if (isGone) {
      const names = found.map(({ place }) => `${place.namespace}/${place.name}`).join(', ');
      const message = `VirtualService ${names} is gone, and with it every route to ${lanes.target} that was split. Create it again.`;
      return { kind: 'problem', problem: { reason: 'RouteGone', message } };
    }
    const made = viewOf(found, lanes);
    seen.set(made, found);
    return { kind: 'view', view: made };
  }

  async function change(lanes: Lanes, viewed: RouteView, wanted: RouteChange): Promise<Written> {
    const found = seen.get(viewed) ?? (await look(lanes));
    if (versionsOf(found) !== viewed.resourceVersion) return { kind: 'conflict' };
    const written = await Promise.all(found.map((each) => changeOne(lanes, each, wanted)));
    const after = written.flatMap((each) => (each === 'conflict' ? [] : [each]));
    if (after.length < written.length) return { kind: 'conflict' };
    return { kind: 'written', resourceVersion: versionsOf(after) };
  }

  /** The object as it is afterwards. */
  async function changeOne(lanes: Lanes, before: Seen, wanted: RouteChange): Promise<Seen | 'conflict'> {
    const { place, object } = before;
    if (object === undefined)
      return place.made && wanted.kind === 'weights' ? make(objects, lanes, place, wanted) : before;
    if (place.made && wanted.kind === 'restore') return unmake(objects, lanes, before);
    const operations = operationsFor(object, lanes, wanted);
    if (operations.length === 0) return before;
    const answer = await objects.patch(place.namespace, place.name, [lock(object), ...operations], fieldOwner);
    if (isLostRace(answer)) return 'conflict';
    const after = parsed(laneObjectSchema, answer, `VirtualService ${objectPlace(object)}`);
    const { resourceVersion } = after.metadata;
    taken.set(objectPlace(object), { resourceVersion, before: object.metadata.managedFields });
    return { place, object: after };
  }

  async function disown(lanes: Lanes): Promise<Written> {
    const written = await Promise.all((await look(lanes)).map(disownOne));
    const after = written.flatMap((each) => (each === 'conflict' ? [] : [each]));
    if (after.length < written.length) return { kind: 'conflict' };
    return { kind: 'written', resourceVersion: versionsOf(after) };
  }

  /** What Serin made is its own. */
  async function disownOne(before: Seen): Promise<Seen | 'conflict'> {
    const { place, object } = before;
    if (object === undefined || place.made || !isOwnedBySerin(object)) return before;
    const last = taken.get(objectPlace(object));
    taken.delete(objectPlace(object));
    const isLast = last?.resourceVersion === object.metadata.resourceVersion;
    const operations = disownPatch(virtualServiceSchema.parse(object), isLast ? last.before : []);
    if (operations === undefined) return before;
    const answer = await objects.patch(place.namespace, place.name, operations, fieldOwner);
    if (isLostRace(answer)) return 'conflict';
    return { place, object: parsed(laneObjectSchema, answer, `VirtualService ${objectPlace(object)}`) };
  }

  return {
    ...laneSubsets(objects),
    ...laneRecheck(objects, now),
    survey: (wanted) => surveyLanes(objects, wanted),
    view,
    change,
    disown,
  };
}

/** What has to change in an object; nothing when it stands so in this intent's name already. */
function operationsFor(object: RoutedObject, lanes: Lanes, wanted: RouteChange): readonly PatchOperation[] {
  const spec = specFor(object, lanes, wanted);
  const changed = protocols.filter((protocol) => !isDeepStrictEqual(object.spec[protocol], spec[protocol]));
  return [
    ...changed.flatMap((protocol): readonly PatchOperation[] => [
      { op: 'test', path: `/spec/${protocol}`, value: object.spec[protocol] },
      { op: 'replace', path: `/spec/${protocol}`, value: spec[protocol] },
    ]),
    ...claimOperations(object, lanes, wanted),
  ];
}

function specFor(object: RoutedObject, lanes: Lanes, wanted: RouteChange): RoutedObject['spec'] {
  switch (wanted.kind) {
    case 'weights':
      return split(object, lanes, { canary: wanted.canary, testers: wanted.testers === true });
    case 'restore':
      return join(object, lanes);
    case 'unclaim':
      return object.spec;
  }
}

/** The API server shows no empty map of annotations, so one that held the claim alone was not there before. */
function claimOperations(object: RoutedObject, lanes: Lanes, wanted: RouteChange): readonly PatchOperation[] {
  const { annotations } = object.metadata;
  const key = laneClaimKey(lanes);
  const path = `/metadata/annotations/${key.replace('/', '~1')}`;
  if (wanted.kind === 'weights') {
    const value = claimText(wanted.claim);
    if (annotations?.[key] === value) return [];
    return annotations === undefined
      ? [{ op: 'add', path: '/metadata/annotations', value: { [key]: value } }]
      : [{ op: 'add', path, value }];
  }
  if (annotations?.[key] === undefined) return [];
  return [{ op: 'remove', path: Object.keys(annotations).length === 1 ? '/metadata/annotations' : path }];
}
