// Whose fields a VirtualService's are when a rollout writes it and people apply it, by kubectl and the real API server.
// What is seen here is written down in docs/decisions/0002-field-ownership.md.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/adapters/kubernetes/connection.ts';
import type { RouteChange } from '../../src/controller/mesh-port.ts';
import { kubectl } from '../../tools/stack/kubectl.ts';
import { stackOfThisRun } from '../support/attach.ts';
import { type AppliedReviews, appliedReviews, claim } from './mesh-applied.ts';
import { clusterBench, connectionOf } from './mesh-bench.ts';
import { content } from './mesh-seen.ts';

const ten: RouteChange = { kind: 'weights', canary: 10, claim };

let cluster: Cluster;
let reviews: AppliedReviews;
beforeAll(() => {
  cluster = connectionOf(stackOfThisRun().kubeconfig);
});
afterAll(() => cluster.close());
beforeEach(async () => {
  reviews = appliedReviews(cluster, await clusterBench(cluster));
});

const clientSide: readonly string[] = [];
const serverSide = ['--server-side'];
const forced = ['--server-side', '--force-conflicts'];

const ways = [
  ['client-side', clientSide, 'kubectl-client-side-apply'],
  ['server-side', serverSide, 'kubectl'],
  ['forced server-side', forced, 'kubectl'],
] as const;

describe.each(ways)('a VirtualService applied %s', (_name, how, writer) => {
  it('is as before when a rollout is over, holds nothing of Serin, and is applied again without force', async () => {
    expect(await reviews.apply(how)).toBe('');
    const before = await reviews.object();

    await reviews.rollOut();

    const after = await reviews.object();
    expect(content(after)).toEqual(content(before));
    expect(after.metadata.managedFields).toEqual(before.metadata.managedFields);
    expect(await reviews.apply(how, { timeout: '9s' })).toBe('');
    expect(await reviews.timeout()).toBe('9s');
    expect(await reviews.owners()).toEqual([`${writer}:hosts+http`]);
  });

  it('can be applied without force while a rollout is under way, which puts its weights back', async () => {
    await reviews.apply(how);
    await reviews.write(ten);
    await reviews.disown();

    expect(await reviews.apply(how, { timeout: '9s' })).toBe('');

    expect(await reviews.weights()).toEqual([100, null]);
    expect(await reviews.timeout()).toBe('9s');
    expect(await reviews.viewed()).toMatchObject({ claim, lastWriter: writer, owned: false });
  });

  it('is owned by Serin in the moment between a write and giving it back', async () => {
    await reviews.apply(how);

    await reviews.write(ten);

    expect(await reviews.owners()).toEqual([`${writer}:hosts`, 'serin:http']);
  });

  it('holds nothing of Serin when another process gives the fields back, and is applied again without force', async () => {
    await reviews.apply(how);
    await reviews.write(ten);

    await reviews.disownByAnother();

    expect(await reviews.owners()).toEqual([`${writer}:hosts`]);
    expect(await reviews.apply(how, { timeout: '9s' })).toBe('');
    expect(await reviews.owners()).toEqual([`${writer}:hosts+http`]);
  });

  it('is corrected after such an edit without a lasting conflict', async () => {
    await reviews.apply(how);
    await reviews.write(ten);
    await reviews.disown();
    await reviews.apply(how, { timeout: '9s' });

    await reviews.write(ten);
    await reviews.disown();

    expect(await reviews.weights()).toEqual([90, 10]);
    expect(await reviews.timeout()).toBe('9s');
    expect(await reviews.apply(how, { timeout: '8s' })).toBe('');
  });
});

