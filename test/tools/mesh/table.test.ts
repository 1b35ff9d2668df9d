import { describe, expect, it } from 'vitest';
import { type Route, routeOf, routingTable, type Snapshot } from '../../../tools/mesh/table.ts';
import { aClient, aPod, aService, aSlice, aSnapshot, aVirtualService, split } from './builders.ts';

/** The legs of a route in short: weight and the pods, or `NC`. */
function legs(route: Route): unknown {
  if (route.kind !== 'split') return route.kind;
  return route.legs.map(({ weight, target }) => [
    weight,
    target.kind === 'absent' ? 'NC' : target.endpoints.map(({ name }) => name).join(' '),
  ]);
}

function routed(spec: Record<string, unknown>, changes: Partial<Snapshot> = {}): Route {
  const virtualServices = [aVirtualService({ hosts: ['reviews'], ...spec })];
  return routeOf(routingTable(aSnapshot({ virtualServices, ...changes })), aClient());
}

const ALL_PODS = 'v1-a v1-b v1-c v2-a v2-b';

describe('routeOf', () => {
  it('splits over subsets by relative weights', () => {
    const route = routed({ http: [{ route: split({ v1: 90, v2: 10 }) }] });

    expect(legs(route)).toEqual([
      [90, 'v1-a v1-b v1-c'],
      [10, 'v2-a v2-b'],
    ]);
  });

  it.each([
    ['one destination has all, whatever its weight', { v1: 0 }, [[1, 'v1-a v1-b v1-c']]],
    ['weight 0 among several is dropped', { v1: 100, v2: 0 }, [[100, 'v1-a v1-b v1-c']]],
    ['a negative weight is dropped', { v1: 5, v2: -5 }, [[5, 'v1-a v1-b v1-c']]],
    ['no weight at all leaves no route', { v1: 0, v2: 0 }, 'none'],
    [
      'a subset in no DestinationRule is absent',
      { v1: 50, v3: 50 },
      [
        [50, 'v1-a v1-b v1-c'],
        [50, 'NC'],
      ],
    ],
  ])('%s', (_, weights, expected) => {
    expect(legs(routed({ http: [{ route: split(weights) }] }))).toEqual(expected);
  });

  it('leaves a subset without ready pods with none', () => {
    const pods = aSnapshot().pods;

    const route = routed(
      { http: [{ route: split({ v1: 1, v2: 1 }) }] },
      { endpointSlices: [aSlice(pods, { notReady: ['v2-a', 'v2-b', 'v1-b'] })] },
    );

    expect(legs(route)).toEqual([
      [1, 'v1-a v1-c'],
      [1, ''],
    ]);
  });

  it('splits between two Services by host, resolving short names where the route is written', () => {
    const pods = [aPod('canary', 'reviews-2', {}), ...aSnapshot().pods];
    const services = [aService(), aService({ name: 'reviews-canary' })];
    const endpointSlices = [aSlice(aSnapshot().pods), aSlice(pods.slice(0, 1), { service: 'reviews-canary' })];
    const route = [
      { destination: { host: 'reviews' }, weight: 3 },
      { destination: { host: 'reviews-canary' }, weight: 1 },
    ];

    const result = routed({ http: [{ route }] }, { services, endpointSlices, pods });

    expect(legs(result)).toEqual([
      [3, ALL_PODS],
      [1, 'canary'],
    ]);
  });

  it('takes all ready pods of the Service when no VirtualService names the host', () => {
    const table = routingTable(aSnapshot());

    for (const host of ['reviews', 'reviews.shop', 'reviews.shop.svc', 'reviews.shop.svc.cluster.local']) {
      expect(legs(routeOf(table, aClient({ host })))).toEqual([[1, ALL_PODS]]);
    }
  });

  it('ignores VirtualServices for a client without a sidecar', () => {
    const virtualServices = [aVirtualService({ hosts: ['reviews'], http: [{ route: split({ v1: 100, v2: 0 }) }] })];

    const route = routeOf(routingTable(aSnapshot({ virtualServices })), aClient({ meshed: false }));

    expect(legs(route)).toEqual([[1, ALL_PODS]]);
  });

  it.each([
    ['no http route matches', { http: [{ match: [{ port: 1 }], route: split({ v1: 1 }) }] }, 'none'],
    ['a destination is no Service', { http: [{ route: split({ v1: 1 }, 'nobody') }] }, [[1, 'NC']]],
    [
      'a destination names a port the Service lacks',
      { http: [{ route: [{ destination: { host: 'reviews', port: { number: 1 } } }] }] },
      [[1, 'NC']],
    ],
  ])('shows when %s', (_, spec, expected) => {
    expect(legs(routed(spec))).toEqual(expected);
  });

  it('has no route to a host that is neither a Service nor in a VirtualService', () => {
    expect(legs(routeOf(routingTable(aSnapshot()), aClient({ host: 'nobody' })))).toBe('none');
  });

  it('answers redirects and direct responses at the client', () => {
    expect(routed({ http: [{ redirect: { uri: '/x' } }] })).toEqual({ kind: 'local', code: 301 });
    expect(routed({ http: [{ directResponse: { status: 418 } }] })).toEqual({ kind: 'local', code: 418 });
  });

  it('does not depend on the order in which objects arrived', () => {
    const snapshot = aSnapshot();
    const reversed = aSnapshot({
      pods: snapshot.pods.toReversed(),
      endpointSlices: [aSlice(snapshot.pods.toReversed())],
    });

    expect(legs(routeOf(routingTable(reversed), aClient()))).toEqual(legs(routeOf(routingTable(snapshot), aClient())));
  });

  it('counts a pod of two slices once', () => {
    const { pods } = aSnapshot();
    const endpointSlices = [aSlice(pods, { name: 'ipv4' }), aSlice(pods, { name: 'ipv6' })];

    expect(legs(routeOf(routingTable(aSnapshot({ endpointSlices })), aClient()))).toEqual([[1, ALL_PODS]]);
  });
});

describe('routingTable', () => {
  it('lets the oldest Service of a pod be the one its sidecar reports', () => {
    const { pods } = aSnapshot();
    const services = [aService({ name: 'later' }), aService({ age: 10 })];
    const endpointSlices = [aSlice(pods, { service: 'later' }), aSlice(pods)];

    const table = routingTable(aSnapshot({ services, endpointSlices }));

    expect(table.inbound.get('shop/v1-a')).toEqual({
      host: 'reviews.shop.svc.cluster.local',
      name: 'reviews',
      namespace: 'shop',
    });
  });
});
