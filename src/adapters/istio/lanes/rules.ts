// DestinationRules around lanes: which ones are in force, and the ones Serin adds beside them. A rule of Serin's has the exact host,
// namespace and visibility of the user's, so that istiod merges the two (istio/istio pilot/pkg/model/destination_rule.go).
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { LanesWanted, RouteProblem, SubsetWanted } from '../../../controller/mesh-port.ts';
import type { Lanes } from '../../../domain/lanes.ts';
import { closeness, fullHost, serviceOf } from '../hosts.ts';
import { rootNamespace } from '../surroundings.ts';
import { carries, hostOf, type LaneService } from './services.ts';
import { subsetName } from './split.ts';

const labels = z.record(z.string(), z.string());

/** Parses a DestinationRule with what lanes need of it. */
export const ruleSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string(),
    resourceVersion: z.string().default(''),
    labels: labels.optional(),
  }),
  spec: z.looseObject({
    host: z.string(),
    exportTo: z.array(z.string()).optional(),
    trafficPolicy: z.unknown().optional(),
    subsets: z
      .array(z.looseObject({ name: z.string(), labels: labels.default({}), trafficPolicy: z.unknown().optional() }))
      .default([]),
    workloadSelector: z.unknown().optional(),
  }),
});

/** A DestinationRule. */
export type Rule = z.output<typeof ruleSchema>;

type Subset = Rule['spec']['subsets'][number];

/** Longest name of a subset (istio/istio pkg/config/validation: a DNS label). */
const longestSubset = 63;

/** Whether Serin made it. */
export function isSerins({ metadata }: Rule): boolean {
  return metadata.labels?.['app.kubernetes.io/managed-by'] === 'serin';
}

function closenessOf(rule: Rule, host: string): number {
  return closeness(fullHost(rule.spec.host, rule.metadata.namespace), host);
}

/** The user's rules for exactly this host in the Service's namespace. */
function exactRules(rules: readonly Rule[], host: string, namespace: string): readonly Rule[] {
  return rules.filter(
    (rule) =>
      !isSerins(rule) && rule.metadata.namespace === namespace && closenessOf(rule, host) === Number.POSITIVE_INFINITY,
  );
}

/** The rule that is in force where there is no exact one: of the Service's namespace, then of the root, the closest. */
function wideRule(rules: readonly Rule[], host: string, namespace: string): Rule | undefined {
  for (const place of [namespace, rootNamespace]) {
    const rated = rules
      .filter((rule) => !isSerins(rule) && rule.metadata.namespace === place && closenessOf(rule, host) > 0)
      .toSorted((a, b) => closenessOf(b, host) - closenessOf(a, host));
    if (rated[0] !== undefined) return rated[0];
  }
  return undefined;
}

/** Why subsets of Serin's would not be seen or would not lead where they have to; undefined when they would. */
export function ruleObstacle(
  rules: readonly Rule[],
  wanted: LanesWanted,
  lanes: Lanes,
  services: readonly LaneService[],
): RouteProblem | undefined {
  for (const host of lanes.hosts) {
    const concerned = rules.filter((rule) => !isSerins(rule) && closenessOf(rule, host) > 0);
    const problem =
      selective(concerned, host) ??
      hidden(concerned, host, lanes) ??
      taken(concerned, host, lanes) ??
      nameless(host, lanes);
    if (problem !== undefined) return problem;
  }
  return unlabelled(rules, lanes, services, wanted.canaryLabels, `the new template of ${wanted.target}`);
}

function nameOf({ metadata }: Rule): string {
  return `DestinationRule ${metadata.namespace}/${metadata.name}`;
}

function selective(rules: readonly Rule[], host: string): RouteProblem | undefined {
  const found = rules.find(({ spec }) => spec.workloadSelector !== undefined);
  if (found === undefined) return undefined;
  const message = `${nameOf(found)} is for some clients of ${host} only (workloadSelector), who would not see Serin's subsets. Remove the selector for the time of the release, or the rule.`;
  return { reason: 'SelectiveRule', message };
}

function hidden(rules: readonly Rule[], host: string, { namespace }: Lanes): RouteProblem | undefined {
  const found = rules.find(({ metadata }) => metadata.namespace !== namespace && metadata.namespace !== rootNamespace);
  if (found === undefined) return undefined;
  const message = `${nameOf(found)} is in another namespace than the Service and hides Serin's subsets of ${host} from the clients there. Move it to namespace ${namespace}.`;
  return { reason: 'HiddenRule', message };
}

function taken(rules: readonly Rule[], host: string, { names }: Lanes): RouteProblem | undefined {
  const stems = [names.stable, names.canary].filter((stem) => stem !== undefined);
  const found = rules.find(({ spec }) =>
    spec.subsets.some(({ name }) => stems.some((stem) => name === stem || name.startsWith(`${stem}-`))),
  );
  if (found === undefined) return undefined;
  const message = `${nameOf(found)} has subsets of ${host} under the names that Serin uses (${stems.join(', ')}). Rename them.`;
  return { reason: 'DuplicateSubset', message };
}

function nameless(host: string, { names, originals }: Lanes): RouteProblem | undefined {
  const longest = Math.max((names.stable ?? '').length, names.canary.length);
  const found = originals.find(
    (each) => each.host === host && longest + (each.subset ?? '').length + 1 > longestSubset,
  );
  if (found === undefined) return undefined;
  const message = `Subset ${found.subset} of ${host} has a name so long that none of Serin's can be made of it; at most ${longestSubset - longest - 1} letters. Give it a shorter one.`;
  return { reason: 'SubsetNameTooLong', message };
}

