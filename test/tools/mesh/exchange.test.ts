import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GOOD } from '../../../tools/mesh/behaviour.ts';
import type { Behaviour, Load } from '../../../tools/mesh/control.ts';
import { type Exchange, exchange, replicaOf, type World } from '../../../tools/mesh/exchange.ts';
import { type Route, routeOf, routingTable } from '../../../tools/mesh/table.ts';
import { aClient, aLoad, aSlice, aSnapshot, aVirtualService, split } from './builders.ts';

function aWorld(behaviours: Readonly<Record<string, Behaviour>> = {}, dead: readonly string[] = []): World {
  return {
    behaviourOf: (pod) => behaviours[pod.workload.name] ?? GOOD,
    alive: (pod) => !dead.includes(pod.name),
  };
}

function aRoute(weights: Readonly<Record<string, number>>, ready: readonly string[] = []): Route {
  const { pods } = aSnapshot();
  const notReady = ready.length === 0 ? [] : pods.map(({ name }) => name).filter((name) => !ready.includes(name));
  const virtualServices = [aVirtualService({ hosts: ['reviews'], http: [{ route: split(weights) }] })];
  const endpointSlices = [aSlice(pods, { notReady })];
  return routeOf(routingTable(aSnapshot({ virtualServices, endpointSlices })), aClient());
}

function played(load: Load, route: Route, count: number, world = aWorld()): Exchange[] {
  return Array.from({ length: count }, (_, n) => exchange(load, n, route, world));
}

function podsOf(exchanges: readonly Exchange[]): string[] {
  return exchanges.map((one) => ('pod' in one ? one.pod.name : '-'));
}

describe('exchange', () => {
  it('is the same for the same seed, number, route and world, in any order', () => {
    const [load, route] = [aLoad({ seed: 11 }), aRoute({ v1: 70, v2: 30 })];

    const forwards = played(load, route, 200);
    const backwards = Array.from({ length: 200 }, (_, n) => exchange(load, 199 - n, route, aWorld())).toReversed();

    expect(backwards).toEqual(forwards);
  });

  it('differs between seeds', () => {
    const route = aRoute({ v1: 50, v2: 50 });

    expect(podsOf(played(aLoad({ seed: 1 }), route, 50))).not.toEqual(podsOf(played(aLoad({ seed: 2 }), route, 50)));
  });

  it('splits by the weights, within six standard deviations, for any weights and seed', () => {
    const weight = fc.integer({ min: 1, max: 1000 });
    fc.assert(
      fc.property(weight, weight, fc.integer({ min: 0, max: 0x7fffffff }), (v1, v2, seed) => {
        const count = 2000;
        const share = v2 / (v1 + v2);

        const pods = podsOf(played(aLoad({ seed }), aRoute({ v1, v2 }), count));

        const deviation = Math.sqrt(count * share * (1 - share));
        const toV2 = pods.filter((name) => name.startsWith('v2')).length;
        expect(Math.abs(toV2 - count * share)).toBeLessThan(6 * deviation + 1);
      }),
      { numRuns: 60 },
    );
  });

  it('splits over three destinations, of which one is absent', () => {
    const all = played(aLoad(), aRoute({ v1: 20, v3: 30, v2: 50 }), 10_000);

    const shares = [
      podsOf(all).filter((name) => name.startsWith('v1')).length,
      all.filter(({ flags }) => flags === 'NC').length,
      podsOf(all).filter((name) => name.startsWith('v2')).length,
    ];

    // Six standard deviations of the largest share are 300.
    expect(Math.abs((shares[0] ?? 0) - 2000)).toBeLessThan(300);
    expect(Math.abs((shares[1] ?? 0) - 3000)).toBeLessThan(300);
    expect(Math.abs((shares[2] ?? 0) - 5000)).toBeLessThan(300);
  });

  it('moves the requests of an arm only by as much as its weight grows', () => {
    const load = aLoad();
    const before = podsOf(played(load, aRoute({ v1: 90, v2: 10 }), 500));
    const after = podsOf(played(load, aRoute({ v1: 75, v2: 25 }), 500));

    const movedBack = before.filter((name, n) => name.startsWith('v1') && after[n]?.startsWith('v2')).length;

    expect(movedBack).toBeGreaterThan(50);
    expect(movedBack).toBeLessThan(100);
  });

  it('goes round the ready endpoints by request number, each client pod by itself', () => {
    const load = aLoad({ clientReplicas: 2 });

    const pods = podsOf(played(load, aRoute({ v1: 1 }), 6));

    expect(pods).toEqual(['v1-a', 'v1-a', 'v1-b', 'v1-b', 'v1-c', 'v1-c']);
    expect([0, 1, 2, 3].map((n) => replicaOf(load, n))).toEqual([0, 1, 0, 1]);
  });

  it.each([
    ['UH when the subset has no ready pod', aRoute({ v2: 1 }, ['v1-a']), 'unplaced', 'UH', 503, 14],
    ['NC when no DestinationRule has the subset', aRoute({ v3: 1 }), 'unrouted', 'NC', 503, 14],
    ['NR when there is no route', { kind: 'none' } as const, 'unrouted', 'NR', 404, 12],
  ])('ends with %s', (_, route, kind, flags, code, status) => {
    const [http] = played(aLoad(), route, 1);
    const [grpc] = played(aLoad({ protocol: 'grpc' }), route, 1);

    expect(http).toMatchObject({ kind, flags, answer: { code, grpcStatus: '' } });
    expect(grpc).toMatchObject({ kind, flags, answer: { code: 200, grpcStatus: String(status) } });
  });

  it('ends with UF at a pod that refuses, and at one that the table knows but the cluster no longer has', () => {
    const refusing = aWorld({ 'reviews-v1': { kind: 'unreachable', share: 1, errorRate: 0 } });
    const route = aRoute({ v1: 1 }, ['v1-a']);

    for (const world of [refusing, aWorld({}, ['v1-a'])]) {
      expect(played(aLoad(), route, 1, world)[0]).toMatchObject({
        kind: 'unanswered',
        arrived: false,
        flags: 'UF',
        answer: { code: 503 },
      });
    }
  });

  it('ends with code 0 and DC when the stream is cut', () => {
    const cutting = aWorld({ 'reviews-v1': { kind: 'reset', share: 1, errorRate: 0 } });

    const [cut] = played(aLoad({ protocol: 'grpc' }), aRoute({ v1: 1 }), 1, cutting);

    expect(cut).toMatchObject({ arrived: true, flags: 'DC', answer: { code: 0, grpcStatus: '' } });
  });

  it('draws faults independently of the split, so that each arm fails at the rate of its own workload', () => {
    const world = aWorld({ 'reviews-v2': { kind: '5xx', rate: 0.2, code: 500, errorRate: 0 } });

    const all = played(aLoad(), aRoute({ v1: 80, v2: 20 }), 20_000, world);
    const v2 = all.filter((one) => 'pod' in one && one.pod.workload.name === 'reviews-v2');
    const failed = all.filter((one) => one.answer.code === 500);

    expect(failed.every((one) => v2.includes(one))).toBe(true);
    expect(Math.abs(failed.length / v2.length - 0.2)).toBeLessThan(0.04);
  });
});
