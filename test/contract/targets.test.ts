import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clusterTargets } from '../../src/adapters/kubernetes/targets.ts';
import { memoryTargets } from '../../src/adapters/memory/targets.ts';
import { memoryWorkloads } from '../../src/adapters/memory/workloads.ts';
import { aWorkload, dawn } from '../support/builders.ts';
import { eventually } from '../support/eventually.ts';
import { change, connectionsForTests, createDeployment, demand, newNamespace } from './crds-bench.ts';
import { type TargetsBench, targetsContract } from './targets.ts';

targetsContract('memory', async () => memoryBench());

function memoryBench(): TargetsBench {
  const workloads = memoryWorkloads();
  const targets = memoryTargets(workloads);
  workloads.put(aWorkload({ name: 'reviews-v2', namespace: 'shop', annotations: { team: 'books' } }));
  const annotations = async (): Promise<Readonly<Record<string, string>>> =>
    (await workloads.get('shop', 'reviews-v2'))?.annotations ?? {};
  return {
    targets,
    namespace: 'shop',
    annotations,
    condition: async () => {
      const said = targets.acceptance('shop', 'reviews-v2');
      if (said === undefined) return undefined;
      if (said.kind === 'accepted')
        return { status: 'True', reason: 'Accepted', message: 'The annotations are understood.' };
      return { status: 'False', reason: said.reason, message: said.message };
    },
    version: async () => JSON.stringify([await annotations(), targets.acceptance('shop', 'reviews-v2')]),
  };
}

describe('on a cluster', () => {
  const connections = connectionsForTests();
  const condition = z.looseObject({ type: z.string(), status: z.string(), reason: z.string(), message: z.string() });
  const deploymentSchema = z.object({
    metadata: z.looseObject({
      resourceVersion: z.string(),
      generation: z.number(),
      annotations: z.record(z.string(), z.string()),
      managedFields: z.array(z.looseObject({ manager: z.string(), fieldsV1: z.unknown() })),
    }),
    spec: z.unknown(),
    status: z.looseObject({ observedGeneration: z.number().default(0), conditions: z.array(condition).default([]) }),
  });
  type Seen = z.output<typeof deploymentSchema>;

  async function begin(): Promise<TargetsBench & { readonly path: string; readonly read: () => Promise<Seen> }> {
    const { admin, controller } = connections();
    const namespace = await newNamespace(admin, 'targets');
    const { name } = await createDeployment(admin, namespace, { annotations: { team: 'books' } });
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
    const read = async (): Promise<Seen> => deploymentSchema.parse(await demand(admin, 'GET', path));
    const settled = (seen: Seen): boolean =>
      seen.status.conditions.some(({ type, reason }) => type === 'Progressing' && reason === 'NewReplicaSetAvailable');
    await eventually('the Deployment to settle', async () => settled(await read()));
    return {
      targets: clusterTargets(controller, { now: () => dawn }),
      namespace,
      path,
      read,
      annotations: async () => (await read()).metadata.annotations,
      condition: async () => {
        const said = (await read()).status.conditions.find(({ type }) => type === 'serin.dev/CanaryAccepted');
        return said === undefined ? undefined : { status: said.status, reason: said.reason, message: said.message };
      },
      version: async () => (await noted(read)).metadata.resourceVersion,
    };
  }

  /** The Deployment once its controller has taken note of the last write: each of annotations counts, and is answered in the status. */
  function noted(read: () => Promise<Seen>): Promise<Seen> {
    const isNoted = async (): Promise<Seen | false> => {
      const seen = await read();
      return seen.status.observedGeneration >= seen.metadata.generation && seen;
    };
    return eventually('the last write to be taken note of', isNoted);
  }

  targetsContract('Kubernetes, as the controller that deploy/ describes', begin);

  const refusal = { reason: 'InvalidAnnotation', message: 'serin.dev/bake is "ten", which is no duration.' };

  it('outlive what the Deployment controller writes', async () => {
    const { targets, namespace, path, read } = await begin();
    await targets.accept(namespace, 'reviews-v2', refusal);

    await change(connections().admin, path, {
      spec: { replicas: 2, template: { metadata: { labels: { new: 'yes' } } } },
    });
    const after = await eventually('the Deployment controller to have written', async () => {
      const seen = await read();
      const { observedGeneration, conditions } = seen.status;
      const done = conditions.some(({ type, message }) => type === 'Progressing' && message.includes('successfully'));
      return observedGeneration >= seen.metadata.generation && done && seen;
    });

    const types = after.status.conditions.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['serin.dev/CanaryAccepted', 'Available', 'Progressing']));
  });

  it('change nothing of the spec, and own nothing of it', async () => {
    const { targets, namespace, read } = await begin();
    const { spec } = await read();

    await targets.mark(namespace, 'reviews-v2', { phase: 'baking', rollout: 'reviews-v2-two-1' });
    await targets.accept(namespace, 'reviews-v2', refusal);

    const { metadata, spec: after } = await read();
    const owned = metadata.managedFields.filter(({ manager }) => manager === 'serin').map(({ fieldsV1 }) => fieldsV1);
    expect(after).toEqual(spec);
    expect(JSON.stringify(owned)).not.toContain('f:spec');
    expect(owned).toContainEqual({
      'f:metadata': { 'f:annotations': { 'f:serin.dev/phase': {}, 'f:serin.dev/rollout': {} } },
    });
  });

  it('say when the condition changed', async () => {
    const { targets, namespace, read } = await begin();

    await targets.accept(namespace, 'reviews-v2', refusal);

    const said = (await read()).status.conditions.find(({ type }) => type === 'serin.dev/CanaryAccepted');
    expect(said).toMatchObject({ lastTransitionTime: new Date(dawn).toISOString().replace('.000', '') });
  });
});
