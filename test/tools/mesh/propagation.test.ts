import { describe, expect, it } from 'vitest';
import { inForce, newHistory, remember, setDelay } from '../../../tools/mesh/propagation.ts';
import { routingTable } from '../../../tools/mesh/table.ts';
import { aSnapshot } from './builders.ts';

const [first, second, third] = [0, 1, 2].map(() => routingTable(aSnapshot()));
if (first === undefined || second === undefined || third === undefined) throw new Error('three tables are needed');

describe('inForce', () => {
  it('has no table before the first and the first at once, whatever the delay', () => {
    const history = newHistory(5000);
    const before = inForce(history, 'shop', 0);

    remember(history, 100, first);

    expect(before).toBeUndefined();
    expect(inForce(history, 'shop', 100)).toBe(first);
  });

  it('keeps the old table in force until the delay has passed', () => {
    const history = newHistory(1000);
    remember(history, 0, first);
    remember(history, 5000, second);

    expect(inForce(history, 'shop', 5999)).toBe(first);
    expect(inForce(history, 'shop', 6000)).toBe(second);
  });

  it('goes through every table of a quick succession', () => {
    const history = newHistory(1000);
    for (const [atMs, table] of [
      [0, first],
      [5000, second],
      [5100, third],
    ] as const)
      remember(history, atMs, table);

    expect([5500, 6050, 6100].map((nowMs) => inForce(history, 'shop', nowMs))).toEqual([first, second, third]);
    expect(inForce(history, 'shop', 6050)).toBe(second);
  });

  it('heeds the delay of a namespace until one is set for all', () => {
    const history = newHistory(0);
    remember(history, 0, first);
    setDelay(history, { ms: 3000, namespace: 'slow' });
    remember(history, 5000, second);

    expect(inForce(history, 'shop', 5000)).toBe(second);
    expect(inForce(history, 'slow', 5000)).toBe(first);
    setDelay(history, { ms: 0 });
    expect(inForce(history, 'slow', 5000)).toBe(second);
  });

  it('forgets tables that no delay can reach', () => {
    const history = newHistory(200);

    for (let atMs = 0; atMs < 10_000; atMs += 50) remember(history, atMs, first);

    expect(history.epochs.length).toBeLessThanOrEqual(6);
  });
});
