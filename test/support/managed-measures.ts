// What is measured in a managed story: which versions were served, what failed on the way there, and what was left behind.
import { z } from 'zod';
import type { Count } from '../../tools/mesh/control.ts';
import { imageOf } from '../../tools/scene/managed.ts';
import { eventually } from './eventually.ts';
import type { ManagedStory } from './managed-story.ts';

/** Requests that a version answered or was to answer. */
export interface Served {
  readonly requests: number;
  /** When the first of them ended, in milliseconds since 1970; infinite when there was none. */
  readonly firstAt: number;
}

/** What pods of the tag have been sent, by whichever Deployment they were. */
export async function servedBy(of: ManagedStory, tag: string): Promise<Served> {
  const counts = (await countsOf(of)).filter(({ image }) => image === imageOf(tag));
  return { requests: total(counts), firstAt: Math.min(...counts.map(({ firstAt }) => firstAt)) };
}

/**
 * Requests that no pod was to blame for, by Envoy's flag: `UH`, `NC`, `UF`, `NR`. Empty when there were none. Of one load, or of all.
 */
export async function failedOnTheWay(of: ManagedStory, only?: string): Promise<Readonly<Record<string, number>>> {
  const counts = (await countsOf(of)).filter(({ load }) => only === undefined || load === only);
  const flagged = counts.filter(({ flags }) => flags !== '-' && flags !== 'DC');
  const byFlag = Map.groupBy(flagged, ({ flags }) => flags);
  return Object.fromEntries([...byFlag].map(([flags, counts]) => [flags, total(counts)]));
}

/** All requests so far. */
export async function requestsOf(of: ManagedStory): Promise<number> {
  return total(await countsOf(of));
}

/** Waits until so many more requests have ended. */
export async function afterRequests(of: ManagedStory, more: number): Promise<void> {
  const before = await requestsOf(of);
  await eventually(`${more} more requests`, async () => (await requestsOf(of)) >= before + more);
}

async function countsOf(of: ManagedStory): Promise<readonly Count[]> {
  const namespaces = of.scene.routing === 'second-namespace' ? [of.namespace, `${of.namespace}-edge`] : [of.namespace];
  return (await Promise.all(namespaces.map((namespace) => of.mesh.counts(namespace)))).flat();
}

function total(counts: readonly Count[]): number {
  return counts.reduce((sum, { requests }) => sum + requests, 0);
}

const anyObject = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    annotations: z.record(z.string(), z.string()).optional(),
    managedFields: z.array(z.looseObject({ manager: z.string() })).default([]),
  }),
});
const anyList = z.object({ items: z.array(z.unknown()) });

type AnyObject = z.output<typeof anyObject>;

/** The kinds a team applies and Serin may touch or read. */
const kinds = 'deployments,services,virtualservices,destinationrules,horizontalpodautoscalers';

async function objectsOf(of: ManagedStory, resources = kinds): Promise<readonly AnyObject[]> {
  const list = async (words: readonly string[]): Promise<readonly AnyObject[]> =>
    anyList
      .parse(JSON.parse(await of.kubectl(['get', resources, '-o', 'json', '--show-managed-fields', ...words])))
      .items.map((item) => anyObject.parse(item));
  const here = await list([]);
  return of.scene.routing === 'second-namespace' ? [...here, ...(await list(['-n', `${of.namespace}-edge`]))] : here;
}

/** Uids of the pods behind the Service, in order. */
export async function podUids(of: ManagedStory, selector = 'app=checkout'): Promise<readonly string[]> {
  const pods = anyList.parse(JSON.parse(await of.kubectl(['get', 'pods', '-l', selector, '-o', 'json'])));
  return pods.items.map((pod) => anyObject.parse(pod).metadata.uid).toSorted();
}

/**
 * Every object of the namespace that a team applied or somebody made since, as text by `kind/name`: without status and what the server
 * sets by itself, and without what a rollout is to change of a Deployment (images, annotations, the pause).
 */
export async function snapshotOf(of: ManagedStory): Promise<Readonly<Record<string, string>>> {
  const objects = await objectsOf(of);
  return Object.fromEntries(
    objects.map((object) => [`${object.kind}/${object.metadata.namespace}/${object.metadata.name}`, textOf(object)]),
  );
}

function textOf(object: AnyObject): string {
  const { status: _status, metadata, ...rest } = object;
  const { resourceVersion: _r, generation: _g, managedFields: _m, annotations, ...others } = metadata;
  if (object.kind !== 'Deployment') return JSON.stringify({ metadata: { annotations, ...others }, ...rest });
  const text = JSON.stringify({ metadata: others, ...rest }, (key, value: unknown) =>
    key === 'paused' ? undefined : value,
  );
  return text.replaceAll(/example\.org\/checkout:[\w.-]+/g, 'example.org/checkout');
}

/** Who owns fields of the user's routes and rules, as `kind/name manager`, with Serin's own name only. */
export async function fieldsOfSerin(of: ManagedStory): Promise<readonly string[]> {
  const objects = await objectsOf(of, 'virtualservices,destinationrules');
  return objects.flatMap(({ kind, metadata }) =>
    metadata.managedFields
      .filter(({ manager }) => manager.startsWith('serin'))
      .map(({ manager }) => `${kind}/${metadata.name} ${manager}`),
  );
}

/** Names of what Serin made and has not taken away: copies, DestinationRules and VirtualServices. */
export async function madeBySerin(of: ManagedStory): Promise<readonly string[]> {
  const objects = await objectsOf(of, 'deployments,virtualservices,destinationrules');
  return objects
    .filter(({ metadata }) => /^serin-|^checkout-[0-9a-f]{10}$/.test(metadata.name))
    .map(({ kind, metadata }) => `${kind}/${metadata.name}`);
}
