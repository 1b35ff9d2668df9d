// What a destination means: the Services and DestinationRules around a route, and which workload's pods they choose.
import { z } from 'zod';
import type { Workload } from '../../controller/ports.ts';
import type { Destination } from '../../domain/rollout.ts';
import { closeness, fullHost, serviceOf } from './hosts.ts';

const labels = z.record(z.string(), z.string());
const metadata = z.looseObject({ name: z.string(), namespace: z.string() });

/** Parses a Service. */
export const serviceSchema = z.looseObject({
  metadata,
  spec: z.looseObject({ selector: labels.default({}) }).prefault({}),
});

export type Service = z.output<typeof serviceSchema>;

/** Parses a DestinationRule. */
export const destinationRuleSchema = z.looseObject({
  metadata,
  spec: z.looseObject({
    host: z.string(),
    subsets: z.array(z.looseObject({ name: z.string(), labels: labels.default({}) })).default([]),
    workloadSelector: z.unknown().optional(),
  }),
});

export type DestinationRule = z.output<typeof destinationRuleSchema>;

/** The two versions of a workload, as far as a route can tell them apart. */
export interface Pair {
  readonly stable: Pick<Workload, 'namespace' | 'name' | 'podLabels'>;
  readonly canary: Pick<Workload, 'namespace' | 'name' | 'podLabels'>;
}

/** The objects that give destinations their meaning: Services of the pair's namespace, DestinationRules of every namespace looked up. */
export interface Surroundings {
  readonly services: readonly Service[];
  readonly destinationRules: readonly DestinationRule[];
}

/** Whose pods a destination reaches. `undefinedSubset`: its host reaches some of them, but nothing defines the subset. */
export type Role = 'stable' | 'canary' | 'both' | 'neither' | 'undefinedSubset';

/** Istio's root namespace, the last place where a DestinationRule is looked up. */
export const rootNamespace = 'istio-system';

/** Whose pods a destination of a VirtualService in `namespace` reaches. The Service has to live in the pair's namespace. */
export function roleOf(destination: Destination, namespace: string, pair: Pair, around: Surroundings): Role {
  const host = fullHost(destination.host, namespace);
  const service = serviceBehind(host, pair, around);
  if (service === undefined) return 'neither';
  const byService = roleOfPods([service.spec.selector], pair);
  if (destination.subset === undefined || byService === 'neither') return byService;
  const subset = subsetsFor(host, namespace, around).find(({ name }) => name === destination.subset);
  return subset === undefined ? 'undefinedSubset' : roleOfPods([service.spec.selector, subset.labels], pair);
}

/** The Service of the pair's namespace that a fully qualified host names; one without a selector chooses no pods. */
function serviceBehind(host: string, pair: Pair, around: Surroundings): Service | undefined {
  const place = serviceOf(host);
  if (place?.namespace !== pair.canary.namespace) return undefined;
  return around.services.find(
    ({ metadata: { name, namespace }, spec }) =>
      name === place.name && namespace === place.namespace && Object.keys(spec.selector).length > 0,
  );
}

type Labels = Readonly<Record<string, string>>;

/** Whose pods carry the labels of every selector. */
function roleOfPods(selectors: readonly Labels[], pair: Pair): Role {
  const isStable = selectors.every((wanted) => carries(pair.stable.podLabels, wanted));
  const isCanary = selectors.every((wanted) => carries(pair.canary.podLabels, wanted));
  if (isStable) return isCanary ? 'both' : 'stable';
  return isCanary ? 'canary' : 'neither';
}

function carries(podLabels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => podLabels[key] === value);
}

/**
 * The DestinationRules in force for a fully qualified host: the first of the VirtualService's namespace, the Service's and
 * the root that has any decides alone, and in it the closest host name; rules of one host merge. Rules for some client
 * workloads only are left out (istio/istio pilot/pkg/model/push_context.go, destinationRule).
 */
export function rulesFor(host: string, namespace: string, around: Surroundings): readonly DestinationRule[] {
  for (const place of lookupNamespaces(host, namespace)) {
    const rated = around.destinationRules
      .filter((rule) => rule.metadata.namespace === place && rule.spec.workloadSelector === undefined)
      .map((rule) => ({ rule, rating: closeness(fullHost(rule.spec.host, place), host) }))
      .filter(({ rating }) => rating > 0);
    const best = Math.max(...rated.map(({ rating }) => rating));
    if (rated.length > 0) return rated.filter(({ rating }) => rating === best).map(({ rule }) => rule);
  }
  return [];
}

function lookupNamespaces(host: string, namespace: string): readonly string[] {
  return [...new Set([namespace, serviceOf(host)?.namespace ?? namespace, rootNamespace])];
}

/** The subsets in force for a fully qualified host. */
export function subsetsFor(host: string, namespace: string, around: Surroundings): DestinationRule['spec']['subsets'] {
  return rulesFor(host, namespace, around).flatMap((rule) => rule.spec.subsets);
}
