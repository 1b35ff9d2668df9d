// One story of a managed Deployment on the real parts: a plain service in a namespace of its own, Serin's policies in force, a
// controller with the rights of its ServiceAccount, and a mesh that learns of routes, subsets and endpoints each at its own pace.

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { meshClient } from '../../tools/mesh/client.ts';
import type { LoadInput } from '../../tools/mesh/control.ts';
import type { Controller } from '../../tools/scene/controller.ts';
import { home, installAccount, kubeconfigOfAccount } from '../../tools/scene/install.ts';
import {
  imageOf,
  type ManagedOptions,
  type Manifest,
  managedDeployment,
  managedManifests,
} from '../../tools/scene/managed.ts';
import { publicHostOf } from '../../tools/scene/managed-routes.ts';
import { asList } from '../../tools/scene/pair.ts';
import type { Stack } from '../../tools/stack/description.ts';
import { kubectlOutput, kubectl as runKubectl } from '../../tools/stack/kubectl.ts';
import { apiOf, deploymentPath } from './api.ts';
import { stackOfThisRun } from './attach.ts';
import type { Cleanup } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { type StartOptions, type Story, storyOn, withDefinitions } from './story.ts';

/** How a managed story begins. */
export interface ManagedStoryOptions {
  /** Requests per second to the service; none when 0. */
  readonly rps?: number;
  readonly load?: Partial<LoadInput>;
  readonly scene?: Partial<ManagedOptions>;
  /** Whether a controller is started; the options of its process. */
  readonly controller?: StartOptions | false;
  /** The stack to play on; the one of this test run unless given. */
  readonly stack?: Stack;
  /** Whether the policies that hold template changes are in force; they are, unless the stack is the story's own. */
  readonly policies?: boolean;
}

/** How somebody applies a manifest: `kubectl apply`, the same with `--server-side`, and with `--force-conflicts` too. */
export type Applying = 'client' | 'server' | 'forced';

/** The user's Deployment as tests look at it. */
export type SeenDeployment = z.output<typeof deploymentSchema>;

/** A running story around Deployment `checkout`. */
export interface ManagedStory extends Omit<Story, 'release' | 'routes' | 'weights'> {
  /** A kubeconfig of the controller's account, for whoever acts in its name. */
  readonly account: string;
  readonly scene: ManagedOptions;
  /** Annotates the Deployment, with two steps and short bakes unless the settings say otherwise, and waits until it is adopted. */
  adopt(settings?: Readonly<Record<string, string>>): Promise<void>;
  /** Applies the Deployment's manifest with these changes to the scene. */
  apply(changes?: Partial<ManagedOptions>, how?: Applying): Promise<void>;
  /** All manifests again, as a GitOps tool would. */
  applyAll(changes?: Partial<ManagedOptions>, how?: Applying): Promise<void>;
  /** `kubectl set image`. */
  setImage(tag: string): Promise<void>;
  deployment(): Promise<SeenDeployment>;
  /** `kubectl rollout status`, for at most so many seconds. Never throws: its code and words. */
  rolloutStatus(seconds?: number): Promise<{ code: number; stdout: string; stderr: string }>;
}

