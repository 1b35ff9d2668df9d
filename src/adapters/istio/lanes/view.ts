// How the lanes of an object stand: which share goes to the canary, in whose name, and whether testers have their routes.
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { RouteView } from '../../../controller/mesh-port.ts';
import type { Lanes } from '../../../domain/lanes.ts';
import { rolloutName } from '../../../domain/named.ts';
import { claimIn, claimKey } from '../claim.ts';
import { fieldOwner } from '../ownership.ts';
import { isForTesters, type Lane, lanesIn, type RoutedObject, scopeOf } from './object.ts';
import { subsetName, withTesters } from './split.ts';

/** One object of the lanes as it was read; without the object where it is gone. */
export interface Seen {
  readonly place: Lanes['objects'][number];
  readonly object?: RoutedObject;
}

/** The annotation that holds the claims on one Deployment's lanes; several Deployments may share an object. */
export function laneClaimKey({ namespace, target }: Pick<Lanes, 'namespace' | 'target'>): string {
  return `${claimKey}-${createHash('sha256').update(`${namespace}/${target}`).digest('hex').slice(0, 8)}`;
}

/** The claim on these lanes that an object carries. */
export function laneClaim(object: RoutedObject, lanes: Lanes): RouteView['claim'] {
  const text = object.metadata.annotations?.[laneClaimKey(lanes)];
  return text === undefined ? undefined : claimIn({ [claimKey]: text });
}

/** What all objects have in common. One that is gone and was its owner's has nothing to say. */
export function viewOf(seen: readonly Seen[], lanes: Lanes): RouteView {
  const present = seen.flatMap(({ object }) => (object === undefined ? [] : [object]));
  const users = seen.flatMap(({ place, object }) => (object === undefined || place.made ? [] : [object]));
  const isMissing = seen.some(({ place, object }) => place.made && object === undefined);
  const split = present.flatMap((object) => lanesIn(object, scopeOf(lanes)).map((lane) => shareOf(lane, lanes)));
  const share = isMissing ? null : common(split.filter((each) => each !== 'none'));
  const claim = commonClaim(
    [...present.map((object) => laneClaim(object, lanes)), ...(isMissing ? [undefined] : [])],
    lanes,
  );
  const writer = lastWriterOf(users, lanes);
  return {
    resourceVersion: versionsOf(seen),
    stable: share === null ? null : 100 - share,
    canary: share,
    ...(lanes.testers === undefined ? {} : { testers: testersIn(present, lanes, share) }),
    owned: users.some(isOwnedBySerin),
    ...(claim === undefined ? {} : { claim }),
    ...(writer === undefined ? {} : { lastWriter: writer }),
  };
}

/** The versions of all objects; one that is gone has none. */
export function versionsOf(seen: readonly Seen[]): string {
  return seen
    .map(({ place, object }) => `${place.namespace}/${place.name}@${object?.metadata.resourceVersion ?? ''}`)
    .join(' ');
}

/** A lane's share in percent; null where it is not split under the present names; `none` where it has no traffic to share. */
function shareOf(lane: Lane, { names }: Lanes): number | null | 'none' {
  const expected = [names.stable, names.canary].flatMap((stem) =>
    stem === undefined ? [] : [subsetName(stem, lane.subset)],
  );
  const found = lane.entries.map(({ destination }) => destination.subset);
  if (!lane.isSplit || found.length !== expected.length || found.some((name, at) => name !== expected[at])) return null;
  const weights = lane.entries.map(({ weight }) => weight ?? 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return 'none';
  const share = (100 * (weights.at(-1) ?? 0)) / total;
  return Number.isInteger(share) ? share : null;
}

function common(shares: readonly (number | null)[]): number | null {
  const [first, ...others] = shares;
  return first !== undefined && others.every((share) => share === first) ? first : null;
}

/** A stranger's claim before any other; else none where an object has none, and the oldest epoch of those that there are. */
function commonClaim(claims: readonly RouteView['claim'][], lanes: Lanes): RouteView['claim'] {
  const known = claims.flatMap((claim) => (claim === undefined ? [] : [claim]));
  const revision = lanes.names.canary.split('-')[2] ?? '';
  const own = `${lanes.namespace}/${rolloutName(lanes.target, revision, 0).slice(0, -1)}`;
  const strangers = known.filter(({ rollout }) => !rollout.startsWith(own));
  if (strangers.length === 0 && known.length < claims.length) return undefined;
  const [first, ...others] = strangers.length > 0 ? strangers : known;
  return others.reduce((oldest, claim) => (claim.epoch < (oldest?.epoch ?? 0) ? claim : oldest), first);
}

/**
 * Whether testers have all the routes they are to have. Where only some stand, it says what the weight does not ask for, so that they
 * are put right; where none can stand, what it asks for.
 */
function testersIn(objects: readonly RoutedObject[], lanes: Lanes, share: number | null): boolean {
  const lists = objects.map(({ metadata, spec: { http = [] } }) => {
    const owned = http.filter((rule) => !isForTesters(rule));
    return { http, isBare: owned.length === http.length, full: withTesters(owned, metadata.namespace, lanes) };
  });
  const isBare = lists.every((list) => list.isBare);
  const isFull = lists.every(({ http, full }) => isDeepStrictEqual(http, full));
  if (isBare && isFull) return (share ?? 0) > 0;
  return isFull || (!isBare && (share ?? 0) === 0);
}

/** Whether an object holds fields in Serin's name. */
export function isOwnedBySerin({ metadata }: RoutedObject): boolean {
  return metadata.managedFields.some(({ manager }) => manager === fieldOwner);
}

/** Who last wrote routes, of an object that is not split by now if there is one. */
function lastWriterOf(objects: readonly RoutedObject[], lanes: Lanes): string | undefined {
  const scope = scopeOf(lanes);
  const isReset = (object: RoutedObject): boolean => lanesIn(object, scope).some(({ isSplit }) => !isSplit);
  const writers = objects.toSorted((a, b) => Number(isReset(b)) - Number(isReset(a))).map(writerOf);
  return writers.find((writer) => writer !== undefined);
}

function writerOf({ metadata }: RoutedObject): string | undefined {
  const writers = metadata.managedFields.filter(({ manager, fieldsV1 }) => {
    const spec = fieldsV1?.['f:spec'];
    const holds =
      typeof spec === 'object' && spec !== null && ['f:http', 'f:tls', 'f:tcp'].some((field) => field in spec);
    return holds && manager !== fieldOwner;
  });
  return writers.toSorted((a, b) => ((a.time ?? '') < (b.time ?? '') ? 1 : -1))[0]?.manager;
}
