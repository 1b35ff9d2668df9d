import { describe, expect, it } from 'vitest';
import { findPair } from '../../../src/adapters/istio/find-pair.ts';
import { type PatchOperation, routePatch } from '../../../src/adapters/istio/patch.ts';
import type { RouteChange } from '../../../src/controller/mesh-port.ts';
import type { Route } from '../../../src/domain/rollout.ts';
import { aRoute } from '../../support/builders.ts';
import { aRule, aVirtualService, to, type VirtualServiceParts } from './objects.ts';

const claim = { rollout: 'shop/reviews-v2-two-1', epoch: 3 };
const ten: RouteChange = { kind: 'weights', canary: 10, claim };
const restore: RouteChange = { kind: 'restore' };
const named = aRoute({ section: 'default' });

function operations(parts: VirtualServiceParts, change: RouteChange, route: Route = named): readonly PatchOperation[] {
  const planned = routePatch(aVirtualService(parts), route, change);
  if (planned.kind === 'problem') throw new Error(planned.problem.message);
  return planned.operations;
}

describe('the patch of a route', () => {
  it('locks the version, tests what it relies on, and writes two weights and the claim', () => {
    expect(operations({ annotations: { team: 'shop' } }, ten)).toEqual([
      { op: 'replace', path: '/metadata/resourceVersion', value: '7' },
      { op: 'test', path: '/spec/http/0/name', value: 'default' },
      { op: 'test', path: '/spec/http/0/route/0/destination', value: { host: 'reviews', subset: 'v1' } },
      { op: 'test', path: '/spec/http/0/route/1/destination', value: { host: 'reviews', subset: 'v2' } },
      { op: 'add', path: '/spec/http/0/route/0/weight', value: 90 },
      { op: 'add', path: '/spec/http/0/route/1/weight', value: 10 },
      { op: 'add', path: '/metadata/annotations/serin.dev~1claim', value: 'shop/reviews-v2-two-1@3' },
    ]);
  });

  it('makes the annotations when there are none', () => {
    expect(operations({}, ten).at(-1)).toEqual({
      op: 'add',
      path: '/metadata/annotations',
      value: { 'serin.dev/claim': 'shop/reviews-v2-two-1@3' },
    });
  });

  it('tests no name where the route has none', () => {
    const tcp = [aRule(['reviews/v2=0', 'reviews/v1=100'])];

    expect(operations({ tcp }, ten, aRoute({ protocol: 'tcp' })).slice(1)).toMatchObject([
      { op: 'test', path: '/spec/tcp/0/route/1/destination' },
      { op: 'test', path: '/spec/tcp/0/route/0/destination' },
      { op: 'add', path: '/spec/tcp/0/route/1/weight', value: 90 },
      { op: 'add', path: '/spec/tcp/0/route/0/weight', value: 10 },
      { op: 'add' },
    ]);
  });

  it('puts back weights, absent ones too, and takes the claim away with the annotations it made', () => {
    const annotations = { 'serin.dev/claim': 'shop/reviews-v2-two-1@3' };
    const http = [aRule(['reviews/v1=0', 'reviews/v2=100'], { name: 'default' })];

    const written = operations({ annotations, http }, restore, { ...named, original: { stable: 7, canary: null } });

    expect(written.slice(4)).toEqual([
      { op: 'add', path: '/spec/http/0/route/0/weight', value: 7 },
      { op: 'remove', path: '/spec/http/0/route/1/weight' },
      { op: 'remove', path: '/metadata/annotations' },
    ]);
  });

  it('removes no weight that is gone already, and only the claim among other annotations', () => {
    const annotations = { team: 'shop', 'serin.dev/claim': 'shop/reviews-v2-two-1@3' };
    const http = [aRule(['reviews/v1=100', 'reviews/v2'], { name: 'default' })];

    const written = operations({ annotations, http }, restore, { ...named, original: { stable: 100, canary: null } });

    expect(written.slice(4)).toEqual([
      { op: 'add', path: '/spec/http/0/route/0/weight', value: 100 },
      { op: 'remove', path: '/metadata/annotations/serin.dev~1claim' },
    ]);
  });

  it('takes the claim alone away on request, and only locks when there is none', () => {
    const annotations = { team: 'shop', 'serin.dev/claim': 'shop/reviews-v2-two-1@3' };

    expect(operations({ annotations }, { kind: 'unclaim' }).slice(4)).toEqual([
      { op: 'remove', path: '/metadata/annotations/serin.dev~1claim' },
    ]);
    expect(operations({}, { kind: 'unclaim' }).map(({ op }) => op)).toEqual(['replace', 'test', 'test', 'test']);
  });

  it('tests a destination as it is written, with fields it does not know', () => {
    const odd = { destination: { host: 'reviews', subset: 'v1', locality: 'west' }, weight: 100, headers: {} };
    const http = [{ name: 'default', route: [odd, to('reviews/v2=0')] }];

    expect(operations({ http }, ten)).toContainEqual({
      op: 'test',
      path: '/spec/http/0/route/0/destination',
      value: odd.destination,
    });
  });
});

