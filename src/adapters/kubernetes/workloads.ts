// Deployments and their pods, read live.
import { z } from 'zod';
import type { Clock, Generation, PodTrouble, Workload, Workloads } from '../../controller/ports.ts';
import type { ClusterRequests } from './connection.ts';
import { listAll } from './list.ts';
import { metadataSchema } from './metadata.ts';
import { hashKey, imagesOf, podLabelsOf, revisionOf, templateSchema } from './pod-template.ts';
import { type PodSeen, podSchema, troublesOf } from './pod-trouble.ts';
import { refused } from './refused.ts';
import { generationsOf, keptUnder, numberKey, revisionKept } from './replica-sets.ts';

const count = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);

const deploymentSchema = z.object({
  metadata: metadataSchema,
  spec: z.object({
    replicas: z.number().default(1),
    paused: z.boolean().default(false),
    progressDeadlineSeconds: z.number().default(600),
    selector: z.object({
      matchLabels: z.record(z.string(), z.string()).nullish(),
      matchExpressions: z
        .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).nullish() }))
        .nullish(),
    }),
    template: templateSchema,
  }),
  status: z
    .object({
      observedGeneration: count,
      replicas: count,
      updatedReplicas: count,
      readyReplicas: count,
      availableReplicas: count,
    })
    .prefault({}),
});

type Deployment = z.output<typeof deploymentSchema>;

/** Marks a pause as Serin's, or as its admission policy's; the latter writes this very value. */
export const heldKey = 'serin.dev/held';

/** Deployments as the cluster has them now. Throws when it cannot be reached or refuses. */
export function clusterWorkloads(cluster: ClusterRequests, clock: Clock): Workloads {
  async function read(namespace: string, name: string): Promise<Deployment | undefined> {
    const answer = await cluster.request('GET', deploymentPath(namespace, name));
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refused(`Reading Deployment ${namespace}/${name}`, answer);
    return deploymentSchema.parse(answer.body);
  }

  async function get(namespace: string, name: string): Promise<Workload | undefined> {
    const deployment = await read(namespace, name);
    return deployment === undefined ? undefined : workloadOf(deployment, await hashOf(cluster, deployment));
  }

  async function generations({ namespace, name, uid }: Workload): Promise<readonly Generation[]> {
    const deployment = await read(namespace, name);
    if (deployment === undefined) return [];
    return generationsOf(cluster, { namespace, uid, selector: deployment.spec.selector });
  }

  async function troubles(workload: Workload): Promise<readonly PodTrouble[]> {
    if (workload.hash === undefined) return [];
    const path = `/api/v1/namespaces/${encodeURIComponent(workload.namespace)}/pods`;
    const labelSelector = `${hashKey}=${workload.hash}`;
    const { objects } = await listAll(cluster, { path, metadataOnly: false, labelSelector });
    const pods = objects.map((object): PodSeen => podSchema.parse(object));
    const replicaSet = `${workload.name}-${workload.hash}`;
    const own = pods.filter(({ metadata }) => metadata.ownerReferences.some(({ name }) => name === replicaSet));
    return troublesOf(own, clock.now());
  }

  return { get, troubles, generations };
}

/** The path of one Deployment. */
export function deploymentPath(namespace: string, name: string): string {
  return `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments/${encodeURIComponent(name)}`;
}

function workloadOf({ metadata, spec, status }: Deployment, hash: string | undefined): Workload {
  const isObserved = status.observedGeneration >= metadata.generation;
  const counts = [status.replicas, status.updatedReplicas, status.availableReplicas];
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    annotations: metadata.annotations,
    ...(hash === undefined ? {} : { hash }),
    images: imagesOf(spec.template),
    podLabels: podLabelsOf(spec.template),
    replicas: spec.replicas,
    readyReplicas: status.readyReplicas,
    complete: isObserved && counts.every((each) => each === spec.replicas),
    progressDeadlineSeconds: spec.progressDeadlineSeconds,
    deleting: metadata.deletionTimestamp !== undefined && metadata.deletionTimestamp !== null,
    resourceVersion: metadata.resourceVersion,
    revision: revisionOf(spec.template),
    paused: spec.paused,
    held: metadata.annotations[heldKey] === 'true',
  };
}

/**
 * The hash of the ReplicaSet that the present template stands for: the one of the Deployment's own number, once the Deployment
 * controller has seen the present spec. A paused Deployment keeps its old number whatever its template says.
 */
async function hashOf(cluster: ClusterRequests, { metadata, spec, status }: Deployment): Promise<string | undefined> {
  const number = metadata.annotations[numberKey];
  if (number === undefined || status.observedGeneration < metadata.generation) return undefined;
  const { namespace, uid } = metadata;
  const kept = await keptUnder(number, cluster, { namespace, uid, selector: spec.selector });
  if (kept === undefined || !spec.paused) return kept?.hash;
  const isRun = (await revisionKept(cluster, namespace, kept.name)) === revisionOf(spec.template);
  return isRun ? kept.hash : undefined;
}
