// Many pairs, small and alike: a host with two versions of one pod each, ready to be released.
import { z } from 'zod';
import { deploymentPath, rolloutPath, rolloutsIn, type SeenRollout } from '../test/support/api.ts';
import { eventually } from '../test/support/eventually.ts';
import { allOf } from '../test/support/killing.ts';
import { asList, pairManifests } from '../tools/scene/pair.ts';
import { kubectlOutput } from '../tools/stack/kubectl.ts';
import type { Stage } from './stage.ts';

/** One pair: Deployments `<host>-v1` and `<host>-v2`, and a VirtualService of the host's name. */
export interface Pair {
  readonly namespace: string;
  readonly host: string;
}

/** Settings without their prefix, such as `bake`. */
export type Settings = Readonly<Record<string, string>>;

/** A first step that bakes for as long as a benchmark may take. */
export const longBake: Settings = { steps: '10,100', bake: '2h', 'max-bake': '4h', 'min-requests': '20' };

const deploymentList = z.object({
  items: z.array(z.object({ status: z.looseObject({ availableReplicas: z.number().default(0) }) })),
});

/** Makes `perNamespace` pairs in each namespace and resolves when all their pods are ready. */
export async function raisePairs(
  stage: Stage,
  namespaces: readonly string[],
  perNamespace: number,
): Promise<readonly Pair[]> {
  const pairs = namespaces.flatMap((namespace) =>
    Array.from({ length: perNamespace }, (_, index) => ({ namespace, host: `host-${index}` })),
  );
  stage.say(`  raising ${pairs.length} pairs in ${namespaces.length} namespaces`);
  const manifests = pairs.flatMap(({ namespace, host }) => pairManifests({ namespace, host, replicas: 1 }).slice(1));
  const spaces = namespaces.flatMap((namespace) => pairManifests({ namespace }).slice(0, 1));
  await kubectlOutput(stage.stack, ['create', '-f', '-'], {
    stdin: asList([...spaces, ...manifests]),
    timeoutMs: 180_000,
  });
  for (const namespace of namespaces) await whenAvailable(stage, namespace, 2 * perNamespace);
  return pairs;
}

function whenAvailable({ api }: Stage, namespace: string, wanted: number): Promise<true> {
  return eventually(
    `${wanted} Deployments of ${namespace} to be available`,
    async () => {
      const { items } = deploymentList.parse(await api.get(`/apis/apps/v1/namespaces/${namespace}/deployments`));
      return items.filter(({ status }) => status.availableReplicas > 0).length === wanted || undefined;
    },
    { withinMs: 120_000 },
  );
}

/** Annotates every pair's second version as the canary of its first. */
export async function release({ api }: Stage, pairs: readonly Pair[], settings: Settings): Promise<void> {
  const failures = await allOf(
    pairs.map(({ namespace, host }) => async () => {
      const all = { ...settings, 'canary-of': `${host}-v1` };
      const annotations = Object.fromEntries(Object.entries(all).map(([key, value]) => [`serin.dev/${key}`, value]));
      await api.patch(deploymentPath(namespace, `${host}-v2`), { metadata: { annotations } });
    }),
    5,
  );
  if (failures.length > 0) throw new Error(`${failures.length} releases were refused.`, { cause: failures[0] });
}

/** Waits until the rollout of every pair stands in the phase, and gives them in the order of the pairs. */
export function whenAll(
  { api }: Stage,
  pairs: readonly Pair[],
  phase: string,
  withinMs: number,
): Promise<readonly SeenRollout[]> {
  const namespaces = [...new Set(pairs.map(({ namespace }) => namespace))];
  return eventually(
    `${pairs.length} rollouts to be ${phase}`,
    async () => {
      const all = (await Promise.all(namespaces.map((namespace) => rolloutsIn(api, namespace)))).flat();
      const standing = all.filter(({ status }) => status.phase === phase);
      const found = pairs.flatMap((pair) => standing.find((rollout) => isOf(rollout, pair)) ?? []);
      return found.length === pairs.length && found;
    },
    { withinMs },
  );
}

function isOf({ metadata }: SeenRollout, { namespace, host }: Pair): boolean {
  return metadata.namespace === namespace && metadata.name.startsWith(`${host}-v2-`);
}

/** Asks for the rollout's abort and gives the moment before the request was sent. */
export async function abort({ api }: Stage, { metadata }: SeenRollout): Promise<number> {
  const at = Date.now();
  await api.patch(rolloutPath(metadata.namespace, metadata.name), { spec: { abort: true } });
  return at;
}
