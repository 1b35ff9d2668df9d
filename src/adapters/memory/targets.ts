// What Deployments in memory show of their rollouts, for unit tests.
import type { Targets } from '../../controller/ports.ts';
import { prefix } from '../../domain/settings-keys.ts';
import type { MemoryWorkloads } from './workloads.ts';

/** Whether a Deployment's annotations are understood; undefined while there was never a reason to say. */
export type Acceptance =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string };

/** The port, and a look at the condition. */
export interface MemoryTargets extends Targets {
  acceptance(namespace: string, name: string): Acceptance | undefined;
}

/** Marks the Deployments given; one that is not there needs none. */
export function memoryTargets(workloads: MemoryWorkloads): MemoryTargets {
  const said = new Map<string, Acceptance>();
  return {
    async mark(namespace, name, marks) {
      const workload = await workloads.get(namespace, name);
      if (workload === undefined) return;
      const marked = new Map(Object.entries(workload.annotations));
      for (const [key, value] of Object.entries(marks)) {
        if (typeof value === 'string') marked.set(`${prefix}${key}`, value);
        else marked.delete(`${prefix}${key}`);
      }
      workloads.annotate(namespace, name, Object.fromEntries(marked));
    },
    async accept(namespace, name, refusal) {
      const key = `${namespace}/${name}`;
      const before = said.get(key);
      if ((await workloads.get(namespace, name)) === undefined || isSame(before, refusal)) return 'same';
      said.set(key, refusal === undefined ? { kind: 'accepted' } : { kind: 'refused', ...refusal });
      return 'changed';
    },
    acceptance: (namespace, name) => said.get(`${namespace}/${name}`),
  };
}

function isSame(
  before: Acceptance | undefined,
  refusal: { readonly reason: string; readonly message: string } | undefined,
): boolean {
  if (before?.kind !== 'refused') return refusal === undefined;
  return before.reason === refusal?.reason && before.message === refusal.message;
}
