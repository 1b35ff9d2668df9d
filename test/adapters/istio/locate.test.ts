import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { locate, type SearchArea } from '../../../src/adapters/istio/locate.ts';
import { destinationRuleSchema, type Pair } from '../../../src/adapters/istio/surroundings.ts';
import { virtualServiceSchema } from '../../../src/adapters/istio/virtual-service.ts';
import type { RouteProblem } from '../../../src/controller/mesh-port.ts';
import type { RolloutSpec, Route } from '../../../src/domain/rollout.ts';
import {
  aDestinationRule,
  anArea,
  aRule,
  aService,
  aVirtualService,
  plainVirtualService,
  reviewsPair,
  type VirtualServiceParts,
} from './objects.ts';

function routeIn(parts: Partial<SearchArea>, pair: Pair = reviewsPair(), asked: RolloutSpec['route'] = {}): Route {
  const located = locate(anArea(parts), pair, asked);
  if (located.kind === 'problem') throw new Error(located.problem.message);
  return located.route;
}

function problemIn(
  parts: Partial<SearchArea>,
  pair: Pair = reviewsPair(),
  asked: RolloutSpec['route'] = {},
): RouteProblem {
  const located = locate(anArea(parts), pair, asked);
  if (located.kind === 'located') throw new Error(`located ${JSON.stringify(located.route)}`);
  return located.problem;
}

function routing(...virtualServices: readonly VirtualServiceParts[]): Partial<SearchArea> {
  return { virtualServices: virtualServices.map(aVirtualService) };
}

describe('the route of a pair', () => {
  it('is found by subsets of one host', () => {
    const route = routeIn({});

    expect(route).toEqual({
      namespace: 'shop',
      name: 'reviews',
      protocol: 'http',
      section: 'default',
      stable: { host: 'reviews', subset: 'v1' },
      canary: { host: 'reviews', subset: 'v2' },
      original: { stable: 100, canary: 0 },
      services: ['reviews.shop.svc.cluster.local'],
    });
  });

  it('is found by two hosts, one of them fully qualified, whatever the order', () => {
    const services = [aService('old', { version: 'v1' }), aService('new', { version: 'v2' })];
    const http = [aRule(['new.shop.svc.cluster.local:9080', 'old:9080=1'])];

    const route = routeIn({ ...routing({ http }), services, destinationRules: [] });

    expect(route.stable).toEqual({ host: 'old', port: 9080 });
    expect(route.canary).toEqual({ host: 'new.shop.svc.cluster.local', port: 9080 });
    expect(route.original).toEqual({ stable: 1, canary: null });
    expect(route.services).toEqual(['old.shop.svc.cluster.local', 'new.shop.svc.cluster.local']);
    expect(route).not.toHaveProperty('section');
  });

  it('is found among header routes and routes to other hosts', () => {
    const http = [
      aRule(['reviews/v2'], { name: 'testers', match: [{ headers: { canary: { exact: 'true' } } }] }),
      aRule(['ratings=100']),
      aRule(['reviews/v1=100', 'reviews/v2=0', 'reviews/v3=0'], { name: 'everybody' }),
    ];

    expect(routeIn(routing({ http })).section).toBe('everybody');
  });

  it.each(['tcp', 'tls'] as const)('is found among %s routes, which have no names', (protocol) => {
    const rule = aRule(['reviews/v1=100', 'reviews/v2=0'], { name: 'ignored', match: [{ port: 9000 }] });

    const route = routeIn(routing({ [protocol]: [aRule(['ratings']), rule] }));

    expect(route.protocol).toBe(protocol);
    expect(route).not.toHaveProperty('section');
  });

  it('is found in a delegate, which has no hosts', () => {
    const { spec, ...rest } = plainVirtualService();
    const delegate = { ...rest, spec: { ...(spec as object), hosts: undefined } };

    expect(routeIn({ virtualServices: [virtualServiceSchema.parse(delegate)] }).name).toBe('reviews');
  });

  it('is found in another namespace when that is asked for', () => {
    const http = [aRule(['reviews.shop.svc.cluster.local/v1=100', 'reviews.shop.svc.cluster.local/v2=0'])];
    const area = routing({}, { namespace: 'edge', name: 'gateway', http });

    const route = routeIn(area, reviewsPair(), { namespace: 'edge', object: 'gateway' });

    expect([route.namespace, route.name]).toEqual(['edge', 'gateway']);
  });

  it('is the one asked for by name where two could be meant', () => {
    const rules = ['api', 'web'].map((name) => aRule(['reviews/v1=100', 'reviews/v2=0'], { name }));

    expect(routeIn(routing({ http: rules }), reviewsPair(), { section: 'web' }).section).toBe('web');
    expect(routeIn(routing({}, { name: 'second' }), reviewsPair(), { object: 'second' }).name).toBe('second');
  });
});

