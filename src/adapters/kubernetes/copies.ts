// Copies of Deployments that carry canaries: Deployments of Serin's own, owned by the user's, never updated in their template.
import { z } from 'zod';
import type { Copies, CopyWanted, Workload } from '../../controller/ports.ts';
import type { Answer, ClusterRequests } from './connection.ts';
import { isListedBy } from './endpoints.ts';
import { labelValue } from './label-value.ts';
import { metadataAlone, metadataSchema, objectSchema } from './metadata.ts';
import { type PodTemplate, revisionLabel, revisionOf, templateSchema } from './pod-template.ts';
import { refused } from './refused.ts';
import { deploymentPath } from './workloads.ts';

const sourceSchema = z.object({
  metadata: metadataSchema,
  spec: z.object({
    selector: z.looseObject({ matchLabels: z.record(z.string(), z.string()).nullish() }),
    template: templateSchema,
    minReadySeconds: z.number().optional(),
    progressDeadlineSeconds: z.number().optional(),
    strategy: z.unknown().optional(),
  }),
});

type Source = z.output<typeof sourceSchema>;

const sizeSchema = z.object({ spec: z.object({ replicas: z.number().default(1) }) });

const writer = { fieldManager: 'serin' };
const managedKey = 'app.kubernetes.io/managed-by';
const targetKey = 'serin.dev/target';

/** Copies in a real cluster. Throws when it cannot be reached or refuses. */
export function clusterCopies(cluster: ClusterRequests): Copies {
  async function create(target: Workload, copy: CopyWanted): Promise<'created' | 'exists' | 'changed'> {
    const { namespace } = target;
    const answer = await cluster.request('GET', deploymentPath(namespace, target.name));
    if (answer.status === 404) return 'changed';
    if (answer.status !== 200) throw refused(`Reading Deployment ${namespace}/${target.name}`, answer);
    const source = sourceSchema.parse(answer.body);
    if (source.metadata.uid !== target.uid || revisionOf(source.spec.template) !== copy.revision) return 'changed';
    const body = copyOf(source, copy);
    const path = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments`;
    const made = await cluster.request('POST', path, { body, query: writer });
    if (made.status === 409) return requireOwn(namespace, copy.name, target);
    if (made.status !== 201) throw refused(`Creating Deployment ${namespace}/${copy.name}`, made);
    return 'created';
  }

  async function requireOwn(namespace: string, name: string, target: Workload): Promise<'exists' | 'changed'> {
    const found = await metadataOf(namespace, name);
    if (found === undefined) return 'changed';
    const { labels, ownerReferences } = found;
    if (labels[managedKey] === 'serin' && ownerReferences.some(({ uid }) => uid === target.uid)) return 'exists';
    throw new Error(
      `The canary of ${namespace}/${target.name} is to be a Deployment ${name}, but there is one of that name that Serin did not make. ` +
        `Delete or rename it: kubectl delete deployment/${name} -n ${namespace}`,
    );
  }

  async function metadataOf(namespace: string, name: string): Promise<z.output<typeof metadataSchema> | undefined> {
    const answer = await cluster.request('GET', deploymentPath(namespace, name), { accept: metadataAlone });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refused(`Reading Deployment ${namespace}/${name}`, answer);
    return objectSchema.parse(answer.body).metadata;
  }

  async function scale(namespace: string, name: string, replicas: number): Promise<void> {
    const path = deploymentPath(namespace, name);
    const before = await cluster.request('GET', path);
    if (before.status === 404) return;
    if (before.status !== 200) throw refused(`Reading Deployment ${namespace}/${name}`, before);
    if (!isOwn(before) || sizeSchema.parse(before.body).spec.replicas === replicas) return;
    const contentType = 'application/merge-patch+json';
    const answer = await cluster.request('PATCH', path, { body: { spec: { replicas } }, contentType, query: writer });
    if (answer.status !== 200 && answer.status !== 404)
      throw refused(`Scaling Deployment ${namespace}/${name}`, answer);
  }

  async function remove(namespace: string, name: string): Promise<void> {
    const found = await metadataOf(namespace, name);
    if (found === undefined || found.labels[managedKey] !== 'serin' || found.labels[targetKey] === undefined) return;
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      preconditions: { uid: found.uid },
    };
    const answer = await cluster.request('DELETE', deploymentPath(namespace, name), { body });
    // 409: it is another by now, and not the one that was looked at.
    if (![200, 202, 404, 409].includes(answer.status))
      throw refused(`Deleting Deployment ${namespace}/${name}`, answer);
  }

  return {
    create,
    scale,
    remove,
    isListed: (namespace, name, hosts) => isListedBy(cluster, namespace, name, hosts),
  };
}

function isOwn(answer: Answer): boolean {
  const { labels } = objectSchema.parse(answer.body).metadata;
  return labels[managedKey] === 'serin' && labels[targetKey] !== undefined;
}

/**
 * The copy as it is created. Of the user's own labels and annotations it has none: a tool that follows those would take it for one of
 * its own. Its pods have all labels of the template, so that Services, budgets and autoscalers count them.
 */
function copyOf({ metadata, spec }: Source, { name, revision, rollout, replicas }: CopyWanted): object {
  const { selector, template, minReadySeconds, progressDeadlineSeconds, strategy } = spec;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      labels: { [managedKey]: 'serin', [targetKey]: labelValue(metadata.name) },
      annotations: { 'serin.dev/rollout': rollout },
      ownerReferences: [ownedBy(metadata)],
    },
    spec: {
      replicas,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [revisionLabel]: revision } },
      template: labelled(template, revision),
      minReadySeconds,
      progressDeadlineSeconds,
      strategy,
      revisionHistoryLimit: 0,
    },
  };
}

/** It goes with the Deployment it was made of. */
function ownedBy({ name, uid }: Source['metadata']): object {
  return { apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: false, blockOwnerDeletion: false };
}

function labelled(template: PodTemplate, revision: string): PodTemplate {
  const labels = { ...template.metadata?.labels, [revisionLabel]: revision };
  return { ...template, metadata: { ...template.metadata, labels } };
}
