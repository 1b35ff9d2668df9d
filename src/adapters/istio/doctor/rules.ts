// Whether DestinationRules give the subsets their meaning, and what their policies do to a small canary.
import { replicasFor } from '../../../domain/managed.ts';
import { weightOf } from '../../../domain/plan.ts';
import { rootNamespace } from '../surroundings.ts';
import { someOf } from '../words.ts';
import { blocking, type Check, check, fine, type Known, type Outcome, warning } from './check.ts';
import { carries, missingLabel, sameLabels } from './labels.ts';
import type { DestinationRule, TrafficPolicy } from './mesh-objects.ts';
import { doorsOf, laneName, lanesTo, ownPods, placeOf, rulesAbout, rulesFor } from './reach.ts';

/** The rules for the Services of the two versions, wherever they are; those that Serin made aside. */
function rulesOf(known: Known<'services' | 'destinationRules'>): readonly DestinationRule[] {
  const rules = doorsOf(known, known.services).flatMap(({ host }) => rulesAbout(host, known.destinationRules));
  return [...new Set(rules)].filter(({ metadata }) => metadata.labels['app.kubernetes.io/managed-by'] !== 'serin');
}

const hidden = check('rule-hidden', ['services', 'destinationRules'], (known) => {
  const elsewhere = rulesOf(known).filter(
    ({ metadata }) => metadata.namespace !== known.namespace && metadata.namespace !== rootNamespace,
  );
  const narrow = rulesOf(known).filter(
    ({ metadata, spec }) =>
      metadata.namespace === known.namespace && spec.exportTo.length > 0 && !spec.exportTo.includes('*'),
  );
  if (elsewhere.length > 0)
    return warning(
      `DestinationRule ${someOf(elsewhere.map(placeOf))} speaks about a Service of namespace ${known.namespace}; for clients of its own namespace it hides the rules beside the Service, and the subsets in them.`,
      'Move it into the namespace of the Service, or define the same subsets in it.',
    );
  if (narrow.length === 0) return fine('The rules beside the Services are seen by all clients.');
  return warning(
    `DestinationRule ${someOf(narrow.map(placeOf))} is exported to ${someOf(narrow[0]?.spec.exportTo ?? [])} alone: clients elsewhere do not know its subsets (503, NC).`,
    'Take exportTo away, unless all clients are there.',
  );
});

const selective = check('rule-selective', ['services', 'destinationRules'], (known) => {
  const found = rulesOf(known).filter(({ spec }) => (spec.workloadSelector ?? null) !== null);
  if (found.length === 0) return fine('No rule is for some clients alone.');
  return warning(
    `DestinationRule ${someOf(found.map(placeOf))} has a workloadSelector: to the clients it selects, other rules for the host do not apply.`,
    'Take the workloadSelector away, or make sure that those clients never call this Service.',
  );
});

const duplicate = check('subset-duplicate', ['services', 'destinationRules'], (known) => {
  for (const { host } of doorsOf(known, known.services)) {
    const subsets = rulesFor(host, known.namespace, known.destinationRules).flatMap((rule) =>
      rule.spec.subsets.map((subset) => ({ ...subset, place: placeOf(rule) })),
    );
    for (const [name, same] of Map.groupBy(subsets, (subset) => subset.name)) {
      const [first] = same;
      const isAlike = same.every(({ labels }) => sameLabels(labels, first?.labels ?? {}));
      if (!isAlike)
        return blocking(
          `Subset ${name} of ${host} is defined ${same.length} times and not alike (DestinationRule ${someOf([...new Set(same.map(({ place }) => place))])}): the oldest counts, without a word.`,
          'Leave one of them.',
        );
    }
  }
  return fine('Every subset is defined once.');
});

const empty = check('subset-empty', ['services', 'virtualServices', 'destinationRules', 'pods'], (known) => {
  const doors = doorsOf(known, known.services);
  const pods = ownPods(known, known.pods).map(({ metadata }) => metadata.labels);
  const lost = lanesTo(doors, known.virtualServices).find(({ host, destination, served }) => {
    const subset = subsetOf(known, host, destination.subset);
    return served && subset !== undefined && pods.length > 0 && !pods.some((labels) => carries(labels, subset.labels));
  });
  if (lost === undefined) return fine('Every subset that gets traffic has pods.');
  return warning(
    `${laneName(lost)} gives traffic to subset ${lost.destination.subset} of ${lost.host}, which none of the pods of ${known.stable.workload} belongs to. Without other pods it is answered 503 (UH).`,
    'Correct the labels of the subset, or take the destination away.',
  );
});

function subsetOf(known: Known<'destinationRules'>, host: string, name: string) {
  return rulesFor(host, known.namespace, known.destinationRules)
    .flatMap(({ spec }) => spec.subsets)
    .find((subset) => subset.name === name);
}