describe('in the moment between a write and giving it back', () => {
  it('client-side apply is let through', async () => {
    await reviews.apply(clientSide);
    await reviews.write(ten);

    expect(await reviews.apply(clientSide, { timeout: '9s' })).toBe('');

    expect(await reviews.weights()).toEqual([100, null]);
  });

  it('server-side apply meets a conflict that names Serin, and nothing is written', async () => {
    await reviews.apply(serverSide);
    await reviews.write(ten);

    expect(await reviews.apply(serverSide, { timeout: '9s' })).toContain('conflict with "serin"');

    expect(await reviews.weights()).toEqual([90, 10]);
    expect(await reviews.timeout()).toBe('3s');
    await reviews.disown();
    expect(await reviews.apply(serverSide, { timeout: '9s' })).toBe('');
  });

  it('forced server-side apply takes the routes; the claim stays, and can be given back', async () => {
    await reviews.apply(serverSide);
    await reviews.write(ten);

    expect(await reviews.apply(forced, { timeout: '9s' })).toBe('');

    expect(await reviews.weights()).toEqual([100, null]);
    expect(await reviews.owners()).toEqual(['kubectl:hosts+http', 'serin:']);
    await reviews.disown();
    expect(await reviews.owners()).toEqual(['kubectl:hosts+http']);
    expect(await reviews.viewed()).toMatchObject({ claim, owned: false });
  });
});

describe('a delegate that was applied server-side and has nothing but routes', () => {
  it('is as before when a rollout is over', async () => {
    await reviews.apply(serverSide, { hosts: false });
    const before = await reviews.object();

    await reviews.rollOut();

    expect((await reviews.object()).metadata.managedFields).toEqual(before.metadata.managedFields);
  });

  it('is applied again without force when another process gives up the only entry', async () => {
    await reviews.apply(serverSide, { hosts: false });
    await reviews.write(ten);

    await reviews.disownByAnother();

    expect(await reviews.owners()).toEqual(['unowned:']);
    expect(await reviews.apply(serverSide, { hosts: false, timeout: '9s' })).toBe('');
    expect(await reviews.timeout()).toBe('9s');
    expect(await reviews.owners()).toEqual(['kubectl:http', 'unowned:']);
  });

  it('gathers no more such entries the next time', async () => {
    await reviews.apply(serverSide, { hosts: false });
    for (const _time of [1, 2]) {
      await reviews.write(ten);
      await reviews.disownByAnother();
      await reviews.apply(serverSide, { hosts: false });
    }

    expect(await reviews.owners()).toEqual(['kubectl:http', 'unowned:']);
  });

  it('would be in conflict with everybody if its last entry were taken away', async () => {
    await reviews.apply(serverSide, { hosts: false });
    await reviews.write(ten);

    await reviews.bench.edit('reviews', [{ op: 'remove', path: '/metadata/managedFields/0' }], 'serin');
    expect(await reviews.owners()).toEqual(['serin:http']);

    await reviews.bench.edit('reviews', [{ op: 'replace', path: '/metadata/managedFields', value: [{}] }], 'serin');
    expect(await reviews.owners()).toEqual([]);
    expect(await reviews.apply(serverSide, { hosts: false })).toContain('conflict with "before-first-apply"');
  });
});

describe('a promoted pair', () => {
  it('keeps its end weights, holds nothing of Serin, and the next apply sets what the manifest says', async () => {
    await reviews.apply(serverSide);
    await reviews.write({ kind: 'weights', canary: 100, claim });
    await reviews.disown();

    await reviews.write({ kind: 'unclaim' });
    await reviews.disown();

    expect(await reviews.weights()).toEqual([0, 100]);
    expect(await reviews.owners()).toEqual(['kubectl:hosts+http']);
    expect((await reviews.object()).metadata).not.toHaveProperty('annotations');
    expect(await reviews.apply(serverSide)).toBe('');
    expect(await reviews.weights()).toEqual([100, null]);
  });
});

describe('a server-side apply that no longer names the routes', () => {
  async function applyWithoutRoutes(): Promise<number> {
    const stdin = reviews.manifest().replace(/ {2}http:[\s\S]*$/, '');
    return (await kubectl(stackOfThisRun(), ['apply', '--server-side', '-f', '-'], { stdin })).code;
  }

  it('removes them after a rollout, as it would have before', async () => {
    await reviews.apply(serverSide);
    await reviews.rollOut();

    expect(await applyWithoutRoutes()).toBe(0);

    expect((await reviews.object()).spec).not.toHaveProperty('http');
  });

  it('leaves them when their owner was lost', async () => {
    await reviews.apply(serverSide);
    await reviews.write(ten);
    await reviews.disownByAnother();

    expect(await applyWithoutRoutes()).toBe(0);

    expect(await reviews.timeout()).toBe('3s');
  });
});
