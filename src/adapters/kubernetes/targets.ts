// What a Deployment shows of its rollouts.
import { z } from 'zod';
import type { Targets } from '../../controller/ports.ts';
import type { ClusterRequests } from './connection.ts';
import { refused } from './refused.ts';
import { deploymentPath } from './workloads.ts';

const conditionType = 'serin.dev/CanaryAccepted';
const deploymentSchema = z.looseObject({
  metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).default({}) }),
  status: z
    .looseObject({ conditions: z.array(z.looseObject({ type: z.string(), reason: z.string().optional(), message: z.string().optional() })).default([]) })
    .prefault({}),
});

/** Marks on real Deployments; a Deployment that is gone needs none. */
export function clusterTargets(cluster: ClusterRequests): Targets {
  async function read(path: string): Promise<z.output<typeof deploymentSchema> | undefined> {
    const answer = await cluster.request('GET', path);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refused('Reading a Deployment', answer);
    return deploymentSchema.parse(answer.body);
  }
  async function patch(path: string, body: unknown, contentType: string): Promise<void> {
    const answer = await cluster.request('PATCH', path, { body, contentType, query: { fieldManager: 'serin' } });
    if (answer.status !== 200 && answer.status !== 404) throw refused('Marking a Deployment', answer);
  }
  return {
    async mark(namespace, name, marks) {
      const path = deploymentPath(namespace, name);
      const present = await read(path);
      const wanted = Object.entries(marks).map(([key, value]) => [`serin.dev/${key}`, value] as const);
      if (present === undefined || wanted.every(([key, value]) => present.metadata.annotations[key] === value)) return;
      await patch(path, { metadata: { annotations: Object.fromEntries(wanted) } }, 'application/merge-patch+json');
    },
    async accept(namespace, name, refusal) {
      const path = deploymentPath(namespace, name);
      const present = await read(path);
      const before = present?.status.conditions.find(({ type }) => type === conditionType);
      if (present === undefined || (before === undefined && refusal === undefined)) return 'same';
      const wanted =
        refusal === undefined
          ? { status: 'True', reason: 'Accepted', message: 'The annotations are understood.' }
          : { status: 'False', ...refusal };
      if (before?.reason === wanted.reason && before.message === wanted.message) return 'same';
      const condition = { type: conditionType, ...wanted };
      await patch(`${path}/status`, { status: { conditions: [condition] } }, 'application/strategic-merge-patch+json');
      return 'changed';
    },
  };
}
