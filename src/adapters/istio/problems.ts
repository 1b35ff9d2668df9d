// Why a route that was found cannot carry a rollout, in sentences that end in what to do.
import { destinationName, type RouteProblem } from '../../controller/mesh-port.ts';
import { claimIn } from './claim.ts';
import type { Pair } from './surroundings.ts';
import { effectiveWeight, placeOf, type Target } from './virtual-service.ts';
import { annotate, type Candidate, capital, ruleName, type Sighting, someOf, whereabouts } from './words.ts';

/** More than one route leads to both versions. Owes two candidates at least. */
export function ambiguousRoute(pair: Pair, candidates: readonly Candidate[]): RouteProblem {
  const { stable, canary } = pair;
  const names = candidates.map(({ object, rule }) => `${placeOf(object)} (${ruleName(rule)})`);
  const found = `${candidates.length} routes lead to both ${stable.name} and ${canary.name}: ${someOf(names)}.`;
  return { reason: 'AmbiguousRoute', message: `${found} Serin moves the weights of one. ${choice(pair, candidates)}` };
}

function choice(pair: Pair, candidates: readonly Candidate[]): string {
  const byObject = Map.groupBy(candidates, ({ object }) => placeOf(object));
  const [[place, within] = ['', candidates]] = byObject;
  if (byObject.size === 1) return capital(routeChoice(pair, within));
  const chosen = `Choose the VirtualService: ${annotate(pair, 'virtual-service', place)}`;
  return byObject.size < candidates.length
    ? `${chosen} and, where it has several such routes, ${routeChoice(pair, candidates)}`
    : chosen;
}

function routeChoice(pair: Pair, candidates: readonly Candidate[]): string {
  const named = candidates.find(({ rule }) => rule.name !== undefined)?.rule.name;
  if (named !== undefined) return `choose the route by its name: ${annotate(pair, 'route', named)}`;
  if (candidates.some(({ rule }) => rule.protocol === 'http')) {
    return `give the http route that is meant a name and choose it: ${annotate(pair, 'route', '<name>')}`;
  }
  return 'leave only one of them with both destinations: routes other than http have no names to choose by.';
}

/** Why the one route that leads to both versions cannot carry a rollout now; undefined when it can. */
export function unfitRoute(pair: Pair, candidate: Candidate): RouteProblem | undefined {
  return foreignDestination(candidate) ?? faultOnRoute(candidate) ?? unfitWeights(pair, candidate);
}

function foreignDestination(candidate: Candidate): RouteProblem | undefined {
  const { seen, stable, canary } = candidate;
  const others = seen.filter(({ target }) => target !== stable && target !== canary);
  const twice = others.find(({ role }) => role === 'stable' || role === 'canary');
  const pairNames = `${destinationName(stable.destination)} and ${destinationName(canary.destination)}`;
  if (twice !== undefined) {
    const version = twice.role === 'stable' ? stable : canary;
    const names = [version, twice.target].map(({ destination }) => destinationName(destination)).join(' and ');
    const message =
      `${whereabouts(candidate)} leads to the ${twice.role} version by two destinations, ${names}; expected one for each version. ` +
      `Merge the two into one.${claimHint(candidate)}`;
    return { reason: 'ForeignDestination', message };
  }
  const foreign = others.find(({ target }) => effectiveWeight(target) !== 0);
  if (foreign === undefined) return undefined;
  const name = destinationName(foreign.target.destination);
  const message =
    `${whereabouts(candidate)} also sends traffic to ${name} (weight ${effectiveWeight(foreign.target)}); expected no more than ${pairNames} with a weight. ` +
    `Set the weight of ${name} to 0, or move it to a route of its own.${claimHint(candidate)}`;
  return { reason: 'ForeignDestination', message };
}

function faultOnRoute(candidate: Candidate): RouteProblem | undefined {
  if (!candidate.rule.faulty) return undefined;
  const message =
    `${whereabouts(candidate)} injects faults (the field fault), which would be counted against the canary. ` +
    'Remove the fault, or move it to a route of its own, before the release.';
  return { reason: 'FaultOnRoute', message };
}

function unfitWeights(pair: Pair, candidate: Candidate): RouteProblem | undefined {
  const { stable, canary } = candidate;
  const [toStable, toCanary] = [effectiveWeight(stable), effectiveWeight(canary)];
  const names = [destinationName(stable.destination), destinationName(canary.destination)] as const;
  const has = `${whereabouts(candidate)} gives ${names[0]} weight ${weightText(stable)} and ${names[1]} weight ${weightText(canary)}`;
  if (toStable <= 0) {
    const swapped =
      toCanary > 0 ? ` (or, if ${pair.canary.name} is what serves now, canary-of names the wrong Deployment)` : '';
    const message = `${has}, so ${pair.stable.name} serves nothing it could be compared by; expected 100 and 0. Give ${names[0]} weight 100 and ${names[1]} weight 0${swapped}.${claimHint(candidate)}`;
    return { reason: 'StableWithoutTraffic', message };
  }
  if (toCanary === 0) return undefined;
  const message = `${has}, so ${pair.canary.name} serves already; a release begins at 0. Set the weight of ${names[1]} to 0.${claimHint(candidate)}`;
  return { reason: 'CanaryAlreadyServing', message };
}

/** One left out counts as 0, which surprises. */
function weightText({ weight }: Target): string {
  return weight === null ? '0 (it has none, which counts as 0)' : String(weight);
}

function claimHint({ object }: Sighting): string {
  const claim = claimIn(object.metadata.annotations);
  if (claim === undefined) return '';
  return ` Rollout ${claim.rollout} has its name on this VirtualService: while it is under way, wait until it is over.`;
}
