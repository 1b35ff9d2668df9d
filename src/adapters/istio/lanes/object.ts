// A VirtualService as lanes are read from it and written to it: nothing is filled in, so that what is not a lane's stays as it came.
import { z } from 'zod';
import type { Lanes, Original } from '../../../domain/lanes.ts';
import { fullHost } from '../hosts.ts';

const entrySchema = z.looseObject({
  destination: z.looseObject({
    host: z.string(),
    subset: z.string().optional(),
    port: z.looseObject({ number: z.int().optional() }).optional(),
  }),
  weight: z.int().optional(),
});

const ruleSchema = z.looseObject({ name: z.string().optional(), route: z.array(entrySchema).optional() });

const managedField = z.looseObject({
  manager: z.string().optional(),
  apiVersion: z.string().optional(),
  time: z.string().optional(),
  fieldsV1: z.record(z.string(), z.unknown()).optional(),
});

/** Parses a VirtualService without adding anything to it. */
export const laneObjectSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string(),
    resourceVersion: z.string(),
    annotations: z.record(z.string(), z.string()).optional(),
    labels: z.record(z.string(), z.string()).optional(),
    managedFields: z.array(managedField).default([]),
  }),
  spec: z
    .looseObject({
      hosts: z.array(z.string()).optional(),
      gateways: z.array(z.string()).optional(),
      exportTo: z.array(z.string()).optional(),
      http: z.array(ruleSchema).optional(),
      tls: z.array(ruleSchema).optional(),
      tcp: z.array(ruleSchema).optional(),
    })
    .prefault({}),
});

/** A VirtualService as read, unknown fields included. */
export type RoutedObject = z.output<typeof laneObjectSchema>;

/** A route of it. */
export type RoutedRule = z.output<typeof ruleSchema>;

/** A destination with its weight. */
export type Entry = z.output<typeof entrySchema>;

/** What counts as a lane: destinations of these hosts, without a subset or with one that leads to the Deployment's pods. */
export interface LaneScope {
  readonly hosts: readonly string[];
  /** Those subsets, as `host/subset`; any other leads elsewhere, or nowhere. */
  readonly subsets: ReadonlySet<string>;
}

/** The scope of lanes that were found. */
export function scopeOf({ hosts, originals }: Pick<Lanes, 'hosts' | 'originals'>): LaneScope {
  return { hosts, subsets: new Set(originals.map(({ host, subset = '' }) => `${host}/${subset}`)) };
}

/** A destination of the scope: plain as its owner wrote it, or split into entries of Serin's. */
export interface Lane {
  readonly host: string;
  readonly subset?: string;
  readonly port?: number;
  readonly isSplit: boolean;
  readonly entries: readonly Entry[];
}

/** What a route consists of: lanes, and destinations that lead elsewhere, in the order of their first entries. */
export type Part = { readonly kind: 'lane'; readonly lane: Lane } | { readonly kind: 'other'; readonly entry: Entry };

export const protocols = ['http', 'tls', 'tcp'] as const;

/** The name that begins the routes of testers. */
export const testersName = 'serin-testers';

const ours = /^serin-(?:stable|canary)-[a-z0-9]+(?:-(?<original>.+))?$/;

/** Whether an entry stands for a part of a lane, of whatever rollout. */
export function isSplitEntry({ destination }: Entry): boolean {
  return ours.test(destination.subset ?? '');
}

/** The parts of a route. Entries that stand for one destination together are one lane; the same entry twice is two. */
export function partsOf(rule: RoutedRule, namespace: string, scope: LaneScope): readonly Part[] {
  const parts: Part[] = [];
  for (const entry of rule.route ?? []) {
    const lane = laneOf(entry, namespace, scope);
    const at = lane === undefined ? -1 : parts.findIndex((part) => lacks(part, lane));
    const begun = parts[at];
    if (lane === undefined) parts.push({ kind: 'other', entry });
    else if (begun?.kind !== 'lane') parts.push({ kind: 'lane', lane });
    else parts[at] = { kind: 'lane', lane: { ...begun.lane, entries: [...begun.lane.entries, entry] } };
  }
  return parts;
}

function laneOf(entry: Entry, namespace: string, { hosts, subsets }: LaneScope): Lane | undefined {
  const { subset, port } = entry.destination;
  const host = fullHost(entry.destination.host, namespace);
  const isSplit = isSplitEntry(entry);
  const original = (isSplit ? ours.exec(subset ?? '')?.groups?.['original'] : subset) ?? '';
  if (!hosts.includes(host) || !(isSplit || original === '' || subsets.has(`${host}/${original}`))) return undefined;
  return {
    host,
    ...(original === '' ? {} : { subset: original }),
    ...(port?.number === undefined ? {} : { port: port.number }),
    isSplit,
    entries: [entry],
  };
}

/** Whether a part is a split lane of the same destination that has no entry of this name yet. */
function lacks(part: Part, { host, subset, port, isSplit, entries }: Lane): boolean {
  if (part.kind === 'other' || !isSplit || !part.lane.isSplit) return false;
  const { lane } = part;
  const isSame = lane.host === host && lane.subset === subset && lane.port === port;
  return isSame && lane.entries.every(({ destination }) => destination.subset !== entries[0]?.destination.subset);
}

/** Every lane of an object, in the order of its routes. */
export function lanesIn(object: RoutedObject, scope: LaneScope): readonly Lane[] {
  return rulesOf(object).flatMap(({ rule }) => lanesOfRule(rule, object.metadata.namespace, scope));
}

/** The lanes of a route. */
export function lanesOfRule(rule: RoutedRule, namespace: string, scope: LaneScope): readonly Lane[] {
  return partsOf(rule, namespace, scope).flatMap((part) => (part.kind === 'lane' ? [part.lane] : []));
}

/** Every route of an object that is its owner's. */
export function rulesOf(
  object: RoutedObject,
): readonly { readonly protocol: Original['protocol']; readonly index: number; readonly rule: RoutedRule }[] {
  return protocols.flatMap((protocol) =>
    (object.spec[protocol] ?? [])
      .filter((rule) => !isForTesters(rule))
      .map((rule, index) => ({ protocol, index, rule })),
  );
}

/** Whether a route was put in for testers. */
export function isForTesters({ name }: RoutedRule): boolean {
  return name?.startsWith(testersName) === true;
}

/** An object's place: `namespace/name`. */
export function objectPlace({ metadata }: Pick<RoutedObject, 'metadata'>): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** Whether Serin made an object: it routes the host only as long as some rollout needs it. */
export function isMade({ metadata }: Pick<RoutedObject, 'metadata'>): boolean {
  return metadata.labels?.['app.kubernetes.io/managed-by'] === 'serin';
}
