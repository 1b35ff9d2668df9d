import { describe, expect, it } from 'vitest';
import { type Caller, ruleFor, virtualServiceFor } from '../../../tools/mesh/virtual-service.ts';
import { aVirtualService, split } from './builders.ts';

const HOST = 'reviews.shop.svc.cluster.local';
const http = [{ route: split({ v1: 100 }) }];

function aCaller(changes: Partial<Caller> = {}): Caller {
  return {
    namespace: 'shop',
    gateway: 'mesh',
    labels: { app: 'web' },
    authority: 'reviews',
    port: 9080,
    path: '/',
    headers: {},
    ...changes,
  };
}

function inMesh(namespace: string): Pick<Caller, 'namespace' | 'gateway'> {
  return { namespace, gateway: 'mesh' };
}

describe('virtualServiceFor', () => {
  it('resolves a short host in the namespace of the VirtualService, not of the client', () => {
    const own = aVirtualService({ hosts: ['reviews'], http });
    const other = aVirtualService({ hosts: ['reviews'], http }, { namespace: 'web', age: 50 });

    expect(virtualServiceFor([other, own], HOST, inMesh('web'))).toBe(own);
  });

  it('obeys the oldest of several for one host', () => {
    const younger = aVirtualService({ hosts: ['reviews'], http }, { name: 'a' });
    const older = aVirtualService({ hosts: ['reviews'], http }, { name: 'b', age: 10 });

    expect(virtualServiceFor([younger, older], HOST, inMesh('shop'))).toBe(older);
  });

  it('prefers the host itself to a wildcard, however old', () => {
    const wild = aVirtualService({ hosts: ['*.shop.svc.cluster.local'], http }, { name: 'wild', age: 30 });
    const exact = aVirtualService({ hosts: [HOST], http }, { name: 'exact' });

    expect(virtualServiceFor([wild, exact], HOST, inMesh('shop'))).toBe(exact);
    expect(virtualServiceFor([wild], HOST, inMesh('shop'))).toBe(wild);
  });

  it.each([
    { spec: { gateways: ['istio-system/public'] }, client: 'shop', found: false },
    { spec: { gateways: ['istio-system/public', 'mesh'] }, client: 'shop', found: true },
    { spec: { exportTo: ['.'] }, client: 'shop', found: true },
    { spec: { exportTo: ['.'] }, client: 'web', found: false },
    { spec: { exportTo: ['web'] }, client: 'web', found: true },
    { spec: { exportTo: ['*'] }, client: 'web', found: true },
    { spec: { http: [] }, client: 'shop', found: false },
  ])('with $spec a client in $client finds it: $found', ({ spec, client, found }) => {
    const virtualService = aVirtualService({ hosts: ['reviews'], http, ...spec });

    expect(virtualServiceFor([virtualService], HOST, inMesh(client)) !== undefined).toBe(found);
  });
});

describe('a gateway', () => {
  const gateway = { namespace: 'istio-system', gateway: 'shop/public' };

  it('obeys what is bound to it and nothing else', () => {
    const bound = aVirtualService({ hosts: ['reviews'], http, gateways: ['shop/public'] });
    const inner = aVirtualService({ hosts: ['reviews'], http });

    expect(virtualServiceFor([inner, bound], HOST, gateway)).toBe(bound);
    expect(virtualServiceFor([inner], HOST, gateway)).toBeUndefined();
  });

  it('meets the routes that are meant for it', () => {
    const rules = [
      { match: [{ gateways: ['mesh'] }], route: split({ v1: 1 }) },
      { match: [{ gateways: ['shop/public'] }], route: split({ v2: 1 }) },
    ];
    const found = aVirtualService({ hosts: ['reviews'], http: rules, gateways: ['shop/public', 'mesh'] });

    expect(ruleFor(found, aCaller(gateway), [])?.rule).toBe(found.http[1]);
    expect(ruleFor(found, aCaller(), [])?.rule).toBe(found.http[0]);
  });
});

describe('ruleFor', () => {
  it.each<[string, Record<string, unknown>, Partial<Caller>, boolean]>([
    ['uri prefix', { uri: { prefix: '/api' } }, { path: '/api/v1?x=1' }, true],
    ['uri prefix of another path', { uri: { prefix: '/api' } }, { path: '/app' }, false],
    ['uri exact without the query', { uri: { exact: '/api' } }, { path: '/api?x=1' }, true],
    ['uri regex over the whole path', { uri: { regex: '/a.' } }, { path: '/abc' }, false],
    ['uri regex that JavaScript cannot read', { uri: { regex: '(?P<x>a)(' } }, { path: '/a' }, false],
    [
      'header exact, name in any case',
      { headers: { 'X-Canary': { exact: 'yes' } } },
      { headers: { 'x-canary': 'yes' } },
      true,
    ],
    ['header present', { headers: { 'x-canary': {} } }, { headers: { 'x-canary': 'any' } }, true],
    ['header missing', { headers: { 'x-canary': {} } }, {}, false],
    ['without header', { withoutHeaders: { 'x-canary': {} } }, { headers: { 'x-canary': 'any' } }, false],
    ['query parameter', { queryParams: { x: { exact: '1' } } }, { path: '/?x=1' }, true],
    ['authority', { authority: { exact: 'reviews' } }, {}, true],
    ['another port', { port: 80 }, {}, false],
    ['source namespace', { sourceNamespace: 'web' }, {}, false],
    ['source labels', { sourceLabels: { app: 'web' } }, {}, true],
    ['a method that loads never use', { method: { exact: 'POST' } }, {}, false],
    ['a gateway', { gateways: ['public'] }, {}, false],
    ['two parts of which one fails', { uri: { prefix: '/' }, port: 80 }, {}, false],
  ])('decides on %s', (_, match, caller, expected) => {
    const virtualService = aVirtualService({ hosts: ['reviews'], http: [{ match: [match], route: split({ v2: 1 }) }] });

    expect(ruleFor(virtualService, aCaller(caller), []) !== undefined).toBe(expected);
  });

  it('takes the first route that matches; any one of its conditions is enough', () => {
    const first = { match: [{ port: 80 }, { uri: { prefix: '/api' } }], route: split({ v2: 1 }) };
    const virtualService = aVirtualService({ hosts: ['reviews'], http: [first, { route: split({ v1: 1 }) }] });

    const api = ruleFor(virtualService, aCaller({ path: '/api' }), []);
    const root = ruleFor(virtualService, aCaller(), []);

    expect(api?.rule.route[0]?.destination.subset).toBe('v2');
    expect(root?.rule.route[0]?.destination.subset).toBe('v1');
  });

  it('follows a delegate into its namespace and past it where the delegate has no route', () => {
    const root = aVirtualService({
      hosts: ['reviews'],
      http: [{ delegate: { name: 'child', namespace: 'teams' } }, { route: split({ v1: 1 }) }],
    });
    const child = aVirtualService(
      { http: [{ match: [{ uri: { prefix: '/api' } }], route: split({ v2: 1 }) }] },
      { name: 'child', namespace: 'teams' },
    );

    const api = ruleFor(root, aCaller({ path: '/api' }), [child]);
    const other = ruleFor(root, aCaller(), [child]);

    expect(api).toMatchObject({ namespace: 'teams', rule: { route: [{ destination: { subset: 'v2' } }] } });
    expect(other).toMatchObject({ namespace: 'shop', rule: { route: [{ destination: { subset: 'v1' } }] } });
  });
});
