// Which Deployments ask to be managed, and the end of that.
import type { ClusterRequests } from './connection.ts';
import { listAll } from './list.ts';
import { metadataAlone, objectSchema } from './metadata.ts';
import { refused } from './refused.ts';
import { deploymentPath } from './workloads.ts';

/** Deployments that Serin looks after. */
export interface ClusterAdoptions {
  list(namespace?: string): Promise<readonly { readonly namespace: string; readonly name: string }[]>;
  end(namespace: string, name: string): Promise<void>;
}

const askingKey = 'serin.dev/canary';
const heldKey = 'serin.dev/held';

/** Adoptions as the annotations of real Deployments say. Throws when the cluster cannot be reached or refuses. */
export function clusterAdoptions(cluster: ClusterRequests): ClusterAdoptions {
  async function list(namespace?: string): Promise<readonly { readonly namespace: string; readonly name: string }[]> {
    const home = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
    const { objects } = await listAll(cluster, { path: `/apis/apps/v1${home}/deployments`, metadataOnly: true });
    return objects
      .map((object) => objectSchema.parse(object).metadata)
      .filter(({ annotations }) => annotations[askingKey] !== undefined || annotations[heldKey] !== undefined)
      .map((metadata) => ({ namespace: metadata.namespace, name: metadata.name }));
  }

  async function end(namespace: string, name: string): Promise<void> {
    const path = deploymentPath(namespace, name);
    const answer = await cluster.request('GET', path, { accept: metadataAlone });
    if (answer.status === 404) return;
    if (answer.status !== 200) throw refused(`Reading Deployment ${namespace}/${name}`, answer);
    if (objectSchema.parse(answer.body).metadata.annotations[askingKey] === undefined) return;
    const body = { metadata: { annotations: { [askingKey]: null } } };
    const contentType = 'application/merge-patch+json';
    const written = await cluster.request('PATCH', path, {
      body,
      contentType,
      query: { fieldManager: 'serin-rollout' },
    });
    if (written.status !== 200 && written.status !== 404)
      throw refused(`Taking ${askingKey} off Deployment ${namespace}/${name}`, written);
  }

  return { list, end };
}
