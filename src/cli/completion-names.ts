// The names that fit in a cluster: Deployments that have had rollouts or ask for them, and rollouts by their own names.
import type { CliCluster } from './cluster.ts';
import type { Offer } from './completion.ts';

/** Names for the word being typed, which may begin with a type: `deployment/che`. Rejects when the cluster does. */
export async function namesIn(cluster: CliCluster, present: string): Promise<readonly Offer[]> {
  const [type] = /^[a-z.]+\//.exec(present) ?? [''];
  const [rollouts, adopted] = await Promise.all([
    cluster.rollouts.list(cluster.namespace),
    cluster.adoptions.list(cluster.namespace).catch(() => []),
  ]);
  const targets = [...rollouts.map(({ spec }) => spec.target.name), ...adopted.map(({ name }) => name)];
  const deployments = targets.toSorted().map((name) => ({ word: type + name, about: 'Deployment' }));
  const own = rollouts.map(({ id, status }) => ({ word: type + id.name, about: `rollout, ${status.phase}` }));
  if (type.startsWith('deploy')) return deployments;
  return type === '' ? [...deployments, ...own] : own;
}
