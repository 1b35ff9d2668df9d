// Freezes: what the CanaryPolicies of a namespace say of them, and the one policy that holds for all namespaces.
import { z } from 'zod';
import type { Freezes } from '../../controller/people-port.ts';
import { type DeclaredFreezes, readFreezes } from '../../domain/freeze-settings.ts';
import type { ClusterRequests } from './connection.ts';
import { refused } from './refused.ts';

const policySchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  spec: z.looseObject({ freeze: z.unknown().optional(), stop: z.unknown().optional() }).default({}),
});

const listSchema = z.looseObject({ items: z.array(policySchema) });

/** The policy that holds for all namespaces. */
export interface ClusterPolicy {
  readonly namespace: string;
  readonly name: string;
}

/** Reads freezes live; a policy for all that is not there declares none. Throws when the cluster cannot be reached or refuses. */
export function clusterFreezes(cluster: ClusterRequests, everywhere?: ClusterPolicy): Freezes {
  async function ofNamespace(namespace: string): Promise<readonly DeclaredFreezes[]> {
    const answer = await cluster.request('GET', policiesPath(namespace));
    if (answer.status !== 200) throw refused(`Listing the CanaryPolicies of ${namespace}`, answer);
    return listSchema.parse(answer.body).items.map(declaredBy);
  }

  async function ofAll(): Promise<readonly DeclaredFreezes[]> {
    if (everywhere === undefined) return [];
    const { namespace, name } = everywhere;
    const answer = await cluster.request('GET', `${policiesPath(namespace)}/${encodeURIComponent(name)}`);
    if (answer.status === 404) return [];
    if (answer.status !== 200) throw refused(`Reading CanaryPolicy ${namespace}/${name}`, answer);
    return [declaredBy(policySchema.parse(answer.body))];
  }

  return {
    async declared(namespace) {
      const [all, own] = await Promise.all([ofAll(), ofNamespace(namespace)]);
      return [...all, ...own.filter(({ policy }) => policy !== all[0]?.policy)];
    },
  };
}

function policiesPath(namespace: string): string {
  return `/apis/serin.dev/v1alpha1/namespaces/${encodeURIComponent(namespace)}/canarypolicies`;
}

function declaredBy({ metadata, spec }: z.output<typeof policySchema>): DeclaredFreezes {
  return readFreezes(`${metadata.namespace}/${metadata.name}`, spec.freeze, spec.stop);
}
