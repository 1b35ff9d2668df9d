// Deployments as far as a rollout of them cares: what a wait is pinned to, and what stands beside a rollout on a page.
import { z } from 'zod';
import type { Generation, PodTrouble, Workload } from '../../controller/ports.ts';
import type { RolloutId } from '../../domain/rollout.ts';
import { concerns, policyOf } from '../../domain/settings.ts';
import { prefix } from '../../domain/settings-keys.ts';
import { fromCluster } from './door.ts';
import { within } from './finding.ts';
import type { ApiParts } from './parts.ts';
import { Problem } from './problem.ts';

const texts = z.record(z.string(), z.string());

const ranShape = {
  hash: z.string(),
  revision: z.string(),
  podLabels: texts,
  images: z.array(z.string()),
  replicas: z.number(),
  readyReplicas: z.number(),
};

/** One Deployment. */
export const deploymentSchema = z
  .object({
    schema: z.literal('serin.dev/deployment/v1'),
    namespace: z.string(),
    name: z.string(),
    ...ranShape,
    hash: z.string().optional().describe('The pod-template hash, once the cluster has made the ReplicaSet.'),
    revision: z.string().describe("Serin's own hash of the pod template: equal templates, equal revisions."),
    uid: z.string(),
    resourceVersion: z.string(),
    annotations: texts.describe('Those of Serin alone.'),
    complete: z.boolean().describe('Whether every replica runs the present template and is ready.'),
    progressDeadlineSeconds: z.number(),
    paused: z.boolean(),
    held: z.boolean().describe("Whether the pause is Serin's."),
    deleting: z.boolean(),
    generations: z.array(z.object(ranShape)).describe('The templates that it has run, the newest first.'),
    troubles: z
      .array(
        z.object({
          pod: z.string(),
          kind: z.enum(['crashLoop', 'imagePull', 'outOfMemory', 'unschedulable', 'notStarting']),
          message: z.string(),
        }),
      )
      .describe('Pods of the present template that are in trouble, worst first.'),
    policy: z
      .object({ name: z.string(), fields: texts.optional().describe('Absent where there is no such policy.') })
      .optional()
      .describe('The CanaryPolicy that it names.'),
  })
  .meta({ id: 'Deployment', description: 'A Deployment, as far as its rollouts go.' });

/** Names of Deployments. */
export const deploymentsSchema = z
  .object({
    schema: z.literal('serin.dev/deployments/v1'),
    deployments: z.array(z.object({ namespace: z.string(), name: z.string() })),
  })
  .meta({ id: 'DeploymentList', description: 'Deployments that ask to be managed, or are held.' });

/** One Deployment, with what it names and what it has run; a problem when there is none. */
export async function deployment(parts: ApiParts, place: RolloutId): Promise<z.input<typeof deploymentSchema>> {
  const { namespace, name } = place;
  within(parts, namespace);
  return fromCluster(parts.log, `what Deployment ${name} is`, async () => {
    const workload = await parts.workloads.get(namespace, name);
    if (workload === undefined || !(await isSerins(parts, workload))) {
      const next = `GET /v1/rollouts?namespace=${namespace} lists the rollouts there are.`;
      const detail = `There is no Deployment ${name} in namespace ${namespace} that asks for canaries or is part of a rollout.`;
      throw new Problem('not-found', detail, next);
    }
    const [generations, troubles, policy] = await Promise.all([
      parts.workloads.generations(workload),
      parts.workloads.troubles(workload),
      policyFor(parts, workload),
    ]);
    return recordOf(workload, generations, troubles, policy);
  });
}

/** Whether it says something to Serin, or is part of a rollout. The right to read rollouts opens no other Deployments. */
async function isSerins({ rollouts }: ApiParts, { namespace, name, annotations }: Workload): Promise<boolean> {
  if (concerns(annotations)) return true;
  const all = await rollouts.list(namespace);
  return all.some(({ spec: { target, stable, canary } }) =>
    [target.name, stable.workload, canary.workload].includes(name),
  );
}

/** The Deployments that ask to be managed; of a namespace, or of all. */
export async function deployments(
  parts: ApiParts,
  namespace: string | undefined = parts.namespace,
): Promise<z.input<typeof deploymentsSchema>> {
  if (namespace !== undefined) within(parts, namespace);
  const found = await fromCluster(parts.log, 'which Deployments ask to be managed', () => parts.adopted(namespace));
  return { schema: 'serin.dev/deployments/v1', deployments: [...found] };
}

type Named = NonNullable<z.input<typeof deploymentSchema>['policy']>;

async function policyFor({ policies }: ApiParts, { namespace, annotations }: Workload): Promise<Named | undefined> {
  const name = policyOf(annotations);
  if (name === undefined) return undefined;
  const fields = await policies.get(namespace, name);
  return { name, ...(fields === undefined ? {} : { fields }) };
}

function recordOf(
  { annotations, hash, images, podLabels, ...workload }: Workload,
  generations: readonly Generation[],
  troubles: readonly PodTrouble[],
  policy: Named | undefined,
): z.input<typeof deploymentSchema> {
  return {
    schema: 'serin.dev/deployment/v1',
    ...workload,
    // A Deployment holds its whole last-applied form in an annotation, which is nobody's business here.
    annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => key.startsWith(prefix))),
    ...(hash === undefined ? {} : { hash }),
    images: [...images],
    podLabels,
    generations: generations.map((generation) => ({ ...generation, images: [...generation.images] })),
    troubles: [...troubles],
    ...(policy === undefined ? {} : { policy }),
  };
}
