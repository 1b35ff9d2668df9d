// Finding a rollout's route again in the object as it is now: by the route's name, or else by its destinations, and
// never by a place that was remembered.
import { destinationName, type RouteProblem } from '../../controller/mesh-port.ts';
import type { Destination, Route } from '../../domain/rollout.ts';
import { fullHost } from './hosts.ts';
import { placeOf, type Rule, rulesOf, type Target, type VirtualService } from './virtual-service.ts';

/** The pair within an object as it is now. */
export interface FoundPair {
  readonly kind: 'found';
  readonly rule: Rule;
  readonly stable: Target;
  readonly canary: Target;
}

/** Why it is not there. */
export interface LostPair {
  readonly kind: 'problem';
  readonly problem: RouteProblem;
}

/** Finds the route and its two destinations. Without a name, the one route with both; of several the one that still has no name. */
export function findPair(object: VirtualService, route: Route): FoundPair | LostPair {
  const rules = rulesOf(object).filter(({ protocol }) => protocol === route.protocol);
  const named = rules.filter(({ name }) => route.section === undefined || name === route.section);
  if (named.length === 0) return lost(object, route, `it has no ${routeName(route)} any more`);
  const pairs = named.flatMap((rule) => pairIn(object, rule, route));
  const nameless = pairs.filter(({ rule }) => rule.name === undefined);
  const [only, ...others] = pairs.length > 1 && nameless.length > 0 ? nameless : pairs;
  const names = `${destinationName(route.stable)} and ${destinationName(route.canary)}`;
  if (only === undefined)
    return lost(object, route, `its ${routeName(route)} does not lead to both ${names}, once each, any more`);
  if (others.length > 0) return lost(object, route, `${pairs.length} of its routes lead to both ${names} by now`);
  return only;
}

function pairIn(object: VirtualService, rule: Rule, route: Route): readonly FoundPair[] {
  const { namespace } = object.metadata;
  const stable = rule.targets.filter(({ destination }) => isSame(destination, route.stable, namespace));
  const canary = rule.targets.filter(({ destination }) => isSame(destination, route.canary, namespace));
  const [oneStable, oneCanary] = [stable[0], canary[0]];
  if (oneStable === undefined || oneCanary === undefined || stable.length + canary.length > 2) return [];
  return [{ kind: 'found', rule, stable: oneStable, canary: oneCanary }];
}

function isSame(a: Destination, b: Destination, namespace: string): boolean {
  return fullHost(a.host, namespace) === fullHost(b.host, namespace) && a.subset === b.subset && a.port === b.port;
}

function routeName({ protocol, section }: Route): string {
  return section === undefined ? `${protocol} route` : `${protocol} route "${section}"`;
}

function lost(object: VirtualService, route: Route, what: string): LostPair {
  const wanted = `${destinationName(route.stable)} and ${destinationName(route.canary)}`;
  const message = `VirtualService ${placeOf(object)} was changed: ${what}. Put back one ${routeName(route)} with the destinations ${wanted}.`;
  return { kind: 'problem', problem: { reason: 'RouteGone', message } };
}

/** The object itself is gone. */
export function lostObject({ namespace, name }: Route): LostPair {
  const message = `VirtualService ${namespace}/${name} is gone. Create it again, with the route it had.`;
  return { kind: 'problem', problem: { reason: 'RouteGone', message } };
}
