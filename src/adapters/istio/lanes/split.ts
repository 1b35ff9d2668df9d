// Splitting lanes, as values: routes in, routes out.
import { z } from 'zod';
import type { LaneNames, Lanes } from '../../../domain/lanes.ts';
import {
  type Entry,
  isForTesters,
  isSplitEntry,
  type Lane,
  lanesOfRule,
  type Part,
  partsOf,
  protocols,
  type RoutedObject,
  type RoutedRule,
  scopeOf,
  testersName,
} from './object.ts';

/** What the weights of a shared route are multiplied by, so that a percentage of each is a whole number. */
export const grain = 100;

/** How the lanes are to stand. */
export interface Wanted {
  /** The canary's share in percent, a whole number. */
  readonly canary: number;
  /** Whether testers have routes of their own. */
  readonly testers: boolean;
}

type Spec = RoutedObject['spec'];

/** The spec with every lane split as wanted. Splitting again gives the same. */
export function split(object: RoutedObject, lanes: Lanes, wanted: Wanted): Spec {
  const spec: Spec = { ...object.spec };
  for (const protocol of protocols) {
    const rules = spec[protocol]?.filter((rule) => !isForTesters(rule));
    if (rules === undefined) continue;
    const all = rules.map((rule) => splitRule(rule, object.metadata.namespace, lanes, wanted.canary));
    spec[protocol] = protocol === 'http' && wanted.testers ? withTesters(all, object.metadata.namespace, lanes) : all;
  }
  return spec;
}

function splitRule(rule: RoutedRule, namespace: string, lanes: Lanes, canary: number): RoutedRule {
  const parts = partsOf(rule, namespace, scopeOf(lanes));
  return parts.every(({ kind }) => kind === 'other')
    ? rule
    : { ...rule, route: splitRoute(parts, lanes.names, canary) };
}

/** A lane that is alone in its route has all of it whatever its weight; one among others keeps its part. */
function splitRoute(parts: readonly Part[], names: LaneNames, canary: number): Entry[] {
  if (parts.length === 1)
    return parts.flatMap((part) => (part.kind === 'lane' ? pairOf(part.lane, names, canary, grain) : []));
  const factor = isFine(parts, canary) ? 1 : grain;
  return parts.flatMap((part) =>
    part.kind === 'other'
      ? [times(part.entry, factor)]
      : pairOf(part.lane, names, canary, sumOf(part.lane.entries) * factor),
  );
}

/** Whether a route's weights are multiplied already, and the share of each lane is a whole number. */
function isFine(parts: readonly Part[], canary: number): boolean {
  const entries = parts.flatMap((part) => (part.kind === 'lane' ? part.lane.entries : [part.entry]));
  const sums = parts.map((part) => (part.kind === 'lane' ? sumOf(part.lane.entries) : 0));
  return entries.some(isSplitEntry) && sums.every((sum) => (sum * canary) % grain === 0);
}

function times(entry: Entry, factor: number): Entry {
  return entry.weight === undefined || factor === 1 ? entry : { ...entry, weight: entry.weight * factor };
}

/** The weights of entries together; one left out counts as 0. */
export function sumOf(entries: readonly Entry[]): number {
  return entries.reduce((total, { weight = 0 }) => total + weight, 0);
}

function pairOf(lane: Lane, names: LaneNames, canary: number, weight: number): readonly Entry[] {
  if (names.stable === undefined) return [entryTo(lane, names.canary, weight)];
  const toCanary = (weight * canary) / grain;
  return [entryTo(lane, names.stable, weight - toCanary), entryTo(lane, names.canary, toCanary)];
}

function entryTo({ entries, subset }: Lane, stem: string, weight: number): Entry {
  const [model] = entries;
  if (model === undefined) throw new Error('A lane without an entry cannot be split.');
  return { ...model, destination: { ...model.destination, subset: subsetName(stem, subset) }, weight };
}

/** The name of the subset that stands in for a destination's own. */
export function subsetName(stem: string, original: string | undefined): string {
  return original === undefined ? stem : `${stem}-${original}`;
}

/** Routes with one for testers above each that has a lane, except where its matches leave no room for their header. */
export function withTesters(rules: readonly RoutedRule[], namespace: string, lanes: Lanes): RoutedRule[] {
  return rules.flatMap((rule, index) => {
    const [lane] = lanesOfRule(rule, namespace, scopeOf(lanes));
    const matches = lane === undefined ? [] : testersMatches(rule, lanes.testers);
    if (lane === undefined || matches.length === 0) return [rule];
    const { weight: _w, ...entry } = entryTo(lane, lanes.names.canary, grain);
    return [{ ...unmirrored(rule), name: `${testersName}-${index + 1}`, match: matches, route: [entry] }, rule];
  });
}

/** Mirrored requests are left to the route itself. */
function unmirrored(rule: RoutedRule): RoutedRule {
  const { mirror: _m, mirrors: _s, mirrorPercentage: _p, mirrorPercent: _q, mirror_percent: _r, ...others } = rule;
  return others;
}

const headersSchema = z.looseObject({ headers: z.record(z.string(), z.unknown()).default({}) });
const matchesSchema = z.looseObject({ match: z.array(headersSchema).default([]) });

/** A match that asks something else of the header cannot ask for both. */
function testersMatches(rule: RoutedRule, testers: string | undefined): readonly Readonly<Record<string, unknown>>[] {
  const parsed = matchesSchema.safeParse(rule);
  if (testers === undefined || !parsed.success) return [];
  const asked = headerOf(testers);
  const { match } = parsed.data;
  return (match.length === 0 ? [{ headers: {} }] : match)
    .filter(({ headers }) => Object.keys(headers).every((key) => !(key.toLowerCase() in asked)))
    .map(({ headers, ...others }) => ({ ...others, headers: { ...headers, ...asked } }));
}

function headerOf(testers: string): Readonly<Record<string, unknown>> {
  const [name = '', ...rest] = testers.split(':');
  const value = rest.join(':').trim();
  if (name.toLowerCase() !== 'cookie') return { [name.toLowerCase()]: { exact: value } };
  const quoted = value.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
  return { cookie: { regex: `^(.*;\\s*)?${quoted}(;.*)?$` } };
}
