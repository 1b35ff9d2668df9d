import { describe, expect, it } from 'vitest';
import { type Cluster, unseenCluster } from '../../../tools/mesh/cluster.ts';
import type { LoadInput } from '../../../tools/mesh/control.ts';
import { countsOf } from '../../../tools/mesh/counts.ts';
import { metricsPage, scrapeTargets, serviceDiscovery } from '../../../tools/mesh/scrape.ts';
import { keyOf, type Snapshot } from '../../../tools/mesh/table.ts';
import { newTraffic, play, restartClient, restartPod, startLoad, type Traffic } from '../../../tools/mesh/traffic.ts';
import { aLoad, aPod, aSlice, aSnapshot, aVirtualService, split } from './builders.ts';

/** Puts the objects of a snapshot into a cluster, as a watch would. */
function show(cluster: Cluster, snapshot: Snapshot, nowMs: number): void {
  for (const kind of ['virtualServices', 'destinationRules', 'services', 'endpointSlices', 'pods'] as const) {
    cluster[kind].clear();
    for (const object of snapshot[kind]) (cluster[kind] as Map<string, typeof object>).set(keyOf(object), object);
    cluster.listed.add(kind);
  }
  cluster.changedAtMs ??= nowMs;
}

function weighted(weights: Readonly<Record<string, number>>): Snapshot {
  return aSnapshot({
    virtualServices: [aVirtualService({ hosts: ['reviews'], http: [{ route: split(weights) }] })],
  });
}

/** A mesh over a snapshot, with one load of 100 requests per second that started at 0. */
function aTraffic(snapshot: Snapshot, load: Partial<LoadInput> = {}, propagationMs = 0): Traffic {
  const traffic = newTraffic(unseenCluster(), propagationMs);
  show(traffic.cluster, snapshot, 0);
  startLoad(traffic, { namespace: 'shop', name: 'browse' }, aLoad(load), 0);
  return traffic;
}

/** Requests by the workload that served them, or by the flag they failed with. */
function ended(traffic: Traffic): Record<string, number> {
  const entries = countsOf(traffic.counts, 'shop').map(
    ({ workload, flags, requests }) => [flags === '-' ? workload : flags, requests] as const,
  );
  return Object.fromEntries(entries);
}

/** The value of a pod's request counter, over all its series. */
function counted(traffic: Traffic, key: string): number {
  const found = metricsPage(traffic, key)?.matchAll(/^istio_requests_total\{.*\} (\d+)$/gm) ?? [];
  return [...found].reduce((sum, [, value]) => sum + Number(value), 0);
}

describe('play', () => {
  it('plays nothing before every kind was listed', () => {
    const traffic = aTraffic(weighted({ v1: 1 }));
    traffic.cluster.listed.delete('pods');

    play(traffic, 1000);

    expect(ended(traffic)).toEqual({});
  });

  it('plays what came due, each request counted once at the client and once at the pod', () => {
    const traffic = aTraffic(weighted({ v1: 1 }), { clientReplicas: 3 });

    for (let nowMs = 50; nowMs <= 3000; nowMs += 50) play(traffic, nowMs);

    const clients = ['web-0', 'web-1', 'web-2'].map((name) => counted(traffic, `shop/${name}`));
    const servers = ['v1-a', 'v1-b', 'v1-c'].map((name) => counted(traffic, `shop/${name}`));
    expect(ended(traffic)).toEqual({ 'reviews-v1': 300 });
    expect(clients).toEqual([100, 100, 100]);
    expect(servers.reduce((sum, value) => sum + value, 0)).toBe(300);
  });

  it('follows a changed weight, and only after the propagation delay', () => {
    const traffic = aTraffic(weighted({ v1: 100, v2: 0 }), {}, 1000);
    play(traffic, 1000);
    show(traffic.cluster, weighted({ v1: 0, v2: 100 }), 1000);

    play(traffic, 1999);
    const before = ended(traffic);
    play(traffic, 3000);

    expect(before).toEqual({ 'reviews-v1': 199 });
    expect(ended(traffic)).toEqual({ 'reviews-v1': 199, 'reviews-v2': 101 });
  });

  it('has UF while the table in force names pods that are gone, then UH', () => {
    const traffic = aTraffic(weighted({ v2: 1 }), {}, 500);
    play(traffic, 0);
    const v1Only = aSnapshot().pods.filter(({ name }) => name.startsWith('v1'));
    show(traffic.cluster, { ...weighted({ v2: 1 }), pods: v1Only, endpointSlices: [aSlice(v1Only)] }, 0);

    play(traffic, 499);
    const before = ended(traffic);
    play(traffic, 1000);

    expect(before).toEqual({ UF: 49 });
    expect(ended(traffic)).toEqual({ UF: 49, UH: 51 });
  });

  it('obeys a behaviour told for a workload over the one of its template, from then on', () => {
    const sick = { kind: '5xx', rate: 1, code: 500, errorRate: 0 } as const;
    const pods = aSnapshot().pods.map((pod) => ({ ...pod, behaviour: sick }));
    const traffic = aTraffic({ ...weighted({ v1: 1 }), pods });
    play(traffic, 1000);
    traffic.behaviours.set('shop/reviews-v1', { kind: 'good', errorRate: 0 });
    play(traffic, 3000);

    const byCode = countsOf(traffic.counts, 'shop').map(({ code, requests }) => [code, requests]);

    expect(byCode).toEqual([
      [500, 100],
      [200, 200],
    ]);
  });

  it('reports unmeshed traffic at the pods alone', () => {
    const traffic = aTraffic(weighted({ v1: 100, v2: 0 }), { meshed: false, rps: 500 });

    play(traffic, 1000);

    expect(ended(traffic)).toEqual({ 'reviews-v1': 300, 'reviews-v2': 200 });
    expect(scrapeTargets(traffic).map(({ pod }) => pod)).not.toContain('web-0');
    expect(metricsPage(traffic, 'shop/v1-a')).toContain('source_workload="unknown"');
  });

  it('numbers the requests of a changed load on', () => {
    const traffic = aTraffic(weighted({ v1: 1 }));
    play(traffic, 1000);

    startLoad(traffic, { namespace: 'shop', name: 'browse' }, aLoad({ rps: 10 }), 1000);
    play(traffic, 2000);

    expect(traffic.loads.get('shop/browse')?.pace.next).toBe(110);
  });
});

