// What every mesh promises of the objects and the routes that stand for the time of a rollout.
import { beforeEach, describe, expect, it } from 'vitest';
import { subsetObjects } from '../../src/controller/mesh-port.ts';
import { canaryStem, type Shop, shopOn, stableStem, weights } from './lanes-shop.ts';
import type { MeshBench } from './mesh-bench.ts';
import { content, seen } from './mesh-seen.ts';

type Json = Readonly<Record<string, unknown>>;

/** The promises of objects that are made, and of the routes of testers. */
export function madePromises(setup: () => Promise<MeshBench>): void {
  let shop: Shop;
  beforeEach(async () => {
    shop = shopOn(await setup());
  });

  describe('an object that is made', () => {
    it('stands for the time of the rollout, and routes each port', async () => {
      const ports = [
        { name: 'http', port: 80 },
        { name: 'tcp-admin', port: 9_000 },
      ];
      await shop.putService({ ports });
      const lanes = await shop.surveyed();
      expect(await shop.viewed(lanes)).toMatchObject({ stable: null, canary: null, owned: false });

      await shop.defineBoth(lanes);
      await shop.write(lanes, weights(0));
      await shop.write(lanes, weights(10, { claim: { rollout: 'shop/checkout-0a1b2c3d4e-1', epoch: 2 } }));

      expect(await shop.viewed(lanes)).toMatchObject({ stable: 90, canary: 10, claim: { epoch: 2 }, owned: false });
      expect(seen(await shop.bench.read('serin-checkout')).spec).toEqual({
        hosts: [shop.host],
        http: [{ match: [{ port: 80 }], route: legs(80) }],
        tcp: [{ match: [{ port: 9_000 }], route: legs(9_000) }],
      });
      expect(await shop.surveyed()).toEqual(lanes);

      await shop.write(lanes, { kind: 'restore' });
      expect(await shop.bench.read('serin-checkout')).toBeUndefined();
      expect((await shop.write(lanes, { kind: 'restore' })).kind).toBe('written');
    });

    it('comes back when somebody deletes it', async () => {
      await shop.putService();
      const lanes = await shop.surveyed();
      await shop.defineBoth(lanes);
      await shop.write(lanes, weights(10));
      await shop.bench.remove('serin-checkout');

      expect(await shop.viewed(lanes)).toMatchObject({ canary: null });
      await shop.write(lanes, weights(10));
      expect(await shop.viewed(lanes)).toMatchObject({ canary: 10 });
    });

    it('is no race lost twice: who comes second begins anew', async () => {
      await shop.putService();
      const lanes = await shop.surveyed();
      await shop.defineBoth(lanes);
      const [one, two] = [await shop.viewed(lanes), await shop.viewed(lanes)];

      expect((await shop.bench.mesh.change(lanes, one, shop.own(weights(0)))).kind).toBe('written');
      expect((await shop.bench.mesh.change(lanes, two, shop.own(weights(50)))).kind).toBe('conflict');
      expect(await shop.viewed(lanes)).toMatchObject({ canary: 0 });
    });

    it('is not made by somebody who was frozen until after the end', async () => {
      await shop.putService();
      const lanes = await shop.surveyed();
      await shop.defineBoth(lanes);
      const frozen = await shop.viewed(lanes);

      await shop.write(lanes, weights(10));
      await shop.write(lanes, { kind: 'restore' });
      await shop.bench.mesh.undefine([...subsetObjects(lanes, stableStem), ...subsetObjects(lanes, canaryStem)]);

      expect((await shop.bench.mesh.change(lanes, frozen, shop.own(weights(50)))).kind).toBe('conflict');
      expect(await shop.bench.read('serin-checkout')).toBeUndefined();
    });

    it('is not deleted by somebody who was frozen until the next attempt', async () => {
      await shop.putService();
      const lanes = await shop.surveyed();
      await shop.defineBoth(lanes);
      await shop.write(lanes, weights(0));
      const frozen = await shop.viewed(lanes);

      await shop.write(lanes, { kind: 'restore' });
      await shop.write(lanes, weights(10, { claim: { rollout: 'shop/checkout-0a1b2c3d4e-2', epoch: 1 } }));

      expect((await shop.bench.mesh.change(lanes, frozen, { kind: 'restore' })).kind).toBe('conflict');
      expect(await shop.viewed(lanes)).toMatchObject({ canary: 10 });
    });

    function legs(port: number): readonly Json[] {
      return [
        { destination: { host: shop.host, port: { number: port }, subset: stableStem }, weight: 90 },
        { destination: { host: shop.host, port: { number: port }, subset: canaryStem }, weight: 10 },
      ];
    }
  });

  describe('testers', () => {
    it('have routes of their own as long as they are to, and leave no trace', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed({ testers: 'x-canary: true' });
      const before = await shop.read();

      await shop.write(lanes, weights(10, { testers: true }));

      expect(await shop.viewed(lanes)).toMatchObject({ canary: 10, testers: true });
      const header = { 'x-canary': { exact: 'true' } };
      const [checkout] = await shop.read();
      expect(checkout?.spec['http']).toMatchObject([
        {
          name: 'serin-testers-1',
          match: [{ uri: { prefix: '/m' }, headers: header }],
          route: [{ destination: { host: 'checkout', subset: `${canaryStem}-v1` } }],
        },
        { name: 'mobile' },
        {
          name: 'serin-testers-2',
          timeout: '3s',
          match: [{ headers: header }],
          route: [{ destination: { host: 'checkout', subset: canaryStem } }],
        },
        { name: 'everybody' },
      ]);

      await shop.write(lanes, weights(0, { testers: false }));
      expect(await shop.viewed(lanes)).toMatchObject({ canary: 0, testers: false });
      await shop.write(lanes, weights(10, { testers: true }));
      await shop.write(lanes, { kind: 'restore' });
      expect((await shop.read()).map(content)).toEqual(before.map(content));
    });

    it('that somebody took away are seen to be missing', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed({ testers: 'x-canary: true' });
      await shop.write(lanes, weights(10, { testers: true }));

      await shop.bench.edit('checkout', [{ op: 'remove', path: '/spec/http/0' }], 'user');

      expect(await shop.viewed(lanes)).toMatchObject({ canary: 10, testers: false });
      await shop.write(lanes, weights(10, { testers: true }));
      expect(await shop.viewed(lanes)).toMatchObject({ canary: 10, testers: true });
    });
  });
}
