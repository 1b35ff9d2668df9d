// Everything that happens to the objects of one kind in a namespace, event by event, so that no moment between two looks is missed.
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fetch } from 'undici';
import { z } from 'zod';
import type { Api, SeenRoutes } from './api.ts';
import { routesSchema } from './api.ts';

/** One event of a watch. */
export interface WatchedEvent {
  readonly type: string;
  readonly name: string;
  /** The cluster counts the changes of all its objects with one number, so events of different kinds can be put in order. */
  readonly version: number;
  readonly object: unknown;
}

/** A watch under way. */
export interface Watching {
  /** What has come so far, in order. Throws when the watch has broken, because then something may be missing. */
  events(): readonly WatchedEvent[];
  stop(): void;
}

const eventSchema = z.object({
  type: z.string(),
  object: z.looseObject({ metadata: z.looseObject({ name: z.string(), resourceVersion: z.string() }) }),
});

/** Watches a collection, such as `/apis/apps/v1/namespaces/x/deployments`; resolves when it is under way. */
export async function watch(api: Api, collection: string): Promise<Watching> {
  const { access } = api;
  const ending = new AbortController();
  const events: WatchedEvent[] = [];
  let broken: string | undefined;
  const response = await fetch(`${access.url}${collection}?watch=true`, {
    dispatcher: access.dispatcher,
    headers: { ...access.headers },
    signal: ending.signal,
  });
  if (response.body === null || !response.ok) throw new Error(`Watching ${collection}: status ${response.status}`);
  const lines = createInterface({ input: Readable.fromWeb(response.body) });
  lines.on('line', (line) => {
    const seen = eventSchema.safeParse(JSON.parse(line));
    if (!seen.success) broken = line;
    else events.push(eventOf(seen.data));
  });
  lines.on('error', (error: unknown) => {
    broken ??= String(error);
  });
  lines.once('close', () => {
    if (!ending.signal.aborted) broken ??= 'the server ended it';
  });
  return {
    events: () => {
      if (broken !== undefined) throw new Error(`The watch of ${collection} broke: ${broken}`);
      return [...events];
    },
    stop: () => ending.abort(),
  };
}

function eventOf({ type, object }: z.output<typeof eventSchema>): WatchedEvent {
  const { name, resourceVersion } = object.metadata;
  return { type, name, version: Number(resourceVersion), object };
}

/** Stable's and the canary's weight. */
export type Weights = readonly [number | undefined, number | undefined];

/** One state of the weights and the version of the VirtualService with which it began. */
export interface WeightsSince {
  readonly weights: Weights;
  readonly version: number;
}

/** The collection of a namespace's VirtualServices. */
export function virtualServicesPath(namespace: string): string {
  return `/apis/networking.istio.io/v1/namespaces/${namespace}/virtualservices`;
}

/** The weights of the route that holds the pair, over time: each state once, for as long as it stood. */
export function weightsOverTime(watching: Watching): readonly WeightsSince[] {
  const states = watching
    .events()
    .map(({ object, version }) => ({ weights: weightsOf(routesSchema.parse(object)), version }));
  return states.filter(({ weights }, index) => String(weights) !== String(states[index - 1]?.weights));
}

/** The same as plain text: `100/0`, `50/50`. */
export function weightsTold(watching: Watching): readonly string[] {
  return weightsOverTime(watching).map(({ weights }) => weights.map((weight) => weight ?? '-').join('/'));
}

function weightsOf({ spec }: SeenRoutes): Weights {
  const pair = spec.http.find(({ route }) => route.length === 2)?.route ?? [];
  return [pair[0]?.weight, pair[1]?.weight];
}
