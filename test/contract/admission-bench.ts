// The admission policies of deploy/, in force in single namespaces alone: other tests share the cluster.
import { z } from 'zod';
import type { Cluster } from '../../src/adapters/kubernetes/connection.ts';
import { kubectlOutput } from '../../tools/stack/kubectl.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { change, deployFolder } from './crds-bench.ts';

const bound = { 'serin.dev/admission': 'under-test' };
const item = z.looseObject({ kind: z.string(), spec: z.looseObject({}) });

/** Applies the policies as they are, and their bindings narrowed. It takes the API server a moment to follow them. */
export async function applyPolicies(): Promise<void> {
  const stack = stackOfThisRun();
  const rendering = ['create', '--dry-run=client', '-o', 'json', '-f', `${deployFolder}/admission`];
  const rendered = await kubectlOutput(stack, rendering);
  const matchResources = { namespaceSelector: { matchLabels: bound } };
  const items = rendered
    .split(/\n(?=\{)/)
    .map((text) => item.parse(JSON.parse(text)))
    .map((object) =>
      object.kind.endsWith('Binding') ? { ...object, spec: { ...object.spec, matchResources } } : object,
    );
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await kubectlOutput(stack, ['apply', '--server-side', '--force-conflicts', '-f', '-'], { stdin });
}

/** Brings a namespace under the policies that were applied. */
export async function bindPolicies(admin: Cluster, namespace: string): Promise<void> {
  await change(admin, `/api/v1/namespaces/${namespace}`, { metadata: { labels: bound } });
}