describe('finding the pair again', () => {
  const pair = ['reviews/v1=100', 'reviews/v2=0'];

  function found(parts: VirtualServiceParts, route: Route): number | string {
    const result = findPair(aVirtualService(parts), route);
    return result.kind === 'found' ? result.rule.index : result.problem.message;
  }

  it('follows the name wherever the route has moved, and the full name of a host', () => {
    const long = pair.map((text) => text.replace('reviews', 'reviews.shop.svc.cluster.local'));
    const http = [aRule(pair, { name: 'new' }), aRule(['ratings']), aRule(long, { name: 'default' })];

    expect(found({ http }, named)).toBe(2);
  });

  it('follows the pair where the route has no name, also when it was given one or a named twin', () => {
    expect(found({ http: [aRule(['ratings']), aRule(pair)] }, aRoute())).toBe(1);
    expect(found({ http: [aRule(pair, { name: 'given' })] }, aRoute())).toBe(0);
    expect(found({ http: [aRule(pair, { name: 'twin' }), aRule(pair)] }, aRoute())).toBe(1);
  });

  it.each([
    [
      'the name is gone, though a twin is there',
      { http: [aRule(pair, { name: 'other' })] },
      named,
      'VirtualService shop/reviews was changed: it has no http route "default" any more. ' +
        'Put back one http route "default" with the destinations reviews/v1 and reviews/v2.',
    ],
    [
      'a destination is gone',
      { http: [aRule(['reviews/v1=100'], { name: 'default' })] },
      named,
      'VirtualService shop/reviews was changed: its http route "default" does not lead to both reviews/v1 and reviews/v2, once each, any more. ' +
        'Put back one http route "default" with the destinations reviews/v1 and reviews/v2.',
    ],
    [
      'a destination is there twice',
      { http: [aRule([...pair, 'reviews/v2=1'], { name: 'default' })] },
      named,
      'VirtualService shop/reviews was changed: its http route "default" does not lead to both reviews/v1 and reviews/v2, once each, any more. ' +
        'Put back one http route "default" with the destinations reviews/v1 and reviews/v2.',
    ],
    [
      'two nameless routes could be it',
      { http: [aRule(pair), aRule(pair)] },
      aRoute(),
      'VirtualService shop/reviews was changed: 2 of its routes lead to both reviews/v1 and reviews/v2 by now. ' +
        'Put back one http route with the destinations reviews/v1 and reviews/v2.',
    ],
    [
      'it is of another protocol',
      { tcp: [aRule(pair)] },
      aRoute(),
      'VirtualService shop/reviews was changed: it has no http route any more. ' +
        'Put back one http route with the destinations reviews/v1 and reviews/v2.',
    ],
  ])('gives up with a sentence when %s', (_when, parts, route, message) => {
    expect(found(parts, route)).toBe(message);
    expect(routePatch(aVirtualService(parts), route, ten).kind).toBe('problem');
  });
});