/** The first destination of the lanes that would lead to no pod with these labels, as things stand now. */
export function unlabelled(
  rules: readonly Rule[],
  lanes: Lanes,
  services: readonly LaneService[],
  podLabels: Readonly<Record<string, string>>,
  whose: string,
): RouteProblem | undefined {
  const own = services.filter((service) => lanes.hosts.includes(hostOf(service)));
  const unchoosing = own.find(({ spec }) => !carries(podLabels, spec.selector));
  if (unchoosing !== undefined) return unselected(unchoosing, whose);
  for (const { object, host, subset } of lanes.originals) {
    if (subset === undefined || !own.some((service) => hostOf(service) === host)) continue;
    const selector = subsetIn(rules, host, lanes.namespace, subset)?.labels;
    if (selector === undefined) return undefinedSubset(object, host, subset);
    if (carries(podLabels, selector)) continue;
    const wrong = Object.entries(selector).filter(([key, value]) => podLabels[key] !== value);
    const texts = wrong.map(([key, value]) => `${key}=${value}`).join(', ');
    const message =
      `VirtualService ${object} leads to subset ${subset} of ${host}, which chooses pods with ${texts}; the pods of ${whose} do not carry that, so the ` +
      'route would lead to nothing after promotion. Take that label out of the subset (or keep its value in the template).';
    return { reason: 'LabelsMoved', message };
  }
  return undefined;
}

function undefinedSubset(object: string, host: string, subset: string): RouteProblem {
  const message = `VirtualService ${object} leads to subset ${subset} of ${host}, which no DestinationRule defines any more, so the route would lead to nothing. Define it again, or take it out of the route.`;
  return { reason: 'UnknownSubset', message };
}

function unselected({ metadata }: LaneService, whose: string): RouteProblem {
  const message = `The selector of Service ${metadata.name} does not choose the pods of ${whose}, so every route to it would lead to nothing. Mend the selector (or keep the labels in the template).`;
  return { reason: 'LabelsMoved', message };
}

/** The names of the subsets in force for a host whose labels these pods carry. */
export function subsetsChoosing(
  rules: readonly Rule[],
  host: string,
  podLabels: Readonly<Record<string, string>>,
): readonly string[] {
  const chosen = subsetsOf(rules, host, serviceOf(host)?.namespace ?? '').filter(({ labels: all }) =>
    carries(podLabels, all),
  );
  return chosen.map(({ name }) => name);
}

function subsetIn(rules: readonly Rule[], host: string, namespace: string, name: string): Subset | undefined {
  return subsetsOf(rules, host, namespace).find((subset) => subset.name === name);
}

function subsetsOf(rules: readonly Rule[], host: string, namespace: string): readonly Subset[] {
  const exact = exactRules(rules, host, namespace);
  const wide = exact.length > 0 ? undefined : wideRule(rules, host, namespace);
  return [...exact, ...(wide === undefined ? [] : [wide])].flatMap(({ spec }) => spec.subsets);
}

/** A DestinationRule to be made. */
export interface WantedRule extends Readonly<Record<string, unknown>> {
  readonly spec: { readonly host: string; readonly subsets: readonly Subset[] };
}

/** Whether a rule that stands has every subset of the one that is wanted. */
export function definesAll({ spec }: Rule, wanted: WantedRule): boolean {
  return wanted.spec.subsets.every(({ name, labels: chosen }) =>
    spec.subsets.some((subset) => subset.name === name && isDeepStrictEqual(subset.labels, chosen)),
  );
}

/**
 * The DestinationRule that defines the subset for one host, beside whatever is in force there. A rule for more hosts than this one is
 * in force no longer once there is one for it alone, so that one says what the wide rule says, subsets included.
 */
export function ruleFor(
  host: string,
  name: string,
  lanes: Lanes,
  wanted: SubsetWanted,
  rules: readonly Rule[],
): WantedRule {
  const exact = exactRules(rules, host, lanes.namespace);
  const wide = exact.length > 0 ? undefined : wideRule(rules, host, lanes.namespace);
  const originals = new Set(lanes.originals.filter((each) => each.host === host).map(({ subset }) => subset));
  const subsets = [...new Set([undefined, ...originals])].map((original) => {
    const policy = original === undefined ? undefined : subsetIn(rules, host, lanes.namespace, original)?.trafficPolicy;
    return {
      name: subsetName(wanted.stem, original),
      labels: wanted.labels,
      ...(policy === undefined ? {} : { trafficPolicy: policy }),
    };
  });
  const exported = exact[0]?.spec.exportTo;
  return {
    kind: 'DestinationRule',
    metadata: {
      name,
      namespace: lanes.namespace,
      labels: { 'app.kubernetes.io/managed-by': 'serin' },
      annotations: { 'serin.dev/rollout': wanted.rollout },
    },
    spec: {
      host,
      ...(exported === undefined ? {} : { exportTo: exported }),
      ...(wide?.spec.trafficPolicy === undefined ? {} : { trafficPolicy: wide.spec.trafficPolicy }),
      subsets: [...subsets, ...(wide?.spec.subsets ?? [])],
    },
  };
}
