import { describe, expect, it } from 'vitest';
import type { Rollout } from '../../../src/domain/rollout.ts';
import { sharedReads } from '../../../src/http/api/shared-reads.ts';
import { aRollout } from '../../support/builders.ts';

const id = { namespace: 'shop', name: 'reviews-v2-two-1' };

/** A store whose reads end when the test says so. */
function slowStore() {
  const reads: ((rollout: Rollout | Error) => void)[] = [];
  function read(): Promise<Rollout> {
    return new Promise((resolve, reject) => {
      reads.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
    });
  }
  return { reads, store: { get: read, list: async () => [await read()] } };
}

const version = (resourceVersion: string): Rollout => aRollout({ resourceVersion });

describe('reads at the same time', () => {
  it('are two for a hundred: the one under way, and one that began after all others had asked', async () => {
    const { reads, store } = slowStore();
    const shared = sharedReads(store);

    const first = shared.get(id);
    const others = Array.from({ length: 99 }, () => shared.get(id));
    reads[0]?.(version('1'));
    await first;
    await Promise.resolve();
    reads[1]?.(version('2'));

    expect((await first)?.resourceVersion).toBe('1');
    expect(new Set((await Promise.all(others)).map((seen) => seen?.resourceVersion))).toEqual(new Set(['2']));
    expect(reads).toHaveLength(2);
  });

  it('that fail concern only those who shared them', async () => {
    const { reads, store } = slowStore();
    const shared = sharedReads(store);

    const first = shared.get(id);
    const second = shared.get(id);
    reads[0]?.(new Error('out of reach'));
    await expect(first).rejects.toThrow('out of reach');
    await Promise.resolve();
    reads[1]?.(version('2'));

    expect((await second)?.resourceVersion).toBe('2');
  });

  it('of different rollouts, and one after the other, are reads of their own', async () => {
    const { reads, store } = slowStore();
    const shared = sharedReads(store);

    const both = [shared.get(id), shared.get({ ...id, name: 'other' }), shared.list('shop')];
    for (const end of reads) end(version('1'));
    await Promise.all(both);
    const later = shared.get(id);
    reads[3]?.(version('2'));

    expect((await later)?.resourceVersion).toBe('2');
    expect(reads).toHaveLength(4);
  });
});
