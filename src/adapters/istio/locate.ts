// Finding the one route whose weights lead to both versions, by what its destinations mean.
import type { Located } from '../../controller/mesh-port.ts';
import type { RolloutSpec, Route } from '../../domain/rollout.ts';
import { fullHost } from './hosts.ts';
import { noPair, noSuchRoute, noSuchVirtualService, noVirtualService } from './missing.ts';
import { ambiguousRoute, unfitRoute } from './problems.ts';
import { type Pair, roleOf, type Surroundings } from './surroundings.ts';
import { type Rule, rulesOf, type VirtualService } from './virtual-service.ts';
import type { Candidate, Sighting } from './words.ts';

/** Everything a search may look at. The VirtualServices are those of the pair's namespace, or of the one asked for. */
export interface SearchArea extends Surroundings {
  readonly virtualServices: readonly VirtualService[];
}

/**
 * Finds the route that holds a destination for each version, among all http, tls and tcp routes, narrowed by what was asked
 * for. Anything but exactly one that is fit to carry a rollout is a problem, with a sentence that ends in what to do.
 */
export function locate(area: SearchArea, pair: Pair, asked: RolloutSpec['route']): Located {
  const namespace = asked.namespace ?? pair.canary.namespace;
  const objects = area.virtualServices.filter(
    ({ metadata }) => metadata.namespace === namespace && (asked.object ?? metadata.name) === metadata.name,
  );
  if (objects.length === 0) {
    const problem =
      asked.object === undefined
        ? noVirtualService(pair, namespace)
        : noSuchVirtualService(pair, namespace, asked.object, namesIn(area, namespace));
    return { kind: 'problem', problem };
  }
  const sightings = objects.flatMap((object) => rulesOf(object).map((rule) => look(object, rule, pair, area)));
  return choose(sightings, { area, pair, asked, objects });
}

interface Search {
  readonly area: SearchArea;
  readonly pair: Pair;
  readonly asked: RolloutSpec['route'];
  readonly objects: readonly VirtualService[];
}

function namesIn(area: SearchArea, namespace: string): readonly string[] {
  return area.virtualServices
    .filter(({ metadata }) => metadata.namespace === namespace)
    .map(({ metadata }) => metadata.name)
    .toSorted();
}

function look(object: VirtualService, rule: Rule, pair: Pair, area: SearchArea): Sighting {
  const seen = rule.targets.map((target) => ({
    target,
    role: roleOf(target.destination, object.metadata.namespace, pair, area),
  }));
  return { object, rule, seen };
}

function choose(sightings: readonly Sighting[], search: Search): Located {
  const { asked, pair } = search;
  const named = sightings.filter(({ rule }) => asked.section === undefined || rule.name === asked.section);
  if (named.length === 0 && asked.section !== undefined) {
    return { kind: 'problem', problem: noSuchRoute(pair, search.objects, sightings, asked.section) };
  }
  const candidates = named.flatMap(candidateOf);
  const [only, ...others] = candidates;
  if (only === undefined) return { kind: 'problem', problem: noPair(pair, search.objects, named, search.area) };
  if (others.length > 0) return { kind: 'problem', problem: ambiguousRoute(pair, candidates) };
  const problem = unfitRoute(pair, only);
  return problem === undefined ? { kind: 'located', route: routeOf(only) } : { kind: 'problem', problem };
}

function candidateOf(sighting: Sighting): readonly Candidate[] {
  const stable = sighting.seen.find(({ role }) => role === 'stable')?.target;
  const canary = sighting.seen.find(({ role }) => role === 'canary')?.target;
  return stable === undefined || canary === undefined ? [] : [{ ...sighting, stable, canary }];
}

function routeOf({ object, rule, stable, canary }: Candidate): Route {
  const { namespace, name } = object.metadata;
  const hosts = [stable, canary].map(({ destination }) => fullHost(destination.host, namespace));
  return {
    namespace,
    name,
    protocol: rule.protocol,
    ...(rule.name === undefined ? {} : { section: rule.name }),
    stable: stable.destination,
    canary: canary.destination,
    original: { stable: stable.weight, canary: canary.weight },
    services: [...new Set(hosts)],
  };
}
