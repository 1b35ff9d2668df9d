import { describe, expect, it } from 'vitest';
import { problemIn, routing } from './locating.ts';
import { aDestinationRule, aRule, aService, reviewsPair } from './objects.ts';

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
