// What the cluster needs before anybody uses it: nodes, Istio's CRDs, the first ServiceAccount.

import { join } from 'node:path';
import { type KubectlTarget, kubectlEventually, kubectlOutput } from './kubectl.ts';

const manifests = join(import.meta.dirname, 'manifests');
const waitSeconds = 60;

/** Applies the nodes and Istio's CRDs. The API server has to be ready. */
export async function fillCluster(target: KubectlTarget, istioCrds: string): Promise<void> {
  await kubectlOutput(target, ['apply', '--server-side', '-f', join(manifests, 'nodes.yaml')]);
  await kubectlOutput(target, ['apply', '--server-side', '-f', istioCrds], { timeoutMs: waitSeconds * 1_000 });
}

/** Resolves when nodes are ready, the CRDs are served and pods can be created in the default namespace. Rejects after a minute each. */
export async function whenUsable(target: KubectlTarget): Promise<void> {
  await waitFor(target, ['crd', '--all'], 'condition=Established');
  await waitFor(target, ['node', '--all'], 'condition=Ready');
  await waitFor(target, ['serviceaccount/default', '--namespace=default'], 'create');
}

async function waitFor(target: KubectlTarget, what: readonly string[], state: string): Promise<void> {
  const args = ['wait', `--for=${state}`, `--timeout=${waitSeconds}s`, ...what];
  await kubectlEventually(target, args, (waitSeconds + 10) * 1_000);
}
