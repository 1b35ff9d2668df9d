// Copies of Deployments in memory, for unit tests.
import type { Copies } from '../../controller/ports.ts';
import type { MemoryWorkloads } from './workloads.ts';

/** Copies as Deployments among the others; a pod is listed as long as its copy has any. */
export function memoryCopies(workloads: MemoryWorkloads): Copies {
  return {
    async create(target, copy) {
      const now = await workloads.get(target.namespace, target.name);
      if (now?.revision !== copy.revision) return 'changed';
      if ((await workloads.get(target.namespace, copy.name)) !== undefined) return 'exists';
      const { annotations: _, ...template } = now;
      const podLabels = { ...now.podLabels, 'serin.dev/revision': copy.revision };
      const own = { name: copy.name, uid: `uid-${copy.name}`, replicas: copy.replicas, podLabels, annotations: {} };
      workloads.put({
        ...template,
        ...own,
        hash: `hash${copy.revision}copy`,
        paused: false,
        held: false,
        complete: true,
        readyReplicas: copy.replicas,
      });
      workloads.change(target.namespace, copy.name, {});
      return 'created';
    },
    async scale(namespace, name, replicas) {
      workloads.change(namespace, name, { replicas });
    },
    async remove(namespace, name) {
      workloads.remove(namespace, name);
    },
    async isListed(namespace, name) {
      return ((await workloads.get(namespace, name))?.replicas ?? 0) > 0;
    },
  };
}
