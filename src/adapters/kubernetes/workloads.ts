// Deployments and their pods, read live.
import { z } from 'zod';
import type { Clock, PodTrouble, Workload, Workloads } from '../../controller/ports.ts';
import type { ClusterRequests } from './connection.ts';
import { listAll } from './list.ts';
import { metadataSchema, objectSchema } from './metadata.ts';
import { type PodSeen, podSchema, troublesOf } from './pod-trouble.ts';
import { refused } from './refused.ts';
import { selectorText } from './selector.ts';

const template = z.looseObject({
  metadata: z
    .looseObject({ labels: z.record(z.string(), z.string()).nullish() })
    .nullish()
    .transform((value) => value ?? { labels: {} }),
  spec: z.looseObject({ containers: z.array(z.looseObject({ image: z.string().default('') })) }),
});

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
    template,
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

const replicaSetSchema = z.object({ spec: z.object({ template }) });

const revisionKey = 'deployment.kubernetes.io/revision';
const hashKey = 'pod-template-hash';

/** Deployments as the cluster has them now. Throws when it cannot be reached or refuses. */
export function clusterWorkloads(cluster: ClusterRequests, clock: Clock): Workloads {
  async function get(namespace: string, name: string): Promise<Workload | undefined> {
    const answer = await cluster.request('GET', deploymentPath(namespace, name));
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refused(`Reading Deployment ${namespace}/${name}`, answer);
    const deployment = deploymentSchema.parse(answer.body);
    return workloadOf(deployment, await hashOf(cluster, deployment));
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

  return { get, troubles };
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
    images: spec.template.spec.containers.map(({ image }) => image),
    podLabels: spec.template.metadata.labels ?? {},
    replicas: spec.replicas,
    readyReplicas: status.readyReplicas,
    complete: isObserved && counts.every((each) => each === spec.replicas),
    progressDeadlineSeconds: spec.progressDeadlineSeconds,
    deleting: metadata.deletionTimestamp !== undefined && metadata.deletionTimestamp !== null,
  };
}

/**
 * The hash of the ReplicaSet that the present template stands for: the one of the Deployment's own revision, once the Deployment
 * controller has seen the present spec. A paused Deployment keeps its old revision whatever its template says.
 */
async function hashOf(cluster: ClusterRequests, { metadata, spec, status }: Deployment): Promise<string | undefined> {
  const revision = metadata.annotations[revisionKey];
  if (revision === undefined || status.observedGeneration < metadata.generation) return undefined;
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(metadata.namespace)}/replicasets`;
  const labelSelector = selectorText(spec.selector);
  const { objects } = await listAll(cluster, { path, metadataOnly: true, labelSelector });
  const found = objects
    .map((object) => objectSchema.parse(object).metadata)
    .find(
      ({ annotations, ownerReferences }) =>
        annotations[revisionKey] === revision && ownerReferences.some(({ uid }) => uid === metadata.uid),
    );
  const hash = found?.labels[hashKey];
  if (found === undefined || hash === undefined || !spec.paused) return hash;
  return (await runsTemplate(cluster, `${path}/${encodeURIComponent(found.name)}`, spec.template)) ? hash : undefined;
}

async function runsTemplate(cluster: ClusterRequests, path: string, wanted: Deployment['spec']['template']) {
  const answer = await cluster.request('GET', path);
  if (answer.status === 404) return false;
  if (answer.status !== 200) throw refused(`GET ${path}`, answer);
  const { metadata, spec } = replicaSetSchema.parse(answer.body).spec.template;
  const { [hashKey]: _, ...labels } = metadata.labels ?? {};
  return canonical({ metadata: { ...metadata, labels }, spec }) === canonical(wanted);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
