// What a survey reads, with only what matters to write down: the Deployment `checkout` of the namespace `shop` behind one Service, and a
// VirtualService to it.
import { ruleSchema } from '../../../../src/adapters/istio/lanes/rules.ts';
import { laneServiceSchema } from '../../../../src/adapters/istio/lanes/services.ts';
import { findLanes, type LaneArea } from '../../../../src/adapters/istio/lanes/survey.ts';
import type { LanesWanted, RouteProblem } from '../../../../src/controller/mesh-port.ts';
import type { Lanes } from '../../../../src/domain/lanes.ts';
import { read } from './scenes.ts';

type Json = Readonly<Record<string, unknown>>;

/** Labels of pods of `checkout`, of whatever version. */
export const podLabels = { app: 'checkout', version: 'v1' };

/** A Service; `checkout` with one http port unless said otherwise. */
export function aLaneService(spec: Json = {}, name = 'checkout'): LaneArea['services'][number] {
  const usual = { selector: { app: 'checkout' }, ports: [{ name: 'http', port: 80 }] };
  return laneServiceSchema.parse({ metadata: { name, namespace: 'shop' }, spec: { ...usual, ...spec } });
}

/** A VirtualService with the one http route given. */
export function aRouted(rule: Json, spec: Json = {}, place: Json = {}): LaneArea['objects'][number] {
  const metadata = { name: 'checkout', namespace: 'shop', resourceVersion: '7', ...place };
  return read({ metadata, spec: { hosts: ['checkout'], http: [rule], ...spec } });
}

/** A route to destinations `host` or `host/subset`, each with its weight if it has one. */
export function aRouteTo(...to: readonly (string | readonly [string, number])[]): Json {
  const route = to.map((each) => {
    const [text, weight] = typeof each === 'string' ? [each, undefined] : each;
    const [host, subset] = text.split('/');
    const destination = { host, ...(subset === undefined ? {} : { subset }) };
    return { destination, ...(weight === undefined ? {} : { weight }) };
  });
  return { route };
}

/** A DestinationRule of `checkout` in its namespace; subsets by the label version, named after it. */
export function aLaneRule(spec: Json = {}, place: Json = {}): LaneArea['rules'][number] {
  const subsets = ['v1', 'v2'].map((version) => ({ name: version, labels: { version } }));
  return ruleSchema.parse({
    metadata: { name: 'checkout', namespace: 'shop', ...place },
    spec: { host: 'checkout.shop.svc.cluster.local', subsets, ...spec },
  });
}

/** Everything that is read: one Service, one VirtualService that leads to it, nothing else. */
export function aLaneArea(parts: Partial<LaneArea> = {}): LaneArea {
  return {
    services: [aLaneService()],
    objects: [aRouted(aRouteTo('checkout'))],
    rules: [],
    gatewayRoutes: [],
    ...parts,
  };
}

/** What is asked for: both versions with the same labels. */
export function lanesWanted(parts: Partial<LanesWanted> = {}): LanesWanted {
  return {
    namespace: 'shop',
    target: 'checkout',
    stableLabels: podLabels,
    canaryLabels: podLabels,
    names: { stable: 'serin-stable-5c5b46c844', canary: 'serin-canary-0a1b2c3d4e' },
    rollout: 'shop/checkout-0a1b2c3d4e-1',
    ...parts,
  };
}

/** The lanes in an area. Throws the sentence where there is a problem. */
export function lanesFound(area: LaneArea, wanted: LanesWanted = lanesWanted()): Lanes {
  const found = findLanes(area, wanted);
  if (found.kind === 'problem') throw new Error(found.problem.message);
  return found.lanes;
}

/** The problem in an area. Throws where there is none. */
export function problemFound(area: LaneArea, wanted: LanesWanted = lanesWanted()): RouteProblem {
  const found = findLanes(area, wanted);
  if (found.kind === 'lanes') throw new Error('There is no problem.');
  return found.problem;
}
