// Holds on Deployments in memory, for unit tests.
import type { Holds } from '../../controller/ports.ts';
import type { MemoryWorkloads, TemplateChange } from './workloads.ts';

/** The port, and the writes that an admission policy would see. */
export interface MemoryHolds extends Holds {
  /** Changes a template as a user does; where the hold is automatic, an adopted Deployment is paused in the same write. */
  retemplate(namespace: string, name: string, template: TemplateChange): Promise<void>;
  /** What is said of a rejected template; undefined while nothing is. */
  rejection(namespace: string, name: string): string | undefined;
}

/** `automatic`: whether a policy pauses an adopted Deployment in the write that changes its template. */
export function memoryHolds(workloads: MemoryWorkloads, { automatic }: { readonly automatic: boolean }): MemoryHolds {
  const rejections = new Map<string, string>();
  return {
    async pause(namespace, name) {
      const now = await workloads.get(namespace, name);
      if (now !== undefined && !(now.paused && now.held))
        workloads.change(namespace, name, { paused: true, held: true });
    },
    async lift({ namespace, name, resourceVersion }) {
      const now = await workloads.get(namespace, name);
      if (now?.resourceVersion !== resourceVersion) return 'conflict';
      workloads.change(namespace, name, { paused: false, held: false });
      return 'lifted';
    },
    isAutomatic: async () => automatic,
    async reject(namespace, name, message) {
      if (message === undefined) rejections.delete(`${namespace}/${name}`);
      else rejections.set(`${namespace}/${name}`, message);
    },
    async retemplate(namespace, name, template) {
      const now = await workloads.get(namespace, name);
      const isAdopted = now?.annotations['serin.dev/stable'] !== undefined && now.replicas > 0;
      const hold = automatic && isAdopted && !now.paused ? { paused: true, held: true } : {};
      workloads.change(namespace, name, { ...template, ...hold });
    },
    rejection: (namespace, name) => rejections.get(`${namespace}/${name}`),
  };
}
