// The hold on a managed Deployment: its pause, the mark that says whose pause it is, and the word on a rejected template.
import { z } from 'zod';
import type { Clock, Holds, Workload } from '../../controller/ports.ts';
import { formatInstant } from '../../domain/time.ts';
import type { Answer, ClusterRequests } from './connection.ts';
import { metadataSchema } from './metadata.ts';
import { refused } from './refused.ts';
import { deploymentPath, heldKey } from './workloads.ts';

const heldSchema = z.object({
  metadata: metadataSchema,
  spec: z.object({ paused: z.boolean().default(false) }),
  status: z
    .object({
      conditions: z
        .array(z.object({ type: z.string(), reason: z.string().default(''), message: z.string().default('') }))
        .nullish()
        .transform((value) => value ?? []),
    })
    .prefault({}),
});

type Held = z.output<typeof heldSchema>;
type Condition = { readonly status: string; readonly reason: string; readonly message: string };

/** The reason at which `kubectl rollout status` gives up. The Deployment controller keeps it as long as the Deployment is paused. */
const gaveUp = 'ProgressDeadlineExceeded';
const longestMessage = 1_000;
const merge = 'application/merge-patch+json';
const writer = { fieldManager: 'serin' };

/** An annotation of a pod template that is only ever tried; the admission policy answers it at any size of the Deployment. */
const probeKey = 'serin.dev/probe';

/** Holds on real Deployments. Throws when the cluster cannot be reached or refuses. */
export function clusterHolds(cluster: ClusterRequests, clock: Clock): Holds {
  async function read(namespace: string, name: string): Promise<Held | undefined> {
    const answer = await cluster.request('GET', deploymentPath(namespace, name));
    if (answer.status === 404) return undefined;
    return heldSchema.parse(done(`Reading Deployment ${namespace}/${name}`, answer));
  }

  async function pause(namespace: string, name: string): Promise<void> {
    const now = await read(namespace, name);
    if (now === undefined || (now.spec.paused && isMarked(now))) return;
    const body = { metadata: { annotations: { [heldKey]: 'true' } }, spec: { paused: true } };
    const path = deploymentPath(namespace, name);
    const answer = await cluster.request('PATCH', path, { body, contentType: merge, query: writer });
    if (answer.status !== 404) done(`Pausing Deployment ${namespace}/${name}`, answer);
  }

  async function lift({ namespace, name, resourceVersion }: Workload): Promise<'lifted' | 'conflict'> {
    const body = { metadata: { resourceVersion, annotations: { [heldKey]: null } }, spec: { paused: null } };
    const path = deploymentPath(namespace, name);
    const answer = await cluster.request('PATCH', path, { body, contentType: merge, query: writer });
    if (answer.status === 409 || answer.status === 404) return 'conflict';
    done(`Lifting the pause of Deployment ${namespace}/${name}`, answer);
    return 'lifted';
  }

  /** The same write would lift the pause that stands, so that one that comes back is the policy's. */
  async function isAutomatic({ namespace, name, resourceVersion }: Workload): Promise<boolean> {
    const body = {
      metadata: { annotations: { [heldKey]: null } },
      spec: { paused: null, template: { metadata: { annotations: { [probeKey]: resourceVersion } } } },
    };
    const query = { ...writer, dryRun: 'All' };
    const answer = await cluster.request('PATCH', deploymentPath(namespace, name), { body, contentType: merge, query });
    if (answer.status === 404) return false;
    const tried = heldSchema.parse(done(`Trying a change of Deployment ${namespace}/${name}`, answer));
    return tried.spec.paused && isMarked(tried);
  }

  async function reject(namespace: string, name: string, message: string | undefined): Promise<void> {
    const now = await read(namespace, name);
    const wanted = now === undefined ? undefined : conditionOf(now, message);
    if (wanted === undefined) return;
    const at = formatInstant(clock.now());
    const condition = { type: 'Progressing', ...wanted, lastUpdateTime: at, lastTransitionTime: at };
    const body = { status: { conditions: [condition] } };
    const contentType = 'application/strategic-merge-patch+json';
    const path = `${deploymentPath(namespace, name)}/status`;
    const answer = await cluster.request('PATCH', path, { body, contentType, query: writer });
    if (answer.status !== 404) done(`Saying what became of the template of Deployment ${namespace}/${name}`, answer);
  }

  return { pause, lift, isAutomatic, reject };
}

function done(what: string, answer: Answer): unknown {
  if (answer.status !== 200) throw refused(what, answer);
  return answer.body;
}

function isMarked({ metadata }: Held): boolean {
  return metadata.annotations[heldKey] === 'true';
}

/** What the condition is to say; undefined when it stands. One that is not paused is told by its own controller. */
function conditionOf({ spec, status }: Held, message: string | undefined): Condition | undefined {
  const before = status.conditions.find(({ type }) => type === 'Progressing');
  if (message === undefined) {
    if (!spec.paused || before?.reason !== gaveUp) return undefined;
    return { status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' };
  }
  const sentence = `Serin: ${message}`.slice(0, longestMessage).toWellFormed();
  if (before?.reason === gaveUp && before.message === sentence) return undefined;
  return { status: 'False', reason: gaveUp, message: sentence };
}
