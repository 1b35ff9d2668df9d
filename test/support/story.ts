// One story on the real parts: a namespace of its own with a pair, a controller process, and what a test asks of them.

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type MeshClient, meshClient } from '../../tools/mesh/client.ts';
import type { BehaviourInput, LoadInput } from '../../tools/mesh/control.ts';
import { run } from '../../tools/parts/run.ts';
import { type Controller, type ControllerOptions, startController } from '../../tools/scene/controller.ts';
import { installKinds } from '../../tools/scene/install.ts';
import { asList, type PairOptions, pairManifests } from '../../tools/scene/pair.ts';
import { serinProgram } from '../../tools/scene/program.ts';
import type { Stack } from '../../tools/stack/description.ts';
import { kubectlOutput } from '../../tools/stack/kubectl.ts';
import { type Api, apiOf, deploymentPath, rolloutsIn, routesOf, type SeenRollout, type SeenRoutes } from './api.ts';
import { stackOfThisRun } from './attach.ts';
import { awaitedRollouts } from './awaited-rollouts.ts';
import { eventually } from './eventually.ts';

/** How a story begins. */
export interface StoryOptions {
  /** Requests per second to the pair's host; none when 0. */
  readonly rps?: number;
  readonly load?: Partial<LoadInput>;
  /** How the canary's pods answer. */
  readonly canary?: BehaviourInput;
  readonly stable?: BehaviourInput;
  readonly pair?: Partial<PairOptions>;
  /** Whether a controller is started; the options of its process. */
  readonly controller?: StartOptions | false;
  /** The stack to play on; the one of this test run unless given. */
  readonly stack?: Stack;
}

/** How a controller of a story is started: `alone` without Redis, `everywhere` for all namespaces instead of the story's own. */
export type StartOptions = Partial<ControllerOptions> & { readonly alone?: boolean; readonly everywhere?: boolean };

