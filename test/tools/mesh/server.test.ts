import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MeshClient, meshClient } from '../../../tools/mesh/client.ts';
import { unseenCluster } from '../../../tools/mesh/cluster.ts';
import { meshServer } from '../../../tools/mesh/server.ts';
import { keyOf } from '../../../tools/mesh/table.ts';
import { newTraffic, play, type Traffic } from '../../../tools/mesh/traffic.ts';
import { aSnapshot, aVirtualService, split } from './builders.ts';

let traffic: Traffic;
let server: FastifyInstance;
let url: string;
let mesh: MeshClient;
let nowMs: number;

function showCluster(): void {
  const { pods, services, destinationRules, endpointSlices } = aSnapshot();
  const virtualService = aVirtualService({ hosts: ['reviews'], http: [{ route: split({ v1: 50, v2: 50 }) }] });
  const { cluster } = traffic;
  for (const pod of pods) cluster.pods.set(keyOf(pod), pod);
  for (const service of services) cluster.services.set(keyOf(service), service);
  for (const rule of destinationRules) cluster.destinationRules.set(keyOf(rule), rule);
  for (const slice of endpointSlices) cluster.endpointSlices.set(keyOf(slice), slice);
  cluster.virtualServices.set(keyOf(virtualService), virtualService);
  for (const kind of ['pods', 'services', 'rules', 'slices', 'routes']) cluster.listed.add(kind);
  cluster.changedAtMs = 0;
}

function pass(ms: number): void {
  nowMs += ms;
  play(traffic, nowMs);
}

async function get(path: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url + path, { signal: AbortSignal.timeout(5000) });
  return { status: response.status, text: await response.text() };
}

beforeEach(async () => {
  nowMs = 0;
  traffic = newTraffic(unseenCluster(), 0);
  server = meshServer(traffic, () => nowMs);
  url = await server.listen({ host: '127.0.0.1', port: 0 });
  mesh = meshClient(url);
});

afterEach(() => server.close());

describe('the control interface', () => {
  it('starts, changes and ends a load, and counts how its requests ended', async () => {
    showCluster();
    await mesh.putBehaviour('shop', 'reviews-v2', { kind: '5xx', rate: 1, code: 503 });
    await mesh.putLoad('shop', 'browse', { host: 'reviews', rps: 1000, clientWorkload: 'web' });
    pass(1000);
    const first = await mesh.counts('shop');
    await mesh.resetCounts('shop');
    await mesh.deleteBehaviour('shop', 'reviews-v2');
    await mesh.putLoad('shop', 'browse', { host: 'reviews', rps: 10, clientWorkload: 'web' });
    pass(1000);
    const second = await mesh.counts('shop');
    await mesh.deleteLoad('shop', 'browse');
    await mesh.resetCounts();
    pass(1000);

    expect(first.reduce((sum, { requests }) => sum + requests, 0)).toBe(1000);
    expect(first.map(({ workload, code }) => `${workload} ${code}`).toSorted()).toEqual([
      'reviews-v1 200',
      'reviews-v2 503',
    ]);
    expect(second.reduce((sum, { requests }) => sum + requests, 0)).toBe(10);
    expect(second.every(({ code, load, flags }) => code === 200 && load === 'browse' && flags === '-')).toBe(true);
    expect(await mesh.counts('shop')).toEqual([]);
  });

  it('keeps the counts of other namespaces when one is reset', async () => {
    showCluster();
    const load = { host: 'reviews.shop', rps: 10, clientWorkload: 'web' };
    await mesh.putLoad('shop', 'browse', load);
    await mesh.putLoad('other', 'browse', load);
    pass(1000);

    await mesh.resetCounts('shop');

    expect(await mesh.counts('shop')).toEqual([]);
    expect((await mesh.counts('other')).length).toBeGreaterThan(0);
  });

  it('forgets a namespace: loads, client pods, behaviours and counts, and nothing of another', async () => {
    showCluster();
    const load = { host: 'reviews.shop', rps: 10, clientWorkload: 'web' };
    for (const namespace of ['shop', 'shop-2']) await mesh.putLoad(namespace, 'browse', load);
    await mesh.putBehaviour('shop', 'reviews-v2', { kind: '5xx', rate: 1, code: 503 });
    pass(1000);

    await mesh.forgetNamespace('shop');
    const [pageLeft, ofAnother] = await Promise.all(
      ['shop/web-0', 'shop-2/web-0'].map((pod) => get(`/metrics/${pod}`)),
    );
    await mesh.resetCounts('shop-2');
    pass(1000);

    expect([pageLeft?.status, ofAnother?.status]).toEqual([404, 200]);
    expect(await mesh.counts('shop')).toEqual([]);
    const later = await mesh.counts('shop-2');
    expect(later.reduce((sum, { requests }) => sum + requests, 0)).toBe(10);
    expect(later.every(({ code }) => code === 200)).toBe(true);
  });

  it('restarts pods and clients, and says when there is none', async () => {
    showCluster();
    await mesh.putLoad('shop', 'browse', { host: 'reviews', rps: 100, clientWorkload: 'web' });
    pass(1000);

    await mesh.restartPod('shop', 'v1-a');
    await mesh.restartClient('shop', 'web');

    const pages = await Promise.all(['v1-a', 'web-0', 'v1-b'].map((pod) => get(`/metrics/shop/${pod}`)));
    expect(pages.map(({ text }) => text.includes('istio_requests_total'))).toEqual([false, false, true]);
    await expect(mesh.restartPod('shop', 'nobody')).rejects.toThrow('There is no pod nobody in namespace shop');
    await expect(mesh.restartClient('shop', 'nobody')).rejects.toThrow('had nobody as its clientWorkload');
  });

  it.each([
    ['a load without a host', 'loads/shop/x', { rps: 1, clientWorkload: 'web' }, 'at host'],
    ['a load with an unknown field', 'loads/shop/x', { host: 'a', rps: 1, clientWorkload: 'web', rsp: 1 }, 'rsp'],
    ['a behaviour of no kind', 'behaviours/shop/x', { kind: 'sulky' }, 'at kind'],
    ['a rate over 1', 'behaviours/shop/x', { kind: '5xx', rate: 20 }, 'at rate'],
    ['a scrape mode of no kind', 'scrape', { mode: 'off' }, 'at mode'],
    ['no JSON', 'scrape', undefined, 'expected object'],
  ])('refuses %s and says where', async (_, path, body, sentence) => {
    const text = body === undefined ? 'null' : JSON.stringify(body);
    const headers = { 'content-type': 'application/json' };

    const response = await fetch(`${url}/v1/${path}`, { method: 'PUT', body: text, headers });

    expect(response.status).toBe(400);
    expect(await response.text()).toContain(sentence);
  });

  it('delays what a namespace sees of the cluster', async () => {
    showCluster();
    await mesh.setPropagation({ ms: 500, namespace: 'shop' });
    await mesh.putLoad('shop', 'browse', { host: 'reviews', rps: 100, clientWorkload: 'web' });
    pass(1000);
    traffic.cluster.virtualServices.set(
      'shop/reviews',
      aVirtualService({ hosts: ['reviews'], http: [{ route: split({ v3: 1 }) }] }),
    );
    traffic.cluster.changedAtMs = nowMs;

    pass(499);
    const before = await mesh.counts('shop');
    pass(1);
    pass(500);

    expect(before.some(({ flags }) => flags === 'NC')).toBe(false);
    expect((await mesh.counts('shop')).find(({ flags }) => flags === 'NC')?.requests).toBeGreaterThanOrEqual(50);
  });
});