describe('the subset of a destination', () => {
  const split = { v1: { version: 'v1' }, v2: { version: 'v2' } };

  it('is looked up in the namespace of the VirtualService, then of the Service, then of Istio', () => {
    const rules = [
      aDestinationRule({ namespace: 'istio-system', host: 'reviews.shop.svc.cluster.local', subsets: split }),
      aDestinationRule({ subsets: { v1: { version: 'v1' } } }),
    ];

    expect(routeIn({ destinationRules: rules.slice(0, 1) }).name).toBe('reviews');
    expect(problemIn({ destinationRules: rules }).reason).toBe('UnknownSubset');
  });

  it('is the sum of what several rules of one namespace define', () => {
    const rules = Object.entries(split).map(([name, labels]) =>
      aDestinationRule({ name, subsets: { [name]: labels } }),
    );

    expect(routeIn({ destinationRules: rules }).name).toBe('reviews');
  });

  it('is taken from the rule of the host itself rather than of a wildcard, and from none for chosen clients', () => {
    const wild = aDestinationRule({ name: 'wild', host: '*.shop.svc.cluster.local', subsets: split });
    const chosen = aDestinationRule({ name: 'chosen', spec: { workloadSelector: { matchLabels: { app: 'client' } } } });

    expect(routeIn({ destinationRules: [wild] }).name).toBe('reviews');
    expect(problemIn({ destinationRules: [wild, aDestinationRule({ subsets: {} })] }).reason).toBe('UnknownSubset');
    expect(problemIn({ destinationRules: [chosen] }).reason).toBe('UnknownSubset');
  });
});

describe('a missing route', () => {
  it('says when a namespace has no VirtualService', () => {
    expect(problemIn({ virtualServices: [] })).toEqual({
      reason: 'NoVirtualService',
      message:
        'Namespace shop has no VirtualService, so there is no route whose weights could lead from reviews-v1 to reviews-v2. ' +
        'Create one with a destination for each, or name one of another namespace: ' +
        'kubectl annotate --overwrite -n shop deployment/reviews-v2 serin.dev/virtual-service=<namespace>/<name>',
    });
  });

  it('suggests the VirtualService that was meant', () => {
    expect(problemIn(routing({ name: 'ratings' }, {}), reviewsPair(), { object: 'reveiws' })).toEqual({
      reason: 'NoVirtualService',
      message:
        'serin.dev/virtual-service names reveiws, but namespace shop has no VirtualService of that name (only ratings, reviews). ' +
        'Did you mean reviews? kubectl annotate --overwrite -n shop deployment/reviews-v2 serin.dev/virtual-service=reviews',
    });
  });

  it('says so when nothing near the name exists, in another namespace too', () => {
    const asked = { namespace: 'edge', object: 'gateway' };

    expect(problemIn({}, reviewsPair(), asked).message).toBe(
      'serin.dev/virtual-service names gateway, but namespace edge has no VirtualService of that name (none at all). Name one that exists, or create it.',
    );
  });

  it('suggests the route that was meant', () => {
    expect(problemIn({}, reviewsPair(), { section: 'defualt' })).toEqual({
      reason: 'NoRouteForPair',
      message:
        'serin.dev/route names "defualt", but no http route of VirtualService shop/reviews is called that (the names are default). ' +
        'Did you mean default? kubectl annotate --overwrite -n shop deployment/reviews-v2 serin.dev/route=default',
    });
  });

  it('says what was found instead of the pair', () => {
    const http = [
      aRule(['reviews/v1'], { name: 'all' }),
      aRule(['reviews/v2'], { match: [{ uri: { prefix: '/new' } }] }),
    ];

    expect(problemIn(routing({ http }))).toEqual({
      reason: 'NoRouteForPair',
      message:
        'No route of VirtualService shop/reviews has a destination for reviews-v1 and one for reviews-v2: found only ' +
        'http route "all" of shop/reviews with reviews/v1 (stable), http route 2 of shop/reviews with reviews/v2 (canary). ' +
        'Put both into one route, reviews-v1 with weight 100 and reviews-v2 with weight 0.',
    });
  });

  it('explains hosts with a dot, which Istio does not complete', () => {
    const http = [aRule(['reviews.shop/v1=100', 'reviews.shop/v2=0'])];

    const { reason, message } = problemIn(routing({ http }));

    expect(reason).toBe('NoRouteForPair');
    expect(message).toContain('write reviews.shop.svc.cluster.local instead of reviews.shop.');
  });

  it('is the answer when the Service is of another namespace or selects nothing', () => {
    expect(problemIn({ services: [aService('reviews', { app: 'reviews' }, 'other')] }).reason).toBe('NoRouteForPair');
    expect(problemIn({ services: [aService('reviews', {})] }).reason).toBe('NoRouteForPair');
    expect(problemIn(routing({ http: [] })).reason).toBe('NoRouteForPair');
  });

  it('names the subset that nothing defines and the one that was meant', () => {
    const subsets = { v1: { version: 'v1' }, 'v2-new': { version: 'v2' } };
    const http = [aRule(['reviews/v1=100', 'reviews/v2-nwe=0'])];

    expect(problemIn({ ...routing({ http }), destinationRules: [aDestinationRule({ subsets })] })).toEqual({
      reason: 'UnknownSubset',
      message:
        'Http route 1 of VirtualService shop/reviews names reviews/v2-nwe, but no DestinationRule defines subset v2-nwe ' +
        '(the subsets of this host are v1, v2-new). Did you mean v2-new? Otherwise add v2-nwe to the DestinationRule of reviews.',
    });
  });
});

