// What a survey finds in namespaces of every kind.
import { describe, expect, it } from 'vitest';
import { aLaneArea, aLaneRule, aLaneService, aRouted, aRouteTo, lanesFound, lanesWanted, podLabels } from './area.ts';

const host = 'checkout.shop.svc.cluster.local';
const gateway = { gateways: ['front'], hosts: ['shop.example.com'] };

describe('lanes', () => {
  it('are the destinations of each Service, by short names and by full ones', () => {
    const here = aRouted(aRouteTo(['checkout', 90], ['legacy', 10]));
    const there = aRouted(aRouteTo(host, 'checkout'), gateway, { name: 'front', namespace: 'edge' });

    const lanes = lanesFound(aLaneArea({ objects: [here, there] }));

    expect(lanes.objects).toEqual([
      { namespace: 'edge', name: 'front', made: false },
      { namespace: 'shop', name: 'checkout', made: false },
    ]);
    expect(lanes.originals).toEqual([
      { object: 'edge/front', protocol: 'http', index: 0, host, weight: null, alone: false },
      { object: 'shop/checkout', protocol: 'http', index: 0, host, weight: 90, alone: false },
    ]);
  });

  it('are those of delegates too', () => {
    const delegate = aRouted(aRouteTo('checkout'), { hosts: undefined }, { name: 'part' });

    const lanes = lanesFound(aLaneArea({ objects: [aRouted(aRouteTo('checkout')), delegate] }));

    expect(lanes.objects.map(({ name }) => name)).toEqual(['checkout', 'part']);
  });

  it('are not those to subsets that lead nowhere: undefined ones, and ones of pods that are no more', () => {
    const rules = [aLaneRule()];
    const objects = [aRouted(aRouteTo(['checkout/v1', 90], ['checkout/v2', 0], ['checkout/v3', 0]))];

    const lanes = lanesFound(aLaneArea({ rules, objects }));

    expect(lanes.originals).toMatchObject([{ subset: 'v1', weight: 90, alone: false }]);
  });

  it('are those to subsets of a rule for more hosts', () => {
    const rules = [aLaneRule({ host: '*.shop.svc.cluster.local' })];
    const objects = [aRouted(aRouteTo('checkout/v1'))];

    expect(lanesFound(aLaneArea({ rules, objects })).originals).toMatchObject([{ subset: 'v1', alone: true }]);
  });

  it('are of all Services that lead to the pods', () => {
    const services = [aLaneService(), aLaneService({ selector: podLabels }, 'checkout-v1')];

    const lanes = lanesFound(aLaneArea({ services }));

    expect(lanes.hosts).toEqual(['checkout-v1.shop.svc.cluster.local', host]);
    expect(lanes.objects).toEqual([
      { namespace: 'shop', name: 'checkout', made: false },
      { namespace: 'shop', name: 'serin-checkout-v1', made: true },
    ]);
  });

  it.each([
    ['only for a gateway', gateway],
    ['for another host', { hosts: ['till'] }],
  ])('need an object of their own where the VirtualService is %s', (_what, spec) => {
    const lanes = lanesFound(aLaneArea({ objects: [aRouted(aRouteTo('checkout'), spec)] }));

    expect(lanes.objects.map(({ name }) => name)).toEqual(['checkout', 'serin-checkout']);
  });

  it.each([
    ['for gateways and the mesh', { gateways: ['front', 'mesh'] }],
    ['by a wildcard', { hosts: ['*.shop.svc.cluster.local'] }],
    ['exported to all', { exportTo: ['*'] }],
  ])('need none where the VirtualService is %s', (_what, spec) => {
    const lanes = lanesFound(aLaneArea({ objects: [aRouted(aRouteTo('checkout'), spec)] }));

    expect(lanes.objects.map(({ made }) => made)).toEqual([false]);
  });

  it('do not count on what another rollout has made', () => {
    const labels = { 'app.kubernetes.io/managed-by': 'serin' };
    const made = aRouted(aRouteTo(host), { hosts: [host] }, { name: 'serin-checkout', labels });

    const lanes = lanesFound(aLaneArea({ objects: [made] }));

    expect(lanes.objects).toEqual([{ namespace: 'shop', name: 'serin-checkout', made: true }]);
  });

  it('carry who the testers are', () => {
    expect(lanesFound(aLaneArea(), lanesWanted({ testers: 'x-canary: true' })).testers).toBe('x-canary: true');
  });
});