describe('counters', () => {
  it('begin anew for a pod replaced under the same name, and go with a pod that is gone', () => {
    const snapshot = weighted({ v1: 1 });
    const traffic = aTraffic(snapshot);
    play(traffic, 900);
    const replaced = snapshot.pods
      .filter(({ name }) => name !== 'v1-b')
      .map((pod) => (pod.name === 'v1-a' ? { ...pod, uid: 'another' } : pod));
    show(traffic.cluster, { ...snapshot, pods: replaced }, 900);

    play(traffic, 900);

    expect(['v1-a', 'v1-b', 'v1-c'].map((name) => counted(traffic, `shop/${name}`))).toEqual([0, 0, 30]);
    expect(metricsPage(traffic, 'shop/v1-b')).toBeUndefined();
    expect(scrapeTargets(traffic).map(({ pod }) => pod)).not.toContain('v1-b');
  });

  it('begin anew when a pod or a client restarts', () => {
    const traffic = aTraffic(weighted({ v1: 1 }));
    play(traffic, 900);

    const restarted = [restartPod(traffic, 'shop/v1-a'), restartClient(traffic, 'shop', 'web')];

    expect(restarted).toEqual([true, true]);
    expect(counted(traffic, 'shop/v1-a')).toBe(0);
    expect(counted(traffic, 'shop/v1-b')).toBe(30);
    expect(counted(traffic, 'shop/web-0')).toBe(0);
    expect([restartPod(traffic, 'shop/nobody'), restartClient(traffic, 'shop', 'nobody')]).toEqual([false, false]);
  });

  it('of an ended load stay until its client restarts, which takes its pods away', () => {
    const traffic = aTraffic(weighted({ v1: 1 }));
    play(traffic, 1000);
    traffic.loads.delete('shop/browse');
    play(traffic, 2000);
    const kept = counted(traffic, 'shop/web-0');

    restartClient(traffic, 'shop', 'web');

    expect(kept).toBe(100);
    expect(metricsPage(traffic, 'shop/web-0')).toBeUndefined();
  });

  it('are not shown by a silent pod, which stays a target, while its clients still report', () => {
    const traffic = aTraffic(weighted({ v1: 1 }));
    traffic.behaviours.set('shop/reviews-v1', { kind: 'silent', errorRate: 0 });

    play(traffic, 1000);

    expect(metricsPage(traffic, 'shop/v1-a')).toBe('');
    expect(scrapeTargets(traffic).map(({ pod }) => pod)).toContain('v1-a');
    expect(counted(traffic, 'shop/web-0')).toBe(100);
  });
});

describe('scrapeTargets', () => {
  it('are the running pods behind Services and the client pods, each with an instance of its own', () => {
    const snapshot = weighted({ v1: 1 });
    const strangers = [aPod('alone', 'batch'), { ...aPod('v2-c', 'reviews-v2'), running: false }];
    const pods = [...snapshot.pods, ...strangers].map((pod, index) => ({ ...pod, ip: `10.0.0.${index}` }));
    const endpointSlices = [aSlice(pods.filter(({ name }) => name !== 'alone'))];
    const traffic = aTraffic({ ...snapshot, pods, endpointSlices }, { clientReplicas: 2 });

    play(traffic, 0);

    const targets = scrapeTargets(traffic);
    expect(targets.map(({ pod }) => pod)).toEqual(['v1-a', 'v1-b', 'v1-c', 'v2-a', 'v2-b', 'web-0', 'web-1']);
    expect(new Set(targets.map(({ instance }) => instance)).size).toBe(7);
  });

  it('are announced the way Prometheus reads http_sd', () => {
    const announced = serviceDiscovery([{ namespace: 'shop', pod: 'v1-a', instance: '10.0.0.1:15020' }], '127.0.0.1:1');

    expect(announced).toEqual([
      {
        targets: ['127.0.0.1:1'],
        labels: {
          __metrics_path__: '/metrics/shop/v1-a',
          namespace: 'shop',
          pod: 'v1-a',
          instance: '10.0.0.1:15020',
        },
      },
    ]);
  });
});