describe('scraping', () => {
  it('announces targets at the address of the server itself', async () => {
    showCluster();
    pass(0);

    const announced: unknown = JSON.parse((await get('/sd')).text);

    expect(announced).toContainEqual(
      expect.objectContaining({
        targets: [url.replace('http://', '')],
        labels: expect.objectContaining({ __metrics_path__: '/metrics/shop/v1-a', pod: 'v1-a' }),
      }),
    );
  });

  it('has a gap on demand, for one namespace or for all', async () => {
    showCluster();
    pass(0);

    await mesh.setScrape({ mode: 'gap', namespace: 'other' });
    const elsewhere = await get('/metrics/shop/v1-a');
    await mesh.setScrape({ mode: 'gap' });
    const gap = await get('/metrics/shop/v1-a');
    await mesh.setScrape({ mode: 'normal' });
    const normal = await get('/metrics/shop/v1-a');

    expect([elsewhere.status, gap.status, normal.status]).toEqual([200, 503, 200]);
  });

  it('is slow on demand, while the pages of other namespaces are not', async () => {
    showCluster();
    pass(0);
    await mesh.setScrape({ mode: 'slow', ms: 60_000, namespace: 'shop' });
    const abandoned = new AbortController();

    const slow = fetch(`${url}/metrics/shop/v1-a`, { signal: abandoned.signal }).then(
      () => 'answered',
      () => 'abandoned',
    );
    const first = await Promise.race([slow, get('/metrics/other/nobody').then(() => 'the other page')]);
    abandoned.abort();

    expect(first).toBe('the other page');
    expect(await slow).toBe('abandoned');
  });

  it('has no page for a pod that does not exist', async () => {
    expect(await get('/metrics/shop/nobody')).toMatchObject({ status: 404 });
  });

  it('is healthy once the cluster was seen whole', async () => {
    const before = await get('/healthz');
    showCluster();

    expect(before).toEqual({ status: 503, text: '{"synced":false}' });
    expect(await get('/healthz')).toEqual({ status: 200, text: '{"synced":true}' });
  });
});
