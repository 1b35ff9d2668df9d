// Shared settings: CanaryPolicy objects, read when a rollout is about to begin.
import { z } from 'zod';
import type { Policies } from '../../controller/ports.ts';
import { policySettings } from '../../domain/policy.ts';
import type { ClusterRequests } from './connection.ts';
import { refused } from './refused.ts';

const policySchema = z.looseObject({
  spec: z
    .object({ gates: z.unknown().optional() })
    .catchall(z.union([z.string(), z.number(), z.array(z.number())]))
    .default({}),
});

/** Reads policies live. Throws when the cluster cannot be reached or refuses. */
export function clusterPolicies(cluster: ClusterRequests): Policies {
  return {
    async get(namespace, name) {
      const path = `/apis/serin.dev/v1alpha1/namespaces/${encodeURIComponent(namespace)}/canarypolicies/${encodeURIComponent(name)}`;
      const answer = await cluster.request('GET', path);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw refused(`Reading CanaryPolicy ${namespace}/${name}`, answer);
      return policySettings(policySchema.parse(answer.body).spec);
    },
  };
}
