// What has changed around lanes since they were found: ways to their hosts that came later, and rules that somebody deleted.
import { type Mesh, type Rechecked, subsetObjects } from '../../../controller/mesh-port.ts';
import type { LaneObject, Lanes, Original } from '../../../domain/lanes.ts';
import type { IstioObjects } from '../requests.ts';
import { routedAround } from './cluster.ts';
import { originalsOf } from './join.ts';
import { isMade, lanesIn, objectPlace, type RoutedObject, scopeOf } from './object.ts';
import { ruleSchema } from './rules.ts';

/** How old a list of all VirtualServices may be, in milliseconds. */
const freshMs = 15_000;
/** Namespaces whose lists are remembered; one that may look everywhere has one list under each. */
const mostRemembered = 200;

/** The part of a mesh that looks again. VirtualServices are listed anew when the last list is older than fifteen seconds. */
export function laneRecheck(objects: IstioObjects, now: () => number): Pick<Mesh, 'recheck'> {
  const listed = remembered((namespace) => routedAround(objects, namespace), now);
  return {
    async recheck(lanes) {
      const [routed, undefinedStems] = await Promise.all([listed(lanes.namespace), lostStems(objects, lanes)]);
      return { undefinedStems, ...newcomers(routed === 'notServed' ? [] : routed, lanes) };
    },
  };
}

/** VirtualServices that lead to the hosts and are none of the lanes' own, nor made by Serin for another rollout. */
export function newcomers(routed: readonly RoutedObject[], lanes: Lanes): Omit<Rechecked, 'undefinedStems'> {
  const scope = scopeOf(lanes);
  const isKnown = ({ metadata }: RoutedObject): boolean =>
    lanes.objects.some(({ namespace, name }) => namespace === metadata.namespace && name === metadata.name);
  const found = routed.filter((each) => !isKnown(each) && !isMade(each) && lanesIn(each, scope).length > 0);
  const objects = found.map(({ metadata: { namespace, name } }): LaneObject => ({ namespace, name, made: false }));
  const originals: readonly Original[] = found
    .toSorted((a, b) => (objectPlace(a) < objectPlace(b) ? -1 : 1))
    .flatMap((object) => originalsOf(object, scope));
  return { objects, originals };
}

/** The stems among those that the lanes name for which a host has no rule of Serin's. */
async function lostStems(objects: IstioObjects, lanes: Lanes): Promise<readonly string[]> {
  const stems = [lanes.names.stable, lanes.names.canary].filter((stem) => stem !== undefined);
  const lost = stems.map(async (stem) => {
    const places = subsetObjects(lanes, stem);
    const standing = await Promise.all(places.map(({ namespace, name }) => defines(objects, namespace, name, stem)));
    return standing.every(Boolean) ? [] : [stem];
  });
  return (await Promise.all(lost)).flat();
}

async function defines(objects: IstioObjects, namespace: string, name: string, stem: string): Promise<boolean> {
  const found = await objects.read('destinationrules', namespace, name);
  const rule = found === undefined ? undefined : ruleSchema.parse(found);
  return rule?.spec.subsets.some((subset) => subset.name === stem || subset.name.startsWith(`${stem}-`)) === true;
}

/** Answers again what was answered a moment ago, also to those who ask while the answer is under way; never where the time is NaN. */
function remembered<T>(ask: (key: string) => Promise<T>, now: () => number): (key: string) => Promise<T> {
  const known = new Map<string, { readonly at: number; readonly answer: Promise<T> }>();
  return (key) => {
    const last = known.get(key);
    if (last !== undefined && now() - last.at < freshMs) return last.answer;
    const answer = ask(key);
    known.delete(key);
    known.set(key, { at: now(), answer });
    answer.catch(() => known.delete(key));
    const [oldest] = known.keys();
    if (known.size > mostRemembered && oldest !== undefined) known.delete(oldest);
    return answer;
  };
}
