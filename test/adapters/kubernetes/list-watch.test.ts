import { beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { collection, type FaultyApiServer } from './faulty-api-server.ts';
import { follow, following, serverForTest, shows, withinMs } from './following.ts';

let server: FaultyApiServer;
beforeEach(async () => {
  server = await serverForTest();
});

describe('following a collection', () => {
  it('lists what is there and follows what changes', async () => {
    server.put('a');
    const bench = await following(server);
    await shows(bench, 'a');

    server.put('b');
    server.put('a');
    server.remove('b');

    await eventually('the second version', async () => bench.present.get('a') === '103', { withinMs });
    await shows(bench, 'a');
    expect(bench.watch.listed()).toBe(true);
    expect(bench.watch.lastEventAt()).toBe(bench.clock.now());
    expect([server.count('list'), server.count('watch'), bench.troubles]).toEqual([1, 1, []]);
  });

  it('lists large collections page by page', async () => {
    for (let index = 0; index < 1_200; index += 1) server.put(`thing-${index}`);

    const bench = await following(server);

    expect(bench.present.size).toBe(1_200);
    const lists = server.seen.filter(({ kind }) => kind === 'list').map(({ query }) => query.toString());
    expect(lists).toEqual(['limit=500', 'limit=500&continue=500', 'limit=500&continue=1000']);
  });

  it('asks for bookmarks, an end within five minutes, and the metadata alone where that is enough', async () => {
    await following(server, { metadataOnly: true });

    const [list, watch] = server.seen;
    expect(list?.headers['accept']).toContain('as=PartialObjectMetadataList;g=meta.k8s.io;v=v1');
    expect(watch?.headers['accept']).toContain('as=PartialObjectMetadata;g=meta.k8s.io;v=v1');
    expect(Object.fromEntries(watch?.query ?? [])).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '100',
      timeoutSeconds: '300',
    });
  });

  it.each(['close', 'reset'] as const)('goes on from its last version when a watch ends (%s)', async (how) => {
    const bench = await following(server);
    server.put('a');
    await shows(bench, 'a');

    server.endWatches(how);
    server.put('b');

    await shows(bench, 'a', 'b');
    const last = server.seen.at(-1);
    expect([last?.kind, last?.query.get('resourceVersion')]).toEqual(['watch', '101']);
    expect(server.count('list')).toBe(1);
  });

  it('goes on from a bookmark', async () => {
    const bench = await following(server);
    bench.clock.pass(60_000);
    server.bookmark();
    await eventually('the bookmark', async () => bench.watch.lastEventAt() === bench.clock.now(), { withinMs });

    server.endWatches('close');

    await eventually('the next watch', async () => server.count('watch') === 2, { withinMs });
    expect(server.seen.at(-1)?.query.get('resourceVersion')).toBe('101');
  });

  it.each([
    { kind: 'status', status: 410 },
    { kind: 'errorEvent', code: 410 },
  ] as const)('lists again when its version is too old ($kind), and notices what went meanwhile', async (fault) => {
    server.put('a');
    server.put('b');
    const bench = await following(server);
    await shows(bench, 'a', 'b');

    server.failNext('watch', fault);
    server.endWatches('close');
    server.remove('a');

    await shows(bench, 'b');
    await eventually('the next watch', async () => server.watches() === 1, { withinMs });
    expect([server.count('list'), bench.troubles]).toEqual([2, []]);
  });

  it.each([
    ['500', { kind: 'status', status: 500 }],
    ['429', { kind: 'status', status: 429 }],
    ['403', { kind: 'status', status: 403 }],
    ['a reset connection', { kind: 'reset' }],
    ['an error event', { kind: 'errorEvent', code: 500 }],
    ['text that is no event', { kind: 'text', text: '<html>\n' }],
    ['null', { kind: 'text', text: 'null\n' }],
  ] as const)('outlives a watch that is answered with %s, and tells it once', async (_what, fault) => {
    server.put('a');
    const bench = await following(server);

    server.failNext('watch', fault, fault, fault);
    server.endWatches('close');
    server.put('b');

    await shows(bench, 'a', 'b');
    expect(server.count('list')).toBe(1);
    expect(bench.troubles).toHaveLength(1);
    expect(bench.troubles[0]).toContain(`Following ${collection} was interrupted`);
  });

  it.each([
    ['500', { kind: 'status', status: 500 }],
    ['404', { kind: 'status', status: 404 }],
    ['a reset connection', { kind: 'reset' }],
  ] as const)('tries again when the first list is answered with %s', async (_what, fault) => {
    server.put('a');
    server.failNext('list', fault, fault, fault);

    const bench = await following(server);

    await shows(bench, 'a');
    expect(bench.troubles).toHaveLength(1);
  });

  it('waits twice as long each time, half a minute at most, and starts over after success', async () => {
    const bench = await follow(server);
    server.failNext('list', ...Array(10).fill({ kind: 'status', status: 503 }));

    bench.watch.start();
    await eventually('the watch to be open', async () => server.watches() === 1, { withinMs });
    const first = bench.waits.splice(0);
    server.put('a');
    await shows(bench, 'a');
    server.failNext('watch', { kind: 'status', status: 503 });
    server.endWatches('close');
    await eventually('the watch to be open again', async () => bench.waits.length > 0 && server.watches() === 1, {
      withinMs,
    });

    expect(first).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
    expect(bench.waits).toEqual([200]);
  });

  it('leaves the API server alone for as long as it asks', async () => {
    const bench = await following(server);

    server.failNext('watch', { kind: 'status', status: 429, retryAfterSeconds: 7 });
    server.endWatches('close');

    await eventually('the wait', async () => bench.waits.includes(7_000), { withinMs });
  });

  it('does not believe in a watch that brings nothing, not even a bookmark', async () => {
    server.failNext('watch', { kind: 'hang' });
    const bench = await follow(server, { times: { silenceMs: 300 }, timeoutMs: 300 });

    bench.watch.start();
    await eventually('a second watch', async () => server.watches() === 1, { withinMs });
    await eventually('a third, after silence', async () => server.count('watch') >= 3, { withinMs });
    server.put('a');

    await shows(bench, 'a');
    expect(server.count('list')).toBe(1);
  });

  it('lists everything again when ten minutes have passed', async () => {
    const bench = await following(server);
    server.put('a');
    await shows(bench, 'a');

    bench.clock.pass(600_000);
    server.endWatches('close');

    await eventually('the second list', async () => server.count('list') === 2 && server.watches() === 1, { withinMs });
    bench.clock.pass(550_000);
    server.endWatches('close');
    await eventually('a short watch', async () => server.seen.at(-1)?.query.get('timeoutSeconds') === '50', {
      withinMs,
    });
  });
});
