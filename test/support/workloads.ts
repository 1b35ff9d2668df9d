// What runs in the cluster of a stack, read with kubectl.

import { z } from 'zod';
import { type KubectlTarget, kubectlOutput } from '../../tools/stack/kubectl.ts';

const containerStatus = z.object({
  ready: z.boolean(),
  restartCount: z.number(),
  state: z.unknown(),
  lastState: z.unknown(),
});

const podSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ containers: z.array(z.object({ image: z.string() })) }),
  status: z.object({
    containerStatuses: z.array(containerStatus).optional(),
    conditions: z.array(z.object({ type: z.string(), status: z.string() })).optional(),
  }),
});

/** The fields of a pod that tests look at. */
export type Pod = z.infer<typeof podSchema>;

const endpoint = z.object({ addresses: z.array(z.string()), conditions: z.object({ ready: z.boolean() }) });
const sliceList = z.object({ items: z.array(z.object({ endpoints: z.array(endpoint).nullish() })) });

/** The pods with the label `app`. */
export async function podsOf(stack: KubectlTarget, namespace: string, app: string): Promise<readonly Pod[]> {
  const json = await kubectlOutput(stack, ['-n', namespace, 'get', 'pods', '-l', `app=${app}`, '-o', 'json']);
  return z.object({ items: z.array(podSchema) }).parse(JSON.parse(json)).items;
}

/** The addresses that are ready in the EndpointSlices of a Service. */
export async function readyAddresses(
  stack: KubectlTarget,
  namespace: string,
  service: string,
): Promise<readonly string[]> {
  const selector = `kubernetes.io/service-name=${service}`;
  const json = await kubectlOutput(stack, ['-n', namespace, 'get', 'endpointslices', '-l', selector, '-o', 'json']);
  const endpoints = sliceList.parse(JSON.parse(json)).items.flatMap((slice) => slice.endpoints ?? []);
  return endpoints.filter((each) => each.conditions.ready).flatMap((each) => each.addresses);
}
