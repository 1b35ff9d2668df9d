// Deployments as the API tells of them: what a wait is pinned to, and what stands beside a rollout.
import { z } from 'zod';
import type { Clock, Generation, PodTrouble, Policies, Workload, Workloads } from '../../controller/ports.ts';
import type { RolloutId } from '../../domain/rollout.ts';
import type { Instant, Millis } from '../../domain/time.ts';
import type { Calls } from './calls.ts';
import { ApiRefused } from './refused.ts';
import { orNothing, understood } from './rollouts.ts';

const texts = z.record(z.string(), z.string());

const ran = z.object({
  hash: z.string(),
  revision: z.string(),
  podLabels: texts,
  images: z.array(z.string()),
  replicas: z.number(),
  readyReplicas: z.number(),
});

const deploymentSchema = ran.extend({
  namespace: z.string(),
  name: z.string(),
  hash: z.string().exactOptional(),
  uid: z.string(),
  resourceVersion: z.string(),
  annotations: texts,
  complete: z.boolean(),
  progressDeadlineSeconds: z.number(),
  paused: z.boolean(),
  held: z.boolean(),
  deleting: z.boolean(),
  generations: z.array(ran),
  troubles: z.array(
    z.object({
      pod: z.string(),
      kind: z.enum(['crashLoop', 'imagePull', 'outOfMemory', 'unschedulable', 'notStarting']).catch('notStarting'),
      message: z.string(),
    }),
  ),
  policy: z.object({ name: z.string(), fields: texts.optional() }).optional(),
});

const namesSchema = z.object({ deployments: z.array(z.object({ namespace: z.string(), name: z.string() })) });

/** Deployments of a controller, and the policies that they name. */
export interface ApiDeployments {
  readonly workloads: Workloads;
  /** Knows the policies of Deployments that were read. */
  readonly policies: Policies;
  /** Names of Deployments that ask to be managed, or that are held. */
  list(namespace?: string): Promise<readonly RolloutId[]>;
}

/** One answer tells everything of a Deployment. */
interface Whole {
  readonly workload: Workload;
  readonly generations: readonly Generation[];
  readonly troubles: readonly PodTrouble[];
}

/** Who draws a page every second asks for a Deployment no more often than this. */
const rememberMs: Millis = 2_000;

/** Reads of Deployments through the API. Rejects with `ApiRefused`. */
export function apiDeployments(calls: Calls, clock: Clock): ApiDeployments {
  const remembered = new Map<string, { readonly at: Instant; readonly whole: Promise<Whole | undefined> }>();
  const policies = new Map<string, Readonly<Record<string, string>> | undefined>();

  async function ask(namespace: string, name: string): Promise<Whole | undefined> {
    const path = `/v1/deployments/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
    const came = await orNothing(calls.send({ method: 'GET', path }));
    if (came === undefined) return undefined;
    const { generations, troubles, policy, ...workload } = understood(deploymentSchema, came);
    if (policy !== undefined) policies.set(`${namespace}/${policy.name}`, policy.fields);
    return { workload, generations, troubles };
  }

  function whole(namespace: string, name: string): Promise<Whole | undefined> {
    const key = `${namespace}/${name}`;
    const before = remembered.get(key);
    if (before !== undefined && clock.now() - before.at < rememberMs) return before.whole;
    const asked = ask(namespace, name);
    remembered.set(key, { at: clock.now(), whole: asked });
    asked.catch(() => remembered.delete(key));
    return asked;
  }

  return {
    workloads: {
      get: async (namespace, name) => (await whole(namespace, name))?.workload,
      troubles: async ({ namespace, name }) => (await whole(namespace, name))?.troubles ?? [],
      generations: async ({ namespace, name }) => (await whole(namespace, name))?.generations ?? [],
    },
    policies: {
      async get(namespace, name) {
        const key = `${namespace}/${name}`;
        if (policies.has(key)) return policies.get(key);
        throw new ApiRefused(`The API tells of CanaryPolicies only with a Deployment that names them, not of ${key}.`);
      },
    },
    async list(namespace) {
      const query = namespace === undefined ? {} : { namespace };
      return understood(namesSchema, await calls.send({ method: 'GET', path: '/v1/deployments', query })).deployments;
    },
  };
}
