// What every mesh promises of finding lanes.
import { beforeEach, describe, expect, it } from 'vitest';
import { canaryStem, podLabels, type Shop, shopOn, weights } from './lanes-shop.ts';
import type { MeshBench } from './mesh-bench.ts';

/** The promises of `survey` and of `unrestorable`. */
export function surveyPromises(setup: () => Promise<MeshBench>): void {
  let shop: Shop;
  beforeEach(async () => {
    shop = shopOn(await setup());
  });

  describe('survey', () => {
    it('finds every destination of the Service, wherever it stands, and writes nothing', async () => {
      await shop.putShop();
      const before = await shop.read();

      const lanes = await shop.surveyed();

      const { namespace, elsewhere } = shop.bench;
      const own = { object: `${namespace}/checkout`, protocol: 'http', host: shop.host };
      const all = [
        { ...own, section: 'mobile', index: 0, subset: 'v1', weight: null, alone: true },
        { ...own, section: 'everybody', index: 1, weight: 90, alone: false },
        { object: `${elsewhere}/front`, protocol: 'tcp', index: 0, host: shop.host, weight: null, alone: true },
      ];
      expect(lanes.originals.toSorted((a, b) => (a.object < b.object ? -1 : 1))).toEqual(
        all.toSorted((a, b) => (a.object < b.object ? -1 : 1)),
      );
      expect(lanes).toMatchObject({ kind: 'lanes', target: 'checkout', namespace, hosts: [shop.host], made: [] });
      expect(lanes.objects.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
        { namespace, name: 'checkout', made: false },
        { namespace: elsewhere, name: 'front', made: false },
      ]);
      expect(await shop.read()).toEqual(before);
      expect(await shop.surveyed()).toEqual(lanes);
    });

    it('finds the same while they are split', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();
      await shop.bench.mesh.define(lanes, {
        stem: canaryStem,
        labels: { 'serin.dev/revision': 'x' },
        rollout: 'shop/a',
      });
      await shop.write(lanes, weights(25));

      expect(await shop.surveyed()).toEqual(lanes);
    });

    it('makes an object of its own where nothing routes the Service', async () => {
      await shop.putService();

      const lanes = await shop.surveyed();

      expect(lanes.objects).toEqual([{ namespace: shop.bench.namespace, name: 'serin-checkout', made: true }]);
      expect(lanes.originals).toEqual([]);
    });

    it.each([
      ['NoService', { selector: { app: 'other' } }, {}],
      ['LabelsMoved', {}, { canaryLabels: { app: 'till', version: 'v1' } }],
      ['HeadlessService', { clusterIP: 'None' }, {}],
      ['PortNotHttp', { ports: [{ name: 'tcp-db', port: 5432 }] }, {}],
      ['SameWorkloadName', {}, { canaryLabels: { ...podLabels, 'service.istio.io/workload-name': 'till' } }],
    ] as const)('says %s', async (reason, service, parts) => {
      await shop.putService(service);

      const found = await shop.bench.mesh.survey(shop.wanted(parts));

      expect(found).toMatchObject({ kind: 'problem', problem: { reason } });
    });

    it('says whose pods are behind the Service besides', async () => {
      await shop.putService();
      const metadata = { name: 'stranger', namespace: shop.bench.namespace, labels: { app: 'checkout' } };
      await shop.bench.put('pods', { metadata, spec: { containers: [{ name: 'main', image: 'none' }] } });

      const found = await shop.bench.mesh.survey(shop.wanted());

      expect(found).toMatchObject({ kind: 'problem', problem: { reason: 'ForeignPods' } });
      expect(JSON.stringify(found)).toContain('stranger');
    });
  });

  describe('unrestorable', () => {
    it('says when a destination would lead to none of the new pods', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();

      expect(await shop.bench.mesh.unrestorable(lanes, podLabels)).toBeUndefined();
      expect(await shop.bench.mesh.unrestorable(lanes, { app: 'checkout', version: 'v2' })).toMatchObject({
        reason: 'LabelsMoved',
      });
      expect(await shop.bench.mesh.unrestorable(lanes, { app: 'till', version: 'v1' })).toMatchObject({
        reason: 'LabelsMoved',
      });
    });
  });
}
