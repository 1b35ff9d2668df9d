// Serin installed from deploy/ on a stack of its own, with a controller process in the place of the one in the pod.
import { join } from 'node:path';
import { type Ended, run } from '../../tools/parts/run.ts';
import { type Controller, startController } from '../../tools/scene/controller.ts';
import { home, kubeconfigOfAccount } from '../../tools/scene/install.ts';
import { serinProgram } from '../../tools/scene/program.ts';
import type { Stack } from '../../tools/stack/description.ts';
import { kubectl, kubectlOutput } from '../../tools/stack/kubectl.ts';
import { startStack } from '../../tools/stack/stack.ts';
import type { SeenRollout } from './api.ts';
import type { Story } from './story.ts';

const root = join(import.meta.dirname, '..', '..');

/** Where the manifests are. */
export const manifests = join(root, 'deploy');

/** The controller's user name. */
export const account = `system:serviceaccount:${home}:serin`;

/** A CanaryPolicy by the name of `shared`. */
export const sharedPolicy = `
apiVersion: serin.dev/v1alpha1
kind: CanaryPolicy
metadata: { name: shared }
spec: { maxErrorRate: 20% }
`;

/** Serin in a cluster. */
export interface Installed {
  readonly stack: Stack;
  /** For all namespaces, with the rights of its ServiceAccount. */
  readonly controller: Controller;
  /** The kubeconfig of that account. */
  readonly kubeconfig: string;
  /** Ends the controller and the stack. */
  end(): Promise<void>;
}

/** Starts a stack, applies the manifests in both ways in use, and starts the controller. The caller owes an `end`. */
export async function install(): Promise<Installed> {
  const stack = await startStack();
  try {
    await kubectlOutput(stack, ['apply', '-k', manifests]);
    await kubectlOutput(stack, ['apply', '-k', manifests, '--server-side', '--force-conflicts']);
    await kubectlOutput(stack, ['wait', 'crd', '--all', '--for=condition=Established', '--timeout=60s']);
    return await withController(stack);
  } catch (cause) {
    await stack.stop();
    throw cause;
  }
}

async function withController(stack: Stack): Promise<Installed> {
  const kubeconfig = await kubeconfigOfAccount(stack, home, 'serin');
  const controller = await startController({
    kubeconfig,
    prometheusUrl: stack.prometheus.url,
    redisUrl: stack.redis.url,
    redisPrefix: '{installed}',
    api: { address: '127.0.0.1:0' },
  });
  const end = async (): Promise<void> => {
    await controller.kill();
    await stack.stop();
  };
  return { stack, controller, kubeconfig, end };
}

/** Runs the `serin` command as the admin, without a namespace of its own. Never throws. */
export function serinOn(stack: Stack, ...words: string[]): Promise<Ended> {
  return run(process.execPath, [serinProgram(), ...words], {
    timeoutMs: 120_000,
    env: { ...process.env, KUBECONFIG: stack.kubeconfig },
  });
}

/** Every rollout of the cluster that still carries a finalizer. */
export async function heldRollouts(stack: Stack): Promise<readonly string[]> {
  const path = '{range .items[*]}{.metadata.name} {.metadata.finalizers}{"\\n"}{end}';
  const lines = await kubectlOutput(stack, ['get', 'canaryrollouts', '-A', '-o', `jsonpath=${path}`]);
  return lines.split('\n').filter((line) => line.includes('['));
}

/** kubectl in the story's namespace, as somebody else than the admin. */
export function kubectlAs(kubeconfig: string, of: Story, ...words: string[]): Promise<Ended> {
  return kubectl(of.stack, ['-n', of.namespace, ...words], { env: { KUBECONFIG: kubeconfig } });
}

/** Waits as a pipeline would, for as long as the rollout takes, and gives what kubectl said. */
export function waitFinished(of: Pick<Story, 'stack' | 'namespace'>, { metadata }: SeenRollout): Promise<string> {
  const words = ['wait', `cro/${metadata.name}`, '--for=condition=Finished', '--timeout=150s', '-n', of.namespace];
  return kubectlOutput(of.stack, words, { timeoutMs: 160_000 });
}

/** Appends a request of `verb` in the name of `actor`, with kubectl as somebody. */
export function appendRequest(
  who: string,
  of: Story,
  { metadata }: SeenRollout,
  verb: string,
  actor: string,
): Promise<Ended> {
  const value = { id: `${verb}-${actor}`, verb, actor, surface: 'kubectl', time: new Date().toISOString() };
  const patch = JSON.stringify([{ op: 'add', path: '/spec/requests/-', value }]);
  return kubectlAs(who, of, 'patch', `cro/${metadata.name}`, '--type=json', '-p', patch);
}

/** Whether the route is as it was before any rollout: 100 and 0, and no mark of Serin. */
export async function isAtRest(of: Story): Promise<boolean> {
  const { spec, metadata } = await of.routes();
  const marks = Object.keys(metadata.annotations).filter((key) => key.startsWith('serin.dev/'));
  return marks.length === 0 && String(spec.http[0]?.route.map(({ weight }) => weight)) === '100,0';
}

/** Whether an Event about the annotations stands for more than one. */
export async function isRefusalCounted(of: Story): Promise<boolean> {
  const count = '{.items[?(@.reason=="InvalidAnnotation")].series.count}';
  const counts = await of.kubectl(['get', 'events.events.k8s.io', '-o', `jsonpath=${count}`]);
  return counts.split(' ').some((each) => Number(each) >= 2);
}
