import { describe, expect, it } from 'vitest';
import { virtualServiceSchema } from '../../../src/adapters/istio/virtual-service.ts';
import { problemIn, routeIn, routing } from './locating.ts';
import { aDestinationRule, aRule, aService, plainVirtualService, reviewsPair } from './objects.ts';

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
