// The real API server as tests read and write it: as the admin, in plain JSON.
import { fetch } from 'undici';
import { z } from 'zod';
import { type Access, accessFrom } from '../../tools/mesh/access.ts';

/** Reads and writes of single objects. Paths are those of the API, such as `/api/v1/namespaces/x`. */
export interface Api {
  /** The object; undefined when there is none. */
  get(path: string): Promise<unknown>;
  /** Sends a patch; `merge` unless JSON Patch operations are given. Throws with the server's words when it is refused. */
  patch(path: string, body: unknown, query?: string): Promise<unknown>;
  /** Deletes the object; fine when there is none. */
  remove(path: string): Promise<void>;
  readonly access: Access;
}

const callMs = 10_000;

/** The API server of a kubeconfig. */
export async function apiOf(kubeconfig: string): Promise<Api> {
  const access = await accessFrom(kubeconfig);
  async function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const type = Array.isArray(body) ? 'application/json-patch+json' : 'application/merge-patch+json';
    const response = await fetch(`${access.url}${path}`, {
      method,
      dispatcher: access.dispatcher,
      signal: AbortSignal.timeout(callMs),
      headers: { ...access.headers, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  }
  async function demand(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await call(method, path, body);
    if (answer.status >= 300 && answer.status !== 404)
      throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.status === 404 ? undefined : answer.body;
  }
  return {
    access,
    get: (path) => demand('GET', path),
    patch: async (path, body, query = '') => {
      const answer = await demand('PATCH', `${path}${query}`, body);
      if (answer === undefined) throw new Error(`PATCH ${path}: there is no such object.`);
      return answer;
    },
    remove: async (path) => {
      await demand('DELETE', path);
    },
  };
}

const condition = z.object({ type: z.string(), status: z.string(), reason: z.string(), message: z.string() });

const rolloutSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    creationTimestamp: z.string(),
  }),
  spec: z.looseObject({ attempt: z.number() }),
  status: z
    .looseObject({
      phase: z.string().default('pending'),
      step: z.number().default(0),
      weight: z.looseObject({ intended: z.number() }).optional(),
      cause: z.string().optional(),
      reason: z.string().default(''),
      message: z.string().default(''),
      conditions: z.array(condition).default([]),
      verdicts: z
        .array(z.looseObject({ gate: z.string(), verdict: z.string(), reason: z.string(), message: z.string() }))
        .default([]),
      history: z
        .array(
          z.looseObject({
            phase: z.string(),
            step: z.number(),
            weight: z.number(),
            warrant: z.string().optional(),
            message: z.string(),
            time: z.string(),
          }),
        )
        .default([]),
      answers: z.array(z.looseObject({ id: z.string(), outcome: z.string(), message: z.string() })).default([]),
    })
    .prefault({}),
});

/** A CanaryRollout as tests look at it. */
export type SeenRollout = z.output<typeof rolloutSchema>;

const rolloutList = z.object({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  items: z.array(rolloutSchema),
});

/** A CanaryRollout of the API as tests look at it. */
export function seenRolloutOf(object: unknown): SeenRollout {
  return rolloutSchema.parse(object);
}

/** Every rollout of a namespace, the oldest first; those of one second by their attempt. */
export async function rolloutsIn(api: Api, namespace: string): Promise<readonly SeenRollout[]> {
  return oldestFirst((await listedRollouts(api, namespace)).items);
}

/** The rollouts of a namespace, and the version from which on a watch has their changes. */
export async function listedRollouts(
  api: Api,
  namespace: string,
): Promise<{ readonly items: readonly SeenRollout[]; readonly version: string }> {
  const { items, metadata } = rolloutList.parse(await api.get(rolloutsPath(namespace)));
  return { items, version: metadata.resourceVersion };
}

/** The oldest first; those of one second by their attempt. */
export function oldestFirst(rollouts: readonly SeenRollout[]): readonly SeenRollout[] {
  const born = ({ metadata }: SeenRollout): number => Date.parse(metadata.creationTimestamp);
  return rollouts.toSorted((a, b) => born(a) - born(b) || a.spec.attempt - b.spec.attempt);
}

/** The path of a namespace's CanaryRollouts. */
export function rolloutsPath(namespace: string): string {
  return `/apis/serin.dev/v1alpha1/namespaces/${namespace}/canaryrollouts`;
}

/** Reads a VirtualService. */
export const routesSchema = z.object({
  metadata: z.looseObject({
    annotations: z.record(z.string(), z.string()).default({}),
    managedFields: z.array(z.looseObject({ manager: z.string() })).default([]),
  }),
  spec: z.looseObject({
    http: z.array(
      z.looseObject({
        name: z.string().optional(),
        route: z.array(
          z.looseObject({
            destination: z.looseObject({ host: z.string(), subset: z.string().optional() }),
            weight: z.number().optional(),
          }),
        ),
      }),
    ),
  }),
});

/** A VirtualService as tests look at it. */
export type SeenRoutes = z.output<typeof routesSchema>;

/** The VirtualService of a namespace. */
export async function routesOf(api: Api, namespace: string, name = 'reviews'): Promise<SeenRoutes> {
  return routesSchema.parse(await api.get(virtualServicePath(namespace, name)));
}

/** The path of a VirtualService. */
export function virtualServicePath(namespace: string, name = 'reviews'): string {
  return `/apis/networking.istio.io/v1/namespaces/${namespace}/virtualservices/${name}`;
}

/** The path of a Deployment. */
export function deploymentPath(namespace: string, name: string): string {
  return `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
}

/** The path of a CanaryRollout. */
export function rolloutPath(namespace: string, name: string): string {
  return `${rolloutsPath(namespace)}/${name}`;
}
