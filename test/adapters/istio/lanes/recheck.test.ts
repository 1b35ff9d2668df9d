// What has changed around lanes: which newcomers count, which rules are missed, and how often everything is listed.
import { describe, expect, it } from 'vitest';
import { laneRecheck, newcomers } from '../../../../src/adapters/istio/lanes/recheck.ts';
import { istioObjects } from '../../../../src/adapters/istio/requests.ts';
import { aLaneArea, aRouted, aRouteTo, lanesFound } from './area.ts';

const own = aRouted(aRouteTo('checkout'));
const lanes = lanesFound(aLaneArea({ objects: [own] }));

describe('newcomers around lanes', () => {
  it('are VirtualServices that lead to the hosts and were not there when the lanes were found', () => {
    const late = aRouted(aRouteTo('checkout'), {}, { name: 'late' });

    const found = newcomers([own, late], lanes);

    expect(found.objects).toEqual([{ namespace: 'shop', name: 'late', made: false }]);
    expect(found.originals).toMatchObject([{ object: 'shop/late', protocol: 'http', index: 0 }]);
  });

  it('are not those that lead elsewhere, nor those that Serin made for another rollout', () => {
    const elsewhere = aRouted(aRouteTo('legacy'), {}, { name: 'elsewhere' });
    const labels = { 'app.kubernetes.io/managed-by': 'serin' };
    const made = aRouted(aRouteTo('checkout'), {}, { name: 'serin-cart', labels });

    expect(newcomers([own, elsewhere, made], lanes)).toEqual({ objects: [], originals: [] });
  });
});

describe('looking again around lanes', () => {
  function rechecking() {
    const asked: string[] = [];
    let now = 0;
    const objects = istioObjects({
      async request(_method, path) {
        asked.push(path);
        if (path === '/apis/networking.istio.io') return { status: 200, body: { versions: [{ version: 'v1' }] } };
        return path.endsWith('/virtualservices') ? { status: 200, body: { items: [] } } : { status: 404, body: {} };
      },
    });
    const recheck = laneRecheck(objects, () => now);
    const lists = (): number => asked.filter((path) => path.endsWith('/virtualservices')).length;
    const pass = (ms: number): void => {
      now += ms;
    };
    return { look: () => recheck.recheck(lanes), lists, pass };
  }

  it('misses the rules of both versions', async () => {
    const { look } = rechecking();

    expect((await look()).undefinedStems).toEqual([lanes.names.stable, lanes.names.canary]);
  });

  it('lists all VirtualServices once in fifteen seconds, whoever asks', async () => {
    const { look, lists, pass } = rechecking();

    await Promise.all([look(), look()]);
    pass(14_999);
    await look();
    const before = lists();
    pass(1);
    await look();

    expect([before, lists()]).toEqual([1, 2]);
  });
});
