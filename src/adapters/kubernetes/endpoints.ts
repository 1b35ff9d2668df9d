// Whether a Service still sends requests to the pods of a Deployment, as far as its EndpointSlices tell.
import { z } from 'zod';
import type { ClusterRequests } from './connection.ts';
import { listAll } from './list.ts';
import { metadataAlone, objectSchema } from './metadata.ts';
import { refused } from './refused.ts';

const sliceSchema = z.object({
  endpoints: z
    .array(z.object({ targetRef: z.object({ kind: z.string().optional(), name: z.string().optional() }).nullish() }))
    .nullish()
    .transform((value) => value ?? []),
});

/** Longest part of a pod's name that comes from its ReplicaSet; the API server cuts off the rest. */
const longestStem = 58;

/**
 * Whether an EndpointSlice of the Services lists a pod of the Deployment, ready or not, also one that is no more. Throws when the
 * cluster cannot be reached or refuses.
 */
export async function isListedBy(
  cluster: ClusterRequests,
  namespace: string,
  name: string,
  hosts: readonly string[],
): Promise<boolean> {
  const stem = `${name}-`.slice(0, longestStem);
  for (const host of hosts) {
    const listed = (await podsBehind(cluster, host, namespace)).filter((pod) => pod.startsWith(stem));
    for (const pod of listed) {
      if (await isOf(cluster, namespace, pod, name)) return true;
    }
  }
  return false;
}

/** Names of the pods that a Service's EndpointSlices list. A host is the name of a Service, its namespace after the first dot. */
async function podsBehind(cluster: ClusterRequests, host: string, home: string): Promise<readonly string[]> {
  const [service = host, namespace = home] = host.split('.');
  const path = `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices`;
  const labelSelector = `kubernetes.io/service-name=${service}`;
  const { objects } = await listAll(cluster, { path, metadataOnly: false, labelSelector });
  return objects
    .flatMap((object) => sliceSchema.parse(object).endpoints)
    .flatMap(({ targetRef }) => (targetRef?.name === undefined ? [] : [targetRef.name]));
}

/** A pod that is gone and is listed still may have been any; names that were cut off alone do not tell. */
async function isOf(cluster: ClusterRequests, namespace: string, pod: string, name: string): Promise<boolean> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`;
  const answer = await cluster.request('GET', path, { accept: metadataAlone });
  if (answer.status === 404) return true;
  if (answer.status !== 200) throw refused(`Reading pod ${namespace}/${pod}`, answer);
  const { ownerReferences } = objectSchema.parse(answer.body).metadata;
  return ownerReferences.some((owner) => owner.name.startsWith(`${name}-`));
}