const deploymentSchema = z.looseObject({
  metadata: z.looseObject({
    uid: z.string(),
    resourceVersion: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
    managedFields: z.array(z.looseObject({ manager: z.string() })).default([]),
  }),
  spec: z.looseObject({
    replicas: z.number(),
    paused: z.boolean().default(false),
    template: z.looseObject({
      spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string() })) }),
    }),
  }),
  status: z
    .looseObject({
      readyReplicas: z.number().default(0),
      updatedReplicas: z.number().default(0),
      conditions: z
        .array(
          z.looseObject({
            type: z.string(),
            status: z.string(),
            reason: z.string().default(''),
            message: z.string().default(''),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

/** How long changes take to reach the sidecars, in milliseconds: subsets longest, so that a route named too early meets NC. */
const delays = { routes: 50, endpoints: 200, subsets: 350 } as const;
/** Longer than any of the delays. */
const settle = '700ms';

// A wide margin, so that a good release is promoted after seconds.
const shortBakes = { steps: '50,100', bake: '2s', 'max-bake': '60s', 'min-requests': '20', 'error-margin': '10%' };

/** Settings as annotations; null removes one. */
function annotationsOf(settings: Readonly<Record<string, string | null>>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [`serin.dev/${key}`, value]));
}

const prepared = new Map<string, Promise<void>>();

/** Serin's kinds, its account and, where wanted, its policies, applied once to each stack that this process plays on. */
function withInstallation(stack: Stack, policies: boolean): Promise<void> {
  const preparing = prepared.get(stack.kubeconfig) ?? install(stack, policies);
  prepared.set(stack.kubeconfig, preparing);
  return preparing;
}

async function install(stack: Stack, policies: boolean): Promise<void> {
  await withDefinitions(stack);
  await installAccount(stack, { policies });
}

/** Sets the scene and starts the controller. The caller ends the story, whatever happens. */
export async function beginManagedStory(name: string, options: ManagedStoryOptions = {}): Promise<ManagedStory> {
  const stack = options.stack ?? stackOfThisRun();
  await withInstallation(stack, options.policies ?? true);
  const api = await apiOf(stack.kubeconfig);
  const mesh = meshClient(stack.mesh.url);
  const namespace = `${name}-${randomBytes(3).toString('hex')}`;
  const controllers: Controller[] = [];
  const plain = storyOn({ stack, api, mesh, namespace, controllers });
  const account = await kubeconfigOfAccount(stack, home, 'serin', namespace);
  const story = managedStoryOn(plain, { ...options.scene, namespace }, account);
  await setTheScene(story, options);
  if (options.controller !== false) await story.startController(options.controller);
  return story;
}

/** Begins a managed story that ends with the test. */
export async function managedStoryOf(
  context: Cleanup,
  name: string,
  options: ManagedStoryOptions = {},
): Promise<ManagedStory> {
  const begun = await beginManagedStory(name, options);
  context.onTestFinished(() => begun.end());
  return begun;
}

async function setTheScene(story: ManagedStory, options: ManagedStoryOptions): Promise<void> {
  const { namespace, mesh, scene } = story;
  for (const [kind, ms] of Object.entries(delays))
    await mesh.setPropagation({ ms, kind: kind as keyof typeof delays, namespace });
  await story.applyAll();
  const wanted = scene.replicas ?? 2;
  await eventually('the service to be ready', async () => (await story.deployment()).status.readyReplicas >= wanted);
  const rps = options.rps ?? 100;
  if (rps === 0) return;
  const host = options.load?.gateway === undefined ? 'checkout' : publicHostOf(namespace);
  const load = { host, rps, clientWorkload: 'web', clientReplicas: 2, ...options.load };
  await mesh.putLoad(namespace, 'visitors', load);
  await eventually('the visitors to be served', () => allServed(story));
  await mesh.resetCounts(namespace);
}

/** Whether the sidecars know the pods by now: nothing that was sent from here on fails. */
async function allServed({ mesh, namespace }: ManagedStory): Promise<boolean> {
  await mesh.resetCounts(namespace);
  await eventually('requests', async () => (await mesh.counts(namespace)).length > 0);
  return (await mesh.counts(namespace)).every(({ flags }) => flags === '-');
}

function managedStoryOn(plain: Story, scene: ManagedOptions, account: string): ManagedStory {
  const { api, namespace } = plain;
  const kubectl: Story['kubectl'] = (words, stdin) => plain.kubectl(words, stdin);
  const path = deploymentPath(namespace, 'checkout');
  async function deployment(): Promise<SeenDeployment> {
    return deploymentSchema.parse(await api.get(path));
  }
  async function applied(objects: readonly Manifest[], how: Applying): Promise<void> {
    await kubectlOutput(plain.stack, ['apply', ...flagsOf(how), '-f', '-'], { stdin: asList(objects) });
  }
  return {
    ...plain,
    account,
    scene,
    startController: (options = {}) => plain.startController({ kubeconfig: account, settle, ...options }),
    adopt: async (settings = {}) => {
      const annotations = annotationsOf({ ...shortBakes, ...settings, canary: 'enabled' });
      await api.patch(path, { metadata: { annotations } });
      await eventually(
        'the Deployment to be adopted',
        async () => (await deployment()).metadata.annotations['serin.dev/stable'] !== undefined,
      );
    },
    apply: (changes = {}, how = 'client') => applied([managedDeployment({ ...scene, ...changes })], how),
    applyAll: (changes = {}, how = 'client') => applied(managedManifests({ ...scene, ...changes }), how),
    setImage: async (tag) => {
      await kubectl(['set', 'image', 'deployment/checkout', `checkout=${imageOf(tag)}`]);
    },
    deployment,
    rolloutStatus: (seconds = 150) =>
      runKubectl(plain.stack, ['-n', namespace, 'rollout', 'status', 'deployment/checkout', `--timeout=${seconds}s`], {
        timeoutMs: (seconds + 5) * 1_000,
      }),
  };
}

function flagsOf(how: Applying): readonly string[] {
  switch (how) {
    case 'client':
      return [];
    case 'server':
      return ['--server-side'];
    case 'forced':
      return ['--server-side', '--force-conflicts'];
  }
}