/** Of a managed Deployment destinations are put back as they were, which the new pods have to fit. */
const moved = check('subset-moved', ['services', 'virtualServices', 'destinationRules'], (known) => {
  if (known.mode === 'pair') return fine('The subsets of a pair stay as they are.');
  for (const lane of lanesTo(doorsOf(known, known.services), known.virtualServices)) {
    const subset = subsetOf(known, lane.host, lane.destination.subset);
    if (subset === undefined || subset.name.startsWith('serin-') || !carries(known.stable.labels, subset.labels))
      continue;
    const lost = missingLabel(known.canary.labels, subset.labels);
    if (lost !== undefined)
      return warning(
        `The new template has not the label ${lost} of subset ${subset.name}, which ${laneName(lane)} names: put back as it is, it would lead to no pod.`,
        `Keep the label, or take ${lost.split('=')[0]} out of the subset.`,
      );
  }
  return fine('The new pods belong to every subset that the old ones do.');
});

function policiesOf(
  known: Known<'services' | 'destinationRules'>,
): readonly { place: string; policy: TrafficPolicy }[] {
  return rulesOf(known).flatMap((rule) =>
    [rule.spec.trafficPolicy, ...rule.spec.subsets.map(({ trafficPolicy }) => trafficPolicy)]
      .filter((policy) => policy !== null && policy !== undefined)
      .map((policy) => ({ place: placeOf(rule), policy })),
  );
}

const outliers = check('outlier-detection', ['services', 'destinationRules'], (known): Outcome => {
  const { mode, plan, stable, canary } = known;
  const found = policiesOf(known).find(({ policy }) => (policy.outlierDetection ?? null) !== null);
  const pods = mode === 'managed' ? replicasFor(weightOf(plan, 0), stable.replicas) : canary.replicas;
  if (found === undefined) return fine('No rule ejects pods that fail.');
  if (pods > 1) return fine(`Rule ${found.place} ejects pods that fail, and the canary begins with ${pods}.`);
  return warning(
    `DestinationRule ${found.place} ejects pods that fail, and the canary begins with one: once it is out, its share is answered 503 (UH) and names no version. Serin charges that to the canary.`,
    mode === 'managed'
      ? 'Begin with a weight that stands for two pods at least, if that is too strict.'
      : `kubectl scale deployment/${canary.workload} -n ${known.namespace} --replicas=2`,
  );
});

const sticky = check('session-affinity', ['services', 'destinationRules'], (known) => {
  const byRule = policiesOf(known).filter(({ policy }) => (policy.loadBalancer?.consistentHash ?? null) !== null);
  const byService = doorsOf(known, known.services).filter(
    ({ service: { metadata, spec } }) =>
      spec.sessionAffinity === 'ClientIP' || metadata.labels['istio.io/persistent-session'] !== undefined,
  );
  const places = [
    ...byRule.map(({ place }) => `DestinationRule ${place}`),
    ...byService.map(({ service }) => `Service ${placeOf(service)}`),
  ];
  if (places.length === 0) return fine('Nothing keeps a client on one pod.');
  return warning(
    `${someOf([...new Set(places)])} keeps a client on one pod, but only within a version: which version answers is drawn anew for each request.`,
    "Make the two versions understand each other's sessions; testers can be pinned with serin.dev/testers.",
  );
});

/** Fields that istiod ignores or will, as they are named in a policy. */
function outdatedIn(policy: TrafficPolicy): readonly string[] {
  const { loadBalancer, outlierDetection } = policy;
  return [
    ...(loadBalancer?.simple === 'LEAST_CONN' ? ['loadBalancer LEAST_CONN (now LEAST_REQUEST)'] : []),
    ...((loadBalancer?.warmupDurationSecs ?? null) === null ? [] : ['warmupDurationSecs (now warmup)']),
    ...(loadBalancer?.consistentHash?.['minimumRingSize'] === undefined ? [] : ['minimumRingSize (now ringHash)']),
    ...(outlierDetection?.['consecutiveErrors'] === undefined
      ? []
      : ['outlierDetection.consecutiveErrors, which is ignored (now consecutive5xxErrors)']),
  ];
}

const outdated = check('deprecated-fields', ['services', 'destinationRules', 'virtualServices'], (known) => {
  const inRules = policiesOf(known).flatMap(({ place, policy }) =>
    outdatedIn(policy).map((field) => `DestinationRule ${place}: ${field}`),
  );
  const inRoutes = lanesTo(doorsOf(known, known.services), known.virtualServices)
    .filter(({ http }) => (http?.mirrorPercent ?? http?.mirror_percent ?? null) !== null)
    .map(({ object }) => `VirtualService ${placeOf(object)}: mirrorPercent (now mirrorPercentage)`);
  const found = [...new Set([...inRules, ...inRoutes])];
  if (found.length === 0) return fine('No rule or route has outdated fields.');
  return warning(
    `Outdated fields: ${someOf(found)}.`,
    'Write them the present way; both versions are served alike until then.',
  );
});

/** Whether DestinationRules give the subsets their meaning, and what their policies do to a small canary. */
export const ruleChecks: readonly Check[] = [hidden, selective, duplicate, empty, moved, outliers, sticky, outdated];
