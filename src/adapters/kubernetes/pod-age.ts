// When a pod was created, for those who count what it did.
import type { Instant } from '../../domain/time.ts';
import type { ClusterRequests } from './connection.ts';
import { metadataAlone, objectSchema } from './metadata.ts';
import { refused } from './refused.ts';

/** Asks the cluster; undefined when there is no such pod. Throws when the cluster cannot be reached or refuses. */
export function clusterPodAge(
  cluster: ClusterRequests,
): (namespace: string, pod: string) => Promise<Instant | undefined> {
  return async (namespace, pod) => {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`;
    const answer = await cluster.request('GET', path, { accept: metadataAlone });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refused(`Reading pod ${namespace}/${pod}`, answer);
    return objectSchema.parse(answer.body).metadata.creationTimestamp;
  };
}
