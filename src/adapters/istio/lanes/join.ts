// Joining split lanes again: each as it was where that is known, and else as it comes to the same.
import type { Lanes, Original } from '../../../domain/lanes.ts';
import {
  type Entry,
  isForTesters,
  isSplitEntry,
  type Lane,
  type LaneScope,
  objectPlace,
  type Part,
  partsOf,
  protocols,
  type RoutedObject,
  type RoutedRule,
  rulesOf,
  scopeOf,
} from './object.ts';
import { grain, sumOf } from './split.ts';

type Spec = RoutedObject['spec'];

/** The spec with every lane joined, and without routes for testers. */
export function join(object: RoutedObject, lanes: Pick<Lanes, 'hosts' | 'originals'>): Spec {
  const scope = scopeOf(lanes);
  const spec: Spec = { ...object.spec };
  for (const protocol of protocols) {
    const rules = spec[protocol]?.filter((rule) => !isForTesters(rule));
    if (rules === undefined) continue;
    const places = rules.map((rule, index) => ({
      protocol,
      index,
      rule,
      parts: partsOf(rule, object.metadata.namespace, scope),
    }));
    const originals = lanes.originals.filter(
      (each) => each.object === objectPlace(object) && each.protocol === protocol,
    );
    const known = recognized(places, originals);
    spec[protocol] = places.map((place) => (place.parts.some(isSplitLane) ? joinedRule(place, known) : place.rule));
  }
  return spec;
}

/** The destinations of an object as they stand before they are split; of one that is split already, as they would be joined. */
export function originalsOf(object: RoutedObject, scope: LaneScope): readonly Original[] {
  const { hosts } = scope;
  const parts = [...scope.subsets].map((each) => each.split('/'));
  const stubs = parts.map(([host = '', subset = '']): Original => ({ ...nowhere, host, subset }));
  const plain = { ...object, spec: join(object, { hosts, originals: stubs }) };
  return rulesOf(plain).flatMap(({ protocol, index, rule }) => {
    const found = partsOf(rule, object.metadata.namespace, scope);
    return found.flatMap((part): readonly Original[] => {
      if (part.kind === 'other') return [];
      const { host, subset, port, entries } = part.lane;
      return [
        {
          object: objectPlace(object),
          protocol,
          ...(rule.name === undefined || rule.name === '' ? {} : { section: rule.name }),
          index,
          host,
          ...(subset === undefined ? {} : { subset }),
          ...(port === undefined ? {} : { port }),
          weight: entries[0]?.weight ?? null,
          alone: found.length === 1,
        },
      ];
    });
  });
}

/** No lane's original: it says only that a subset is in scope. */
const nowhere = { object: '', protocol: 'http', index: -1, weight: null, alone: true } as const;

interface Place {
  readonly index: number;
  readonly rule: RoutedRule;
  readonly parts: readonly Part[];
}

function isSplitLane(part: Part): boolean {
  return part.kind === 'lane' && part.lane.isSplit;
}

/**
 * Which original each lane is. Lanes of the same route name and destination are told apart by their order, so that routes may come
 * and go between them; where one is missing or new, by the place of the route.
 */
function recognized(places: readonly Place[], originals: readonly Original[]): ReadonlyMap<Lane, Original> {
  const now = places.flatMap(({ index, rule, parts }) =>
    parts.flatMap((part) => (part.kind === 'lane' ? [{ lane: part.lane, index, section: rule.name ?? '' }] : [])),
  );
  const groups = Map.groupBy(now, ({ lane, section }) => keyOf(lane, section));
  const then = Map.groupBy(originals, (original) => keyOf(original, original.section ?? ''));
  const found = new Map<Lane, Original>();
  for (const [key, group] of groups) {
    const candidates = then.get(key) ?? [];
    for (const [at, { lane, index }] of group.entries()) {
      const isWhole = candidates.length === group.length;
      const original = isWhole ? candidates[at] : candidates.find((each) => each.index === index);
      if (original !== undefined) found.set(lane, original);
    }
  }
  return found;
}

function keyOf({ host, subset, port }: Pick<Original, 'host' | 'subset' | 'port'>, section: string): string {
  return JSON.stringify([section, host, subset ?? '', port ?? 0]);
}

function joinedRule({ rule, parts }: Place, known: ReadonlyMap<Lane, Original>): RoutedRule {
  const divisor = parts.length > 1 && divides(parts, known) ? grain : 1;
  return {
    ...rule,
    route: parts.map((part) => {
      if (part.kind === 'other') return divided(part.entry, divisor);
      return part.lane.isSplit
        ? joinedLane(part.lane, known.get(part.lane), parts.length === 1, divisor)
        : divided(firstOf(part.lane), divisor);
    }),
  };
}

/**
 * Whether a shared route's weights are divided again by what they were multiplied by. Not as long as another rollout has lanes in
 * it, which count on that; and not where it would change the shares, because somebody has written weights since.
 */
function divides(parts: readonly Part[], known: ReadonlyMap<Lane, Original>): boolean {
  if (parts.some((part) => part.kind === 'other' && isSplitEntry(part.entry))) return false;
  const lanes = parts.flatMap((part) => (part.kind === 'lane' ? [part.lane] : []));
  const isAsBefore = lanes.some((lane) => {
    const original = known.get(lane);
    return (
      original !== undefined && !original.alone && original.weight === sumOf(lane.entries) && original.weight !== 0
    );
  });
  const sums = parts.map((part) => sumOf(part.kind === 'lane' ? part.lane.entries : [part.entry]));
  return !isAsBefore && sums.every((sum) => sum % grain === 0);
}

function divided(entry: Entry, divisor: number): Entry {
  return entry.weight === undefined || divisor === 1 ? entry : { ...entry, weight: entry.weight / divisor };
}

function joinedLane(lane: Lane, original: Original | undefined, isAlone: boolean, divisor: number): Entry {
  const { weight: _w, ...rest } = firstOf(lane);
  const { subset: _s, ...where } = rest.destination;
  const destination = lane.subset === undefined ? where : { ...rest.destination, subset: lane.subset };
  const sum = sumOf(lane.entries) / divisor;
  const isAsBefore = original !== undefined && (isAlone || (original.weight ?? 0) === sum);
  const weight = isAsBefore ? original.weight : isAlone ? null : sum;
  return { ...rest, destination, ...(weight === null ? {} : { weight }) };
}

function firstOf({ entries }: Lane): Entry {
  const [first] = entries;
  if (first === undefined) throw new Error('A lane has at least one entry.');
  return first;
}
