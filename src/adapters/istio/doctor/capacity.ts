// Whether there is room for a canary, and nobody else who sizes or adopts its pods.
import { someOf } from '../words.ts';
import { blocking, type Check, check, fine, type Known, type Outcome, warning } from './check.ts';
import type { Deployment, Quota, Template } from './kubernetes-objects.ts';
import { chooses } from './labels.ts';
import { amountOf } from './quantity.ts';
import { placeOf } from './reach.ts';

/** A Deployment whose selector takes in another one's pods counts them as its own. */
const overlap = check('selector-overlap', ['deployments'], (known): Outcome => {
  const { mode, target, stable, canary } = known;
  const others = known.deployments.filter(
    ({ metadata }) =>
      metadata.name !== target.metadata.name && metadata.labels['app.kubernetes.io/managed-by'] !== 'serin',
  );
  const taken = others.filter(({ spec }) => chooses(spec.selector, canary.template.metadata.labels));
  const partner = others.find(({ metadata }) => mode === 'pair' && metadata.name === stable.workload);
  const takes =
    partner !== undefined && chooses(target.spec.selector, partner.spec.template.metadata.labels) ? [partner] : [];
  const found = [...taken, ...takes].map(placeOf);
  if (found.length === 0) return fine('No Deployment selects the pods of another one.');
  const text = `The selectors of Deployment ${placeOf(target)} and ${someOf(found)} overlap, so that they, their autoscalers and budgets count each other's pods.`;
  const advice =
    'Give each a label of its own, such as version, in selector and template; a selector cannot be changed, so create the Deployment anew.';
  return partner !== undefined && [...taken, ...takes].includes(partner)
    ? blocking(text, advice)
    : warning(text, advice);
});

/** Seconds without which an autoscaler follows each pod that becomes ready; measured in docs/decisions/0004. */
const leastStabilization = 60;

const autoscaler = check('autoscaler', ['autoscalers'], (known): Outcome => {
  const { mode, stable, canary, plan } = known;
  const scaling = (name: string) =>
    known.autoscalers.find(
      ({ spec }) => spec.scaleTargetRef.kind === 'Deployment' && spec.scaleTargetRef.name === name,
    );
  const [ofStable, ofCanary] = [scaling(stable.workload), scaling(canary.workload)];
  if (ofStable === undefined) return fine('No autoscaler sizes stable.');
  if (mode === 'managed') {
    const seconds = ofStable.spec.behavior?.scaleDown?.stabilizationWindowSeconds ?? 300;
    if (seconds >= leastStabilization)
      return fine(`Autoscaler ${ofStable.metadata.name} sizes stable, and the canary's pods count in its average.`);
    return warning(
      `Autoscaler ${ofStable.metadata.name} shrinks after ${seconds}s: while a canary's pods have just become ready it may take stable for idle and shrink it.`,
      `Give it behavior.scaleDown.stabilizationWindowSeconds of ${leastStabilization} at least.`,
    );
  }
  if (ofCanary !== undefined)
    return warning(
      `Autoscaler ${ofStable.metadata.name} shrinks ${stable.workload} as its traffic goes, so that a rollback late in the rollout meets few pods.`,
      `kubectl patch hpa ${ofStable.metadata.name} -n ${known.namespace} --type=merge -p '{"spec":{"minReplicas":${stable.replicas}}}' for the time of the release.`,
    );
  return warning(
    `Autoscaler ${ofStable.metadata.name} sizes ${stable.workload} and none sizes ${canary.workload}, whose ${canary.replicas} pods will get up to ${Math.max(...plan.steps)}% of the traffic.`,
    `kubectl autoscale deployment/${canary.workload} -n ${known.namespace} --min=${stable.replicas} --max=${ofStable.spec.maxReplicas}`,
  );
});

/** How many pods more than now a rollout needs at its height: all of the copy, and what a rolling update starts beyond its count. */
function extraPods({ mode, target, stable, canary }: Known<never>): number {
  return mode === 'managed'
    ? stable.replicas + surgeOf(target)
    : Math.max(0, canary.replicas - (target.status.readyReplicas ?? 0));
}

/** Rounded up, a quarter unless said otherwise (k8s.io/api, RollingUpdateDeployment.maxSurge). */
function surgeOf({ spec }: Deployment): number {
  const surge = spec.strategy?.rollingUpdate?.maxSurge ?? '25%';
  if (typeof surge === 'number') return surge;
  return Math.ceil((Number(surge.replace('%', '')) / 100) * spec.replicas);
}

/** What one pod takes of a quota's resource; 0 of what it does not name. */
function perPod({ spec }: Template, resource: string): number {
  if (resource === 'pods' || resource === 'count/pods') return 1;
  const [, kind = 'requests', name = ''] =
    /^(?:(requests|limits)\.)?(cpu|memory|ephemeral-storage)$/.exec(resource) ?? [];
  return spec.containers
    .map(({ resources }) => {
      const limit = resources?.limits[name];
      const written = kind === 'limits' ? limit : (resources?.requests[name] ?? limit);
      return amountOf(written ?? '0') ?? 0;
    })
    .reduce((sum, amount) => sum + amount, 0);
}

interface Shortage {
  readonly quota: Quota;
  readonly resource: string;
  readonly hard: string;
  readonly used: string;
}

function shortages(known: Known<'quotas'>, pods: number): readonly Shortage[] {
  return known.quotas
    .filter(({ spec }) => spec.scopes.length === 0 && (spec.scopeSelector ?? null) === null)
    .flatMap((quota) =>
      Object.entries(quota.status.hard).flatMap(([resource, hard]) => {
        const used = quota.status.used[resource] ?? '0';
        const needed = (amountOf(used) ?? 0) + pods * perPod(known.canary.template, resource);
        return pods > 0 && needed > (amountOf(hard) ?? Number.POSITIVE_INFINITY)
          ? [{ quota, resource, hard, used }]
          : [];
      }),
    )
    .filter(({ resource }) => perPod(known.canary.template, resource) > 0);
}

const quota = check('quota', ['quotas'], (known) => {
  const pods = known.live ? 0 : extraPods(known);
  const [first] = shortages(known, pods);
  if (first === undefined) return fine(`The namespace's quotas have room for ${pods} pods more.`);
  const place = placeOf(first.quota);
  return warning(
    `ResourceQuota ${place} has no room for the ${pods} pods more that a rollout needs at its height: of ${first.resource}, ${first.used} of ${first.hard} is taken.`,
    `Raise spec.hard["${first.resource}"] of ResourceQuota ${place}, or release with fewer pods.`,
  );
});

/** Every budget that covers a pod has to allow its eviction, and two of them allow none (Eviction API). */
const budgets = check('budgets', ['budgets'], (known) => {
  const over = known.budgets.filter(
    ({ spec }) => spec.selector !== null && spec.selector !== undefined && chooses(spec.selector, known.canary.labels),
  );
  if (over.length < 2) return fine('At most one disruption budget covers the pods.');
  return warning(
    `PodDisruptionBudgets ${someOf(over.map(placeOf))} cover the same pods, which then cannot be evicted at all; a node that is drained waits for the end of the rollout.`,
    'Leave one budget for each pod.',
  );
});

/** Whether there is room for a canary, and nobody else who sizes or adopts its pods. */
export const capacityChecks: readonly Check[] = [overlap, autoscaler, quota, budgets];
