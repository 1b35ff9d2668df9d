// What a Deployment shows of its rollouts: annotations, and a condition for annotations that cannot be followed.
import { z } from 'zod';
import type { Clock, Marks, Targets } from '../../controller/ports.ts';
import { prefix } from '../../domain/settings-keys.ts';
import { formatInstant } from '../../domain/time.ts';
import type { Answer, ClusterRequests } from './connection.ts';
import { metadataAlone, objectSchema } from './metadata.ts';
import { refused } from './refused.ts';
import { deploymentPath } from './workloads.ts';

/** Why a refusal stands on the Deployment. */
type Refusal = { readonly reason: string; readonly message: string };

const acceptedType = `${prefix}CanaryAccepted`;
const longestMessage = 1_000;

const conditionsSchema = z.object({
  status: z
    .object({
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().default(''),
            message: z.string().default(''),
            lastTransitionTime: z.string().nullish(),
          }),
        )
        .nullish()
        .transform((value) => value ?? []),
    })
    .prefault({}),
});

type Standing = z.output<typeof conditionsSchema>['status']['conditions'][number] | undefined;

/**
 * Marks on real Deployments; one that is gone needs none. With a clock, the condition says when it changed. Throws when the cluster
 * cannot be reached or refuses.
 */
export function clusterTargets(cluster: ClusterRequests, clock?: Clock): Targets {
  async function patch(path: string, body: unknown, contentType: string): Promise<void> {
    const answer = await cluster.request('PATCH', path, { body, contentType, query: { fieldManager: 'serin' } });
    if (answer.status !== 200 && answer.status !== 404) throw refused(`Marking ${path}`, answer);
  }

  async function mark(namespace: string, name: string, marks: Marks): Promise<void> {
    const path = deploymentPath(namespace, name);
    const answer = await cluster.request('GET', path, { accept: metadataAlone });
    if (answer.status === 404) return;
    const { annotations } = objectSchema.parse(found(path, answer)).metadata;
    const wanted = Object.entries(marks).map(([key, value]) => [`${prefix}${key}`, value] as const);
    if (wanted.every(([key, value]) => (annotations[key] ?? null) === value)) return;
    await patch(path, { metadata: { annotations: Object.fromEntries(wanted) } }, 'application/merge-patch+json');
  }

  async function accept(namespace: string, name: string, refusal: Refusal | undefined): Promise<'changed' | 'same'> {
    const path = deploymentPath(namespace, name);
    const answer = await cluster.request('GET', path);
    if (answer.status === 404) return 'same';
    const { conditions } = conditionsSchema.parse(found(path, answer)).status;
    const before = conditions.find(({ type }) => type === acceptedType);
    const wanted = conditionOf(refusal);
    const isSame =
      before === undefined
        ? refusal === undefined
        : before.status === wanted.status && before.reason === wanted.reason && before.message === wanted.message;
    if (isSame) return 'same';
    const condition = { ...wanted, ...times(before, wanted.status) };
    await patch(`${path}/status`, { status: { conditions: [condition] } }, 'application/strategic-merge-patch+json');
    return 'changed';
  }

  function times(before: Standing, status: string): Readonly<Record<string, string>> {
    if (clock === undefined) return {};
    const now = formatInstant(clock.now());
    const since = before?.status === status ? before.lastTransitionTime : undefined;
    return { lastUpdateTime: now, lastTransitionTime: since ?? now };
  }

  return { mark, accept };
}

function found(path: string, answer: Answer): unknown {
  if (answer.status !== 200) throw refused(`GET ${path}`, answer);
  return answer.body;
}

/** A Deployment that was never refused has no such condition; one that was keeps it, and it turns True. */
function conditionOf(refusal: Refusal | undefined): {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
} {
  if (refusal === undefined)
    return { type: acceptedType, status: 'True', reason: 'Accepted', message: 'The annotations are understood.' };
  const message = refusal.message.slice(0, longestMessage).toWellFormed();
  return { type: acceptedType, status: 'False', reason: refusal.reason, message };
}
