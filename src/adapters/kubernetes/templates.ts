// Changes of a Deployment's pod template in the name of whoever is connected, and the templates there are to go back to.
import { z } from 'zod';
import type { Workload, Workloads } from '../../controller/ports.ts';
import { formatInstant, type Instant } from '../../domain/time.ts';
import type { Answer, ClusterRequests } from './connection.ts';
import { listAll } from './list.ts';
import { metadataSchema, objectSchema } from './metadata.ts';
import { hashKey } from './pod-template.ts';
import { refused } from './refused.ts';
import { numberKey } from './replica-sets.ts';
import { deploymentPath } from './workloads.ts';

/** A pod template that a Deployment has run, under the number that kubectl knows it by. */
export interface PastTemplate {
  readonly number: number;
  readonly hash: string;
  readonly revision: string;
  readonly images: readonly string[];
}

/** What can be done to a Deployment's pod template. */
export interface ClusterTemplates {
  past(workload: Workload): Promise<readonly PastTemplate[]>;
  putBack(workload: Workload, hash: string): Promise<'changed' | 'same' | 'conflict' | 'gone'>;
  restart(workload: Workload, at: Instant): Promise<'changed' | 'conflict'>;
}

const fieldManager = 'serin-rollout';

const templated = z.object({
  metadata: metadataSchema,
  spec: z.looseObject({
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()).nullish() }).nullish(),
    }),
  }),
});

type Template = z.output<typeof templated>['spec']['template'];

/**
 * Templates of real Deployments. Each change is one patch locked on the version that was read, touches the template alone and leaves a
 * pause as it is. Throws when the cluster cannot be reached or refuses.
 */
export function clusterTemplates(
  cluster: ClusterRequests,
  workloads: Pick<Workloads, 'generations'>,
): ClusterTemplates {
  async function past(workload: Workload): Promise<readonly PastTemplate[]> {
    const generations = await workloads.generations(workload);
    const numbers = await numbersOf(
      workload,
      generations.map(({ hash }) => hash),
    );
    return generations
      .map(({ hash, revision, images }) => ({ number: numbers.get(hash) ?? 0, hash, revision, images }))
      .toSorted((a, b) => b.number - a.number);
  }

  async function numbersOf(workload: Workload, hashes: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (hashes.length === 0) return new Map();
    const labelSelector = `${hashKey} in (${hashes.join(',')})`;
    const { objects } = await listAll(cluster, { path: replicaSets(workload), metadataOnly: true, labelSelector });
    const own = objects.map((object) => objectSchema.parse(object).metadata).filter((each) => isOf(workload, each));
    return new Map(own.map(({ labels, annotations }) => [labels[hashKey] ?? '', Number(annotations[numberKey] ?? 0)]));
  }

  async function templateOf(workload: Workload, hash: string): Promise<Template | undefined> {
    const labelSelector = `${hashKey}=${hash}`;
    const { objects } = await listAll(cluster, { path: replicaSets(workload), metadataOnly: false, labelSelector });
    const found = objects.map((object) => templated.parse(object)).find(({ metadata }) => isOf(workload, metadata));
    return found === undefined ? undefined : withoutHash(found.spec.template);
  }

  async function putBack(workload: Workload, hash: string): Promise<'changed' | 'same' | 'conflict' | 'gone'> {
    const template = await templateOf(workload, hash);
    if (template === undefined) return 'gone';
    const { resourceVersion } = workload;
    const answer = await patch(workload, 'application/json-patch+json', [
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'replace', path: '/spec/template', value: template },
    ]);
    if (answer === 'conflict') return answer;
    return answer.metadata.resourceVersion === resourceVersion ? 'same' : 'changed';
  }

  async function restart({ resourceVersion, ...workload }: Workload, at: Instant): Promise<'changed' | 'conflict'> {
    const annotations = { 'kubectl.kubernetes.io/restartedAt': formatInstant(at).replace(/\.\d+Z$/, 'Z') };
    const body = { metadata: { resourceVersion }, spec: { template: { metadata: { annotations } } } };
    return (await patch(workload, 'application/merge-patch+json', body)) === 'conflict' ? 'conflict' : 'changed';
  }

  async function patch(
    { namespace, name }: Pick<Workload, 'namespace' | 'name'>,
    contentType: string,
    body: unknown,
  ): Promise<{ readonly metadata: { readonly resourceVersion: string } } | 'conflict'> {
    const query = { fieldManager };
    const answer: Answer = await cluster.request('PATCH', deploymentPath(namespace, name), {
      body,
      contentType,
      query,
    });
    if (answer.status === 409) return 'conflict';
    if (answer.status !== 200) throw refused(`Changing the pod template of ${namespace}/${name}`, answer);
    return changed.parse(answer.body);
  }

  return { past, putBack, restart };
}

const changed = z.object({ metadata: z.looseObject({ resourceVersion: z.string() }) });

function replicaSets({ namespace }: Workload): string {
  return `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/replicasets`;
}

function isOf({ uid }: Workload, metadata: z.output<typeof metadataSchema>): boolean {
  return metadata.ownerReferences.some((owner) => owner.uid === uid);
}

/** The label that the Deployment controller has added. */
function withoutHash(template: Template): Template {
  const { [hashKey]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}
