// The ReplicaSets of a Deployment: one for each pod template that it has run.
import { z } from 'zod';
import type { Generation } from '../../controller/ports.ts';
import type { ClusterRequests } from './connection.ts';
import { listAll } from './list.ts';
import { metadataSchema, objectSchema } from './metadata.ts';
import { hashKey, imagesOf, podLabelsOf, revisionOf, templateSchema } from './pod-template.ts';
import { refused } from './refused.ts';
import { type Selector, selectorText } from './selector.ts';

const replicaSetSchema = z.object({
  metadata: metadataSchema,
  spec: z.object({ replicas: z.number().default(1), template: templateSchema }),
  status: z.object({ readyReplicas: z.number().default(0) }).prefault({}),
});

type ReplicaSet = z.output<typeof replicaSetSchema>;

/** On a Deployment and on its ReplicaSets: the number under which the Deployment controller keeps a template. */
export const numberKey = 'deployment.kubernetes.io/revision';

/** Whose ReplicaSets. */
export interface Owner {
  readonly namespace: string;
  readonly uid: string;
  readonly selector: Selector;
}

/** The Deployment's ReplicaSets, the one of the highest number first. */
export async function generationsOf(cluster: ClusterRequests, owner: Owner): Promise<readonly Generation[]> {
  const labelSelector = selectorText(owner.selector);
  const { objects } = await listAll(cluster, { path: pathOf(owner.namespace), metadataOnly: false, labelSelector });
  return objects
    .map((object) => replicaSetSchema.parse(object))
    .filter(({ metadata }) => isOf(owner, metadata))
    .sort((a, b) => b.metadata.creationTimestamp - a.metadata.creationTimestamp)
    .sort((a, b) => numberOf(b) - numberOf(a))
    .map(generationOf);
}

/** A template that is kept under a number. */
export interface Kept {
  /** The ReplicaSet's name. */
  readonly name: string;
  /** The pod-template hash. */
  readonly hash: string;
}

/** The Deployment's ReplicaSet of that number, found by metadata alone; undefined when there is none. */
export async function keptUnder(number: string, cluster: ClusterRequests, owner: Owner): Promise<Kept | undefined> {
  const labelSelector = selectorText(owner.selector);
  const { objects } = await listAll(cluster, { path: pathOf(owner.namespace), metadataOnly: true, labelSelector });
  const found = objects
    .map((object) => objectSchema.parse(object).metadata)
    .find((metadata) => metadata.annotations[numberKey] === number && isOf(owner, metadata));
  const hash = found?.labels[hashKey];
  return found === undefined || hash === undefined ? undefined : { name: found.name, hash };
}

/** The revision of a ReplicaSet's template; undefined when there is no such ReplicaSet. */
export async function revisionKept(
  cluster: ClusterRequests,
  namespace: string,
  name: string,
): Promise<string | undefined> {
  const answer = await cluster.request('GET', `${pathOf(namespace)}/${encodeURIComponent(name)}`);
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw refused(`Reading ReplicaSet ${namespace}/${name}`, answer);
  return revisionOf(replicaSetSchema.parse(answer.body).spec.template);
}

function pathOf(namespace: string): string {
  return `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/replicasets`;
}

function isOf({ uid }: Owner, { ownerReferences }: z.output<typeof metadataSchema>): boolean {
  return ownerReferences.some((reference) => reference.uid === uid);
}

function numberOf({ metadata }: ReplicaSet): number {
  return Number(metadata.annotations[numberKey] ?? 0);
}

function generationOf({ metadata, spec, status }: ReplicaSet): Generation {
  return {
    hash: metadata.labels[hashKey] ?? '',
    revision: revisionOf(spec.template),
    podLabels: podLabelsOf(spec.template),
    images: imagesOf(spec.template),
    replicas: spec.replicas,
    readyReplicas: status.readyReplicas,
  };
}
