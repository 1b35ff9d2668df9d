// Istio's objects for tests, with only what matters to write down.
import type { SearchArea } from '../../../src/adapters/istio/locate.ts';
import {
  type DestinationRule,
  destinationRuleSchema,
  type Pair,
  type Service,
  serviceSchema,
} from '../../../src/adapters/istio/surroundings.ts';
import { type VirtualService, virtualServiceSchema } from '../../../src/adapters/istio/virtual-service.ts';
import { aWorkload } from '../../support/builders.ts';

/** One weighted destination as it is written: `reviews/v1=90`, `reviews:9080=10`, or without a weight `reviews/v1`. */
export function to(text: string): Record<string, unknown> {
  const groups = /^(?<host>[^/:=]+)(?:\/(?<subset>[^:=]+))?(?::(?<port>\d+))?(?:=(?<weight>-?\d+))?$/.exec(
    text,
  )?.groups;
  const { host, subset, port, weight } = groups ?? {};
  return {
    destination: {
      host,
      ...(subset === undefined ? {} : { subset }),
      ...(port === undefined ? {} : { port: { number: Number(port) } }),
    },
    ...(weight === undefined ? {} : { weight: Number(weight) }),
  };
}

/** A route to destinations in the spelling of `to`. */
export function aRule(destinations: readonly string[], parts: Record<string, unknown> = {}): Record<string, unknown> {
  return { ...parts, route: destinations.map(to) };
}

/** What of a VirtualService a test cares about. */
export interface VirtualServiceParts {
  readonly name?: string;
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly managedFields?: readonly unknown[];
  readonly http?: readonly unknown[];
  readonly tls?: readonly unknown[];
  readonly tcp?: readonly unknown[];
}

/** A VirtualService in plain JSON; `shop/reviews`, routing reviews/v1 and reviews/v2 at 100 and 0, unless said otherwise. */
export function plainVirtualService(parts: VirtualServiceParts = {}): Record<string, unknown> {
  const { name = 'reviews', namespace = 'shop', annotations, managedFields, http, tls, tcp } = parts;
  const routes = {
    ...(http === undefined ? {} : { http }),
    ...(tls === undefined ? {} : { tls }),
    ...(tcp === undefined ? {} : { tcp }),
  };
  const usual = { http: [aRule(['reviews/v1=100', 'reviews/v2=0'], { name: 'default' })] };
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: {
      name,
      namespace,
      resourceVersion: '7',
      ...(annotations === undefined ? {} : { annotations }),
      ...(managedFields === undefined ? {} : { managedFields }),
    },
    spec: { hosts: ['reviews'], ...(Object.keys(routes).length === 0 ? usual : routes) },
  };
}

/** The same, as the adapter reads it. */
export function aVirtualService(parts: VirtualServiceParts = {}): VirtualService {
  return virtualServiceSchema.parse(plainVirtualService(parts));
}

/** A Service that selects `app: <name>`, or what is given. */
export function aService(name: string, selector: Record<string, string> = { app: name }, namespace = 'shop'): Service {
  return serviceSchema.parse({ metadata: { name, namespace }, spec: { selector } });
}

/** A DestinationRule with subsets by name; `v1` and `v2` by the label version unless given. */
export function aDestinationRule(
  parts: {
    readonly namespace?: string;
    readonly name?: string;
    readonly host?: string;
    readonly subsets?: Readonly<Record<string, Record<string, string>>>;
    readonly spec?: Record<string, unknown>;
  } = {},
): DestinationRule {
  const { namespace = 'shop', name = 'reviews', host = 'reviews', spec = {} } = parts;
  const subsets = Object.entries(parts.subsets ?? { v1: { version: 'v1' }, v2: { version: 'v2' } });
  return destinationRuleSchema.parse({
    metadata: { name, namespace },
    spec: { host, subsets: subsets.map(([subset, labels]) => ({ name: subset, labels })), ...spec },
  });
}

/** reviews-v1 and reviews-v2 of namespace shop, which differ in the label version. */
export function reviewsPair(canaryLabels: Readonly<Record<string, string>> = { app: 'reviews', version: 'v2' }): Pair {
  return { stable: aWorkload(), canary: aWorkload({ name: 'reviews-v2', podLabels: canaryLabels }) };
}

/** The namespace of Istio's own examples: one VirtualService, one DestinationRule, one Service, unless said otherwise. */
export function anArea(parts: Partial<SearchArea> = {}): SearchArea {
  return {
    virtualServices: [aVirtualService()],
    destinationRules: [aDestinationRule()],
    services: [aService('reviews')],
    ...parts,
  };
}