/** A running story. */
export interface Story {
  readonly stack: Stack;
  readonly api: Api;
  readonly mesh: MeshClient;
  readonly namespace: string;
  /** The controller started last; throws when none was. */
  controller(): Controller;
  /** Starts another controller process on the same namespace. */
  startController(options?: StartOptions): Promise<Controller>;
  /** Annotates reviews-v2 as the canary of reviews-v1, with short bakes unless the settings say otherwise. */
  release(settings?: Readonly<Record<string, string>>): Promise<void>;
  /** Sets annotations on a Deployment; null removes one. */
  annotate(deployment: string, annotations: Readonly<Record<string, string | null>>): Promise<void>;
  /** Runs the `serin` command in the namespace. */
  serin(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Runs kubectl in the namespace and gives its output. */
  kubectl(words: readonly string[], stdin?: string): Promise<string>;
  /** The newest rollout; undefined before there is one. */
  rollout(): Promise<SeenRollout | undefined>;
  routes(): Promise<SeenRoutes>;
  /** Stable's and the canary's weight as the VirtualService has them. */
  weights(): Promise<readonly [number | undefined, number | undefined]>;
  /** Waits until the newest rollout is as wanted and gives it. */
  until(what: string, wanted: (rollout: SeenRollout) => boolean, withinMs?: number): Promise<SeenRollout>;
  /** Waits until the newest rollout is in the phase. */
  reaches(phase: string, withinMs?: number): Promise<SeenRollout>;
  /** Messages of the namespace's Events, `reason: message`. */
  events(): Promise<readonly string[]>;
  /** Stops what the story started, and clears its namespace of what costs others time. */
  end(): Promise<void>;
}

const defined = new Map<string, Promise<void>>();

/** Serin's own kinds, applied once to each stack that this process plays on. */
export function withDefinitions(stack: Stack): Promise<void> {
  const applying = defined.get(stack.kubeconfig) ?? installKinds(stack);
  defined.set(stack.kubeconfig, applying);
  return applying;
}

// A wide margin, so that a good release is promoted after seconds.
const shortBakes = {
  steps: '10,25,50,100',
  bake: '2s',
  'max-bake': '5m',
  'min-requests': '20',
  'error-margin': '10%',
};
const settings = (own: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries({ ...shortBakes, ...own }).map(([key, value]) => [`serin.dev/${key}`, value]));

const eventList = z.object({
  items: z.array(z.looseObject({ reason: z.string().default(''), note: z.string().default('') })),
});

/** Sets the scene and starts the controller. The caller ends the story, whatever happens. */
export async function beginStory(name: string, options: StoryOptions = {}): Promise<Story> {
  const stack = options.stack ?? stackOfThisRun();
  await withDefinitions(stack);
  const api = await apiOf(stack.kubeconfig);
  const mesh = meshClient(stack.mesh.url);
  const namespace = `${name}-${randomBytes(3).toString('hex')}`;
  const controllers: Controller[] = [];
  const story = storyOn({ stack, api, mesh, namespace, controllers });
  await setTheScene(story, options);
  if (options.controller !== false) await story.startController(options.controller);
  return story;
}

async function setTheScene(story: Story, options: StoryOptions): Promise<void> {
  const { namespace, mesh, api } = story;
  const manifests = asList(pairManifests({ replicas: 1, ...options.pair, namespace }));
  await kubectlOutput(story.stack, ['apply', '-f', '-'], { stdin: manifests });
  if (options.stable !== undefined) await mesh.putBehaviour(namespace, 'reviews-v1', options.stable);
  if (options.canary !== undefined) await mesh.putBehaviour(namespace, 'reviews-v2', options.canary);
  await eventually('stable to be available', async () =>
    isAvailable(await api.get(deploymentPath(namespace, 'reviews-v1'))),
  );
  const rps = options.rps ?? 100;
  if (rps === 0) return;
  await mesh.putLoad(namespace, 'visitors', { host: 'reviews', rps, clientWorkload: 'productpage', ...options.load });
}

const available = z.looseObject({ status: z.looseObject({ availableReplicas: z.number().default(0) }) });

function isAvailable(deployment: unknown): boolean {
  return available.parse(deployment).status.availableReplicas > 0;
}

/** What a story is made of. */
export interface Parts {
  readonly stack: Stack;
  readonly api: Api;
  readonly mesh: MeshClient;
  readonly namespace: string;
  readonly controllers: Controller[];
}

/** A story whose scene somebody else sets. */
export function storyOn({ stack, api, mesh, namespace, controllers }: Parts): Story {
  async function rollout(): Promise<SeenRollout | undefined> {
    return (await rolloutsIn(api, namespace)).at(-1);
  }
  async function until(what: string, wanted: (seen: SeenRollout) => boolean, withinMs = 240_000): Promise<SeenRollout> {
    let last: SeenRollout | undefined;
    function look(rollouts: readonly SeenRollout[]): SeenRollout | undefined {
      last = rollouts.at(-1);
      return last !== undefined && wanted(last) ? last : undefined;
    }
    try {
      return await awaitedRollouts(api, namespace, what, look, { withinMs });
    } catch (cause) {
      const stands = `It stands at ${last?.status.phase ?? 'nothing'}: ${last?.status.message ?? ''}`;
      throw new Error(`${String(cause)} ${stands}\n${tailOf(controllers)}`, { cause });
    }
  }
  return {
    stack,
    api,
    mesh,
    namespace,
    controller: () => {
      const last = controllers.at(-1);
      if (last === undefined) throw new Error('The story has no controller.');
      return last;
    },
    startController: async ({ alone = false, everywhere = false, ...own } = {}) => {
      const controller = await startController({
        kubeconfig: stack.kubeconfig,
        prometheusUrl: stack.prometheus.url,
        ...(alone ? {} : { redisUrl: stack.redis.url }),
        redisPrefix: `{${namespace}}`,
        ...(everywhere ? {} : { namespace }),
        ...own,
      });
      controllers.push(controller);
      return controller;
    },
    release: async (own = {}) => {
      await api.patch(deploymentPath(namespace, 'reviews-v2'), {
        metadata: { annotations: { ...settings(own), 'serin.dev/canary-of': own['canary-of'] ?? 'reviews-v1' } },
      });
    },
    annotate: async (deployment, annotations) => {
      await api.patch(deploymentPath(namespace, deployment), { metadata: { annotations } });
    },
    serin: (...words) =>
      run(process.execPath, [serinProgram(), ...words, '-n', namespace], {
        timeoutMs: 250_000,
        env: { ...process.env, KUBECONFIG: stack.kubeconfig },
      }),
    kubectl: (words, stdin) => kubectlOutput(stack, ['-n', namespace, ...words], stdin === undefined ? {} : { stdin }),
    rollout,
    routes: () => routesOf(api, namespace),
    weights: async () => {
      const [stable, canary] = (await routesOf(api, namespace)).spec.http[0]?.route ?? [];
      return [stable?.weight, canary?.weight];
    },
    until,
    reaches: (phase, withinMs) => until(`the rollout to be ${phase}`, ({ status }) => status.phase === phase, withinMs),
    events: async () => {
      const list = eventList.parse(await api.get(`/apis/events.k8s.io/v1/namespaces/${namespace}/events?limit=500`));
      return list.items.map(({ reason, note }) => `${reason}: ${note}`);
    },
    end: async () => {
      await Promise.all(controllers.map((controller) => controller.kill()));
      await mesh.forgetNamespace(namespace);
      await clearAway(api, namespace);
    },
  };
}

const cleared = [
  'apps/v1/namespaces/NAMESPACE/deployments',
  'networking.istio.io/v1/namespaces/NAMESPACE/virtualservices',
  'networking.istio.io/v1/namespaces/NAMESPACE/destinationrules',
];

/** Every pod that stays is scraped each second to the end of the run, and every route is listed by each doctor. */
async function clearAway(api: Api, namespace: string): Promise<void> {
  const paths = cleared.map((path) => `/apis/${path.replace('NAMESPACE', namespace)}?propagationPolicy=Background`);
  await Promise.all(paths.map((path) => api.remove(path)));
}

function tailOf(controllers: readonly Controller[]): string {
  return controllers
    .flatMap((controller) => [`Controller ${controller.pid}:`, ...controller.output().split('\n').slice(-12)])
    .join('\n');
}