describe('an ambiguous route', () => {
  const pair = ['reviews/v1=100', 'reviews/v2=0'];

  it('names the VirtualServices and the annotation that chooses', () => {
    expect(problemIn(routing({}, { name: 'second' }))).toEqual({
      reason: 'AmbiguousRoute',
      message:
        '2 routes lead to both reviews-v1 and reviews-v2: shop/reviews (http route "default"), shop/second (http route "default"). ' +
        'Serin moves the weights of one. Choose the VirtualService: ' +
        'kubectl annotate --overwrite -n shop deployment/reviews-v2 serin.dev/virtual-service=shop/reviews',
    });
  });

  it('names the routes of one VirtualService and the annotation that chooses', () => {
    const http = [aRule(pair), aRule(pair, { name: 'web' })];

    expect(problemIn(routing({ http })).message).toBe(
      '2 routes lead to both reviews-v1 and reviews-v2: shop/reviews (http route 1), shop/reviews (http route "web"). ' +
        'Serin moves the weights of one. Choose the route by its name: ' +
        'kubectl annotate --overwrite -n shop deployment/reviews-v2 serin.dev/route=web',
    );
  });

  it('asks for names where there are none, and says where there can be none', () => {
    expect(problemIn(routing({ http: [aRule(pair), aRule(pair)] })).message).toContain(
      'Give the http route that is meant a name and choose it:',
    );
    expect(problemIn(routing({ tcp: [aRule(pair), aRule(pair)] })).message).toContain(
      'Leave only one of them with both destinations: routes other than http have no names to choose by.',
    );
  });

  it('speaks of both annotations when both are needed', () => {
    const http = [aRule(pair, { name: 'api' }), aRule(pair, { name: 'web' })];

    const { message } = problemIn(routing({ http }, { name: 'second' }));

    expect(message).toContain('serin.dev/virtual-service=shop/reviews and, where it has several such routes, choose');
    expect(message).toContain('serin.dev/route=api');
  });

  it('can still be ambiguous within what was asked for', () => {
    const http = [aRule(pair, { name: 'web' }), aRule(pair, { name: 'web' })];

    expect(problemIn(routing({ http }), reviewsPair(), { section: 'web' }).reason).toBe('AmbiguousRoute');
  });
});

