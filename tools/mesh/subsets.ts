// Which pods a subset means, from the DestinationRules a client can see.
import { closeness, fullHost, visible } from './hosts.ts';
import { byAge, type DestinationRule, type Subset } from './istio-objects.ts';

/** Istio's root namespace, the last place where a DestinationRule is looked up. */
const ROOT_NAMESPACE = 'istio-system';

/** The host whose subset is wanted, and who asks. */
export interface SubsetQuery {
  readonly host: string;
  readonly clientNamespace: string;
  readonly serviceNamespace: string;
}

/**
 * The subset of that name in force for the client; undefined when there is none. The first namespace that has rules for the
 * host decides alone: the client's, the service's, the root. In it, rules of the same host and the same
 * `exportTo` merge; of a subset name used twice, and of rules that cannot merge, the oldest counts
 * (istio/istio pilot/pkg/model/destination_rule.go).
 */
export function subsetFor(all: readonly DestinationRule[], query: SubsetQuery, name: string): Subset | undefined {
  return rulesInForce(all, query)
    .flatMap((rule) => rule.subsets)
    .find((subset) => subset.name === name);
}

function rulesInForce(all: readonly DestinationRule[], query: SubsetQuery): readonly DestinationRule[] {
  for (const namespace of [query.clientNamespace, query.serviceNamespace, ROOT_NAMESPACE]) {
    const candidates = all
      .filter((rule) => rule.namespace === namespace && !rule.selective)
      .filter((rule) => visible(rule.exportTo, namespace, query.clientNamespace))
      .filter((rule) => closenessOf(rule, query.host) > 0)
      .toSorted((a, b) => closerFirst(a, b, query.host));
    const [first] = candidates;
    if (first !== undefined) return candidates.filter((rule) => mergesWith(first, rule));
  }
  return [];
}

function closerFirst(a: DestinationRule, b: DestinationRule, host: string): number {
  const [forA, forB] = [closenessOf(a, host), closenessOf(b, host)];
  return forA === forB ? byAge(a, b) : forB - forA;
}

function closenessOf(rule: DestinationRule, host: string): number {
  return closeness(fullHost(rule.host, rule.namespace), host);
}

function mergesWith(first: DestinationRule, rule: DestinationRule): boolean {
  const sameHost = fullHost(first.host, first.namespace) === fullHost(rule.host, rule.namespace);
  return sameHost && first.exportTo.join() === rule.exportTo.join();
}
