// Locating in an area, for tests that expect a route and for those that expect a problem.
import { locate, type SearchArea } from '../../../src/adapters/istio/locate.ts';
import type { Pair } from '../../../src/adapters/istio/surroundings.ts';
import type { RouteProblem } from '../../../src/controller/mesh-port.ts';
import type { RolloutSpec, Route } from '../../../src/domain/rollout.ts';
import { anArea, aVirtualService, reviewsPair, type VirtualServiceParts } from './objects.ts';

/** The route that is located in an area. Throws the sentence when none is. */
export function routeIn(
  parts: Partial<SearchArea>,
  pair: Pair = reviewsPair(),
  asked: RolloutSpec['route'] = {},
): Route {
  const located = locate(anArea(parts), pair, asked);
  if (located.kind === 'problem') throw new Error(located.problem.message);
  return located.route;
}

/** Why none is located. Throws when one is. */
export function problemIn(
  parts: Partial<SearchArea>,
  pair: Pair = reviewsPair(),
  asked: RolloutSpec['route'] = {},
): RouteProblem {
  const located = locate(anArea(parts), pair, asked);
  if (located.kind === 'located') throw new Error(`located ${JSON.stringify(located.route)}`);
  return located.problem;
}

/** An area with these VirtualServices. */
export function routing(...virtualServices: readonly VirtualServiceParts[]): Partial<SearchArea> {
  return { virtualServices: virtualServices.map(aVirtualService) };
}
