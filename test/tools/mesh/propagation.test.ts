import { describe, expect, it } from 'vitest';
import { type History, inForce, newest, newHistory, remember, setDelay } from '../../../tools/mesh/propagation.ts';
import type { RoutingTable, Snapshot } from '../../../tools/mesh/table.ts';
import { aDestinationRule, aService, aSnapshot, aVirtualService, split } from './builders.ts';

/** Snapshots that can be told apart in each of their parts by a number. */
function numbered(number: number): Snapshot {
  const http = [{ route: split({ v1: 100 }) }];
  return aSnapshot({
    virtualServices: [aVirtualService({ hosts: ['reviews'], http }, { name: `routes-${number}` })],
    destinationRules: [aDestinationRule({ v1: 'v1' }, { name: `subsets-${number}` })],
    services: [aService({ name: `endpoints-${number}` })],
  });
}

/** The numbers of the routes, subsets and endpoints in a table. */
function partsOf(table: RoutingTable | undefined): readonly (string | undefined)[] {
  const [virtualServices] = table?.virtualServices.exact.values() ?? [];
  const [destinationRules] = table?.destinationRules.exact.values() ?? [];
  const [backing] = table?.backings.values() ?? [];
  const names = [virtualServices?.[0]?.name, destinationRules?.[0]?.name, backing?.service.name];
  return names.map((name) => name?.split('-')[1]);
}

function seen(history: History, namespace: string, nowMs: number): string {
  return partsOf(inForce(history, namespace, nowMs)).join(' ');
}

describe('inForce', () => {
  it('has no table before the first and the first at once, whatever the delay', () => {
    const history = newHistory(5000);
    const before = inForce(history, 'shop', 0);

    remember(history, 100, numbered(1));

    expect(before).toBeUndefined();
    expect(seen(history, 'shop', 100)).toBe('1 1 1');
  });

  it('keeps the old table in force until the delay has passed', () => {
    const history = newHistory(1000);
    remember(history, 0, numbered(1));
    remember(history, 5000, numbered(2));

    expect(seen(history, 'shop', 5999)).toBe('1 1 1');
    expect(seen(history, 'shop', 6000)).toBe('2 2 2');
  });

  it('goes through every table of a quick succession', () => {
    const history = newHistory(1000);
    for (const [atMs, number] of [
      [0, 1],
      [5000, 2],
      [5100, 3],
    ] as const)
      remember(history, atMs, numbered(number));

    expect([5500, 6050, 6100].map((nowMs) => seen(history, 'shop', nowMs))).toEqual(['1 1 1', '2 2 2', '3 3 3']);
    expect(seen(history, 'shop', 6050)).toBe('2 2 2');
  });

  it('heeds the delay of a namespace until one is set for all', () => {
    const history = newHistory(0);
    remember(history, 0, numbered(1));
    setDelay(history, { ms: 3000, namespace: 'slow' });
    remember(history, 5000, numbered(2));

    expect(seen(history, 'shop', 5000)).toBe('2 2 2');
    expect(seen(history, 'slow', 5000)).toBe('1 1 1');
    setDelay(history, { ms: 0 });
    expect(seen(history, 'slow', 5000)).toBe('2 2 2');
  });

  it('heeds the delay of each kind, so that routes come before the subsets they name', () => {
    const history = newHistory(0);
    remember(history, 0, numbered(1));
    setDelay(history, { ms: 100, kind: 'routes', namespace: 'shop' });
    setDelay(history, { ms: 300, kind: 'subsets', namespace: 'shop' });
    setDelay(history, { ms: 200, kind: 'endpoints', namespace: 'shop' });
    remember(history, 5000, numbered(2));

    const times = [5050, 5100, 5200, 5300];

    expect(times.map((nowMs) => seen(history, 'shop', nowMs))).toEqual(['1 1 1', '2 1 1', '2 1 2', '2 2 2']);
  });

  it('gives the same table until something new reaches the sidecars', () => {
    const history = newHistory(0);
    remember(history, 0, numbered(1));

    expect(inForce(history, 'shop', 50)).toBe(inForce(history, 'shop', 100));
  });

  it('forgets what no delay can reach', () => {
    const history = newHistory(200);

    for (let atMs = 0; atMs < 10_000; atMs += 50) remember(history, atMs, numbered(1));

    expect(history.epochs.length).toBeLessThanOrEqual(6);
  });
});

describe('newest', () => {
  it('is what the cluster holds, reached or not', () => {
    const history = newHistory(5000);
    remember(history, 0, numbered(1));
    remember(history, 100, numbered(2));

    expect(partsOf(newest(history))).toEqual(['2', '2', '2']);
    expect(newest(newHistory(0))).toBeUndefined();
  });
});