describe('an unfit route', () => {
  it.each([
    [
      'a third destination with weight',
      ['reviews/v1=90', 'reviews/v2=0', 'reviews/v3=10'],
      'ForeignDestination',
      'Http route 1 of VirtualService shop/reviews also sends traffic to reviews/v3 (weight 10); expected no more than reviews/v1 and reviews/v2 with a weight. ' +
        'Set the weight of reviews/v3 to 0, or move it to a route of its own.',
    ],
    [
      'one version twice',
      ['reviews/v1=50', 'reviews/v1=50', 'reviews/v2=0'],
      'ForeignDestination',
      'Http route 1 of VirtualService shop/reviews leads to the stable version by two destinations, reviews/v1 and reviews/v1; expected one for each version. Merge the two into one.',
    ],
    [
      'a canary that serves already',
      ['reviews/v1=90', 'reviews/v2=10'],
      'CanaryAlreadyServing',
      'Http route 1 of VirtualService shop/reviews gives reviews/v1 weight 90 and reviews/v2 weight 10, so reviews-v2 serves already; a release begins at 0. ' +
        'Set the weight of reviews/v2 to 0.',
    ],
    [
      'a stable version without traffic',
      ['reviews/v1=0', 'reviews/v2=100'],
      'StableWithoutTraffic',
      'Http route 1 of VirtualService shop/reviews gives reviews/v1 weight 0 and reviews/v2 weight 100, so reviews-v1 serves nothing it could be compared by; expected 100 and 0. ' +
        'Give reviews/v1 weight 100 and reviews/v2 weight 0 (or, if reviews-v2 is what serves now, canary-of names the wrong Deployment).',
    ],
    [
      'no weights at all',
      ['reviews/v1', 'reviews/v2'],
      'StableWithoutTraffic',
      'Http route 1 of VirtualService shop/reviews gives reviews/v1 weight 0 (it has none, which counts as 0) and reviews/v2 weight 0 (it has none, which counts as 0), ' +
        'so reviews-v1 serves nothing it could be compared by; expected 100 and 0. Give reviews/v1 weight 100 and reviews/v2 weight 0.',
    ],
  ])('with %s is refused', (_what, destinations, reason, message) => {
    const problem = problemIn({
      ...routing({ http: [aRule(destinations)] }),
      destinationRules: [
        aDestinationRule({ subsets: { v1: { version: 'v1' }, v2: { version: 'v2' }, v3: { version: 'v3' } } }),
      ],
    });

    expect(problem).toEqual({ reason, message });
  });

  it('with a fault is refused', () => {
    const http = [aRule(['reviews/v1=100', 'reviews/v2=0'], { fault: { delay: { fixedDelay: '5s' } } })];

    expect(problemIn(routing({ http }))).toEqual({
      reason: 'FaultOnRoute',
      message:
        'Http route 1 of VirtualService shop/reviews injects faults (the field fault), which would be counted against the canary. ' +
        'Remove the fault, or move it to a route of its own, before the release.',
    });
  });

  it('tells of the rollout that has its name on the VirtualService', () => {
    const http = [aRule(['reviews/v1=90', 'reviews/v2=10'])];

    const { message } = problemIn(routing({ http, annotations: { 'serin.dev/claim': 'shop/reviews-v3-x-1@4' } }));

    expect(message).toMatch(
      /Rollout shop\/reviews-v3-x-1 has its name on this VirtualService: .* wait until it is over\.$/,
    );
  });
});

describe('a route to the plain host', () => {
  const plain = [aRule(['reviews:9080=100'], { name: 'default', timeout: '3s' })];

  it('is refused with the lines to write, when subsets exist', () => {
    expect(problemIn(routing({ http: plain }))).toEqual({
      reason: 'PlainHostRoute',
      message: `Http route "default" of VirtualService shop/reviews leads to reviews, which reaches the pods of both reviews-v1 and reviews-v2, so its weights cannot tell them apart. Replace its lines by:
  route:
  - destination: {host: reviews, subset: v1, port: {number: 9080}}
    weight: 100
  - destination: {host: reviews, subset: v2, port: {number: 9080}}
    weight: 0`,
    });
  });

  it('is refused with the lines of a DestinationRule too, when there is none', () => {
    const { message } = problemIn({ ...routing({ http: plain }), destinationRules: [] });

    expect(message).toContain(`Apply:
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: shop}
spec:
  host: reviews
  subsets:
  - name: v1
    labels: {version: v1}
  - name: v2
    labels: {version: v2}
A few seconds later, replace the route's lines by:
  route:`);
  });

  it('is refused with the lines for the DestinationRule that exists', () => {
    const { message } = problemIn({
      ...routing({ http: plain }),
      destinationRules: [aDestinationRule({ name: 'pools', subsets: {} })],
    });

    expect(message).toContain('Add to DestinationRule shop/pools:\nspec:\n  subsets:\n  - name: v1');
  });

  it('is told apart by another label when there is no version, and not at all without any', () => {
    const odd = { app: 'reviews', track: '1.10', version: 'v1' };
    const alike = { app: 'reviews', version: 'v1' };
    const pair = {
      stable: { ...reviewsPair().stable, podLabels: { ...odd, track: 'no' } },
      canary: { ...reviewsPair().canary, podLabels: odd },
    };

    const { message } = problemIn({ ...routing({ http: plain }), destinationRules: [] }, pair);

    expect(message).toContain(
      '- name: reviews-v1\n    labels: {track: "no"}\n  - name: reviews-v2\n    labels: {track: "1.10"}',
    );
    expect(problemIn(routing({ http: plain }), reviewsPair(alike)).message).toContain('carry the same labels');
  });

  it('carries a rollout once the lines are written', () => {
    const { message } = problemIn({ ...routing({ http: plain }), destinationRules: [] });
    const [, rule = '', route = ''] = /Apply:\n([\s\S]*)\nA few[^\n]*\n([\s\S]*)$/.exec(message) ?? [];
    const [written, lines] = [rule, route].map((text) => parseAllDocuments(text)[0]?.toJS() as Record<string, unknown>);

    const area = {
      ...routing({ http: [{ name: 'default', ...lines }] }),
      destinationRules: [destinationRuleSchema.parse(written)],
    };

    expect(routeIn(area).original).toEqual({ stable: 100, canary: 0 });
  });
});
