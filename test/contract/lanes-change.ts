// What every mesh promises of splitting lanes in place.
import { beforeEach, describe, expect, it } from 'vitest';
import type { RouteView } from '../../src/controller/mesh-port.ts';
import type { Lanes } from '../../src/domain/lanes.ts';
import { canaryStem, type Shop, shopOn, stableStem, weights } from './lanes-shop.ts';
import type { MeshBench } from './mesh-bench.ts';
import { content } from './mesh-seen.ts';

/** The promises of `change` for objects of the user. */
export function changePromises(setup: () => Promise<MeshBench>): void {
  let shop: Shop;
  beforeEach(async () => {
    shop = shopOn(await setup());
  });

  describe('change', () => {
    it('splits every lane in place, and says how it stands', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();
      expect(await shop.viewed(lanes)).toMatchObject({ stable: null, canary: null, owned: false });

      const written = await shop.write(lanes, weights(10));

      const view = await shop.viewed(lanes);
      expect(view).toMatchObject({ stable: 90, canary: 10, owned: true, claim: { epoch: 1 } });
      expect(written).toEqual({ kind: 'written', resourceVersion: view.resourceVersion });
      const [checkout, front] = await shop.read();
      const track = { headers: { request: { set: { track: 'main' } } } };
      expect(checkout?.spec['http']).toEqual([
        {
          name: 'mobile',
          match: [{ uri: { prefix: '/m' } }],
          route: [
            { destination: { host: 'checkout', subset: `${stableStem}-v1` }, weight: 90 },
            { destination: { host: 'checkout', subset: `${canaryStem}-v1` }, weight: 10 },
          ],
        },
        {
          name: 'everybody',
          timeout: '3s',
          route: [
            { destination: { host: 'checkout', subset: stableStem }, weight: 8100, ...track },
            { destination: { host: 'checkout', subset: canaryStem }, weight: 900, ...track },
            { destination: { host: 'legacy' }, weight: 1000 },
          ],
        },
      ]);
      expect(front?.spec['tcp']).toEqual([
        {
          route: [
            { destination: { host: shop.host, subset: stableStem }, weight: 90 },
            { destination: { host: shop.host, subset: canaryStem }, weight: 10 },
          ],
        },
      ]);
    });

    it('leaves no trace, whatever weights there were, and whose fields they are', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();
      const before = await shop.read();

      for (const canary of [0, 10, 50, 0]) {
        await shop.write(lanes, weights(canary, { claim: { rollout: 'shop/checkout-0a1b2c3d4e-1', epoch: canary } }));
        await shop.bench.mesh.disown(lanes);
        expect((await shop.viewed(lanes)).owned).toBe(false);
      }
      await shop.write(lanes, { kind: 'restore' });
      await shop.bench.mesh.disown(lanes);

      const after = await shop.read();
      expect(after.map(content)).toEqual(before.map(content));
      const owners = after.flatMap(({ metadata }) => metadata.managedFields.map(({ manager }) => manager));
      expect(owners).toEqual(before.flatMap(({ metadata }) => metadata.managedFields.map(({ manager }) => manager)));
      expect(owners).not.toContain('serin');
    });

    it('writes nothing when the same intent is written again, and something when it is newer', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();
      await shop.write(lanes, weights(10));
      const before = await shop.read();

      await shop.write(lanes, weights(10));
      expect(await shop.read()).toEqual(before);

      await shop.write(lanes, weights(10, { claim: { rollout: 'shop/checkout-0a1b2c3d4e-1', epoch: 2 } }));
      expect((await shop.viewed(lanes)).claim?.epoch).toBe(2);
    });

    it('changes nothing that was changed since it was viewed', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();
      const view = await shop.viewed(lanes);
      await shop.bench.edit('checkout', [{ op: 'add', path: '/spec/http/1/timeout', value: '9s' }], 'user');
      const [before] = await shop.read();

      const written = await shop.bench.mesh.change(lanes, view, shop.own(weights(10)));

      expect(written).toEqual({ kind: 'conflict' });
      expect((await shop.read())[0]).toEqual(before);
    });

    it('takes a view that went through JSON, and fences off an older one', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();
      const copy = JSON.parse(JSON.stringify(await shop.viewed(lanes))) as RouteView;

      const first = await shop.bench.mesh.change(lanes, copy, shop.own(weights(0)));
      const second = await shop.bench.mesh.change(lanes, copy, shop.own(weights(25)));

      expect([first.kind, second.kind]).toEqual(['written', 'conflict']);
      expect(await shop.viewed(lanes)).toMatchObject({ canary: 0 });
    });

    it('shows that somebody put routes back, and who, and splits them again', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();
      await shop.write(lanes, weights(10));
      await shop.bench.mesh.disown(lanes);
      const plain = [{ destination: { host: 'checkout', subset: 'v1' } }];
      await shop.bench.edit('checkout', [{ op: 'replace', path: '/spec/http/0/route', value: plain }], 'gitops');

      expect(await shop.viewed(lanes)).toMatchObject({
        stable: null,
        canary: null,
        lastWriter: 'gitops',
        claim: { epoch: 1 },
      });

      await shop.write(lanes, weights(10));
      expect(await shop.viewed(lanes)).toMatchObject({ stable: 90, canary: 10 });
    });

    it('restores around edits made meanwhile', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();
      await shop.write(lanes, weights(50));
      const added = { name: 'new', match: [{ uri: { prefix: '/new' } }], route: [{ destination: { host: 'new' } }] };
      await shop.bench.edit(
        'checkout',
        [
          { op: 'replace', path: '/spec/http/1/timeout', value: '9s' },
          { op: 'add', path: '/spec/http/0', value: added },
          { op: 'add', path: '/metadata/annotations/team', value: 'shop' },
        ],
        'user',
      );

      await shop.write(lanes, { kind: 'restore' });

      const [checkout] = await shop.read();
      expect(checkout?.metadata.annotations).toEqual({ team: 'shop' });
      expect(checkout?.spec['http']).toMatchObject([
        added,
        { name: 'mobile', route: [{ destination: { host: 'checkout', subset: 'v1' } }] },
        { name: 'everybody', timeout: '9s', route: [{ weight: 90 }, { weight: 10 }] },
      ]);
      expect(JSON.stringify(checkout?.spec)).not.toContain('serin-');
    });

    it('follows the names: another stable, and the copy alone', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();
      const before = await shop.read();
      await shop.write(lanes, weights(100));
      const returning = { ...lanes, names: { stable: 'serin-stable-77d9f8c6b5', canary: canaryStem } };
      const onCopy = { ...lanes, names: { canary: canaryStem } };

      expect(await shop.viewed(returning)).toMatchObject({ canary: null });
      await shop.write(returning, weights(75));
      expect(await shop.viewed(returning)).toMatchObject({ stable: 25, canary: 75 });
      await shop.write(onCopy, weights(100));
      expect(await shop.viewed(onCopy)).toMatchObject({ stable: 0, canary: 100 });
      expect(JSON.stringify((await shop.read()).map(({ spec }) => spec))).not.toContain('serin-stable');

      await shop.write(onCopy, { kind: 'restore' });
      expect((await shop.read()).map(content)).toEqual(before.map(content));
    });

    it('takes the claims alone away', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();
      await shop.write(lanes, weights(100));

      await shop.write(lanes, { kind: 'unclaim' });

      const view = await shop.viewed(lanes);
      expect(view).toMatchObject({ stable: 0, canary: 100 });
      expect(view).not.toHaveProperty('claim');
    });

    it('shows the claim of a stranger, and none where one is missing', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();
      await shop.write(lanes, weights(10));
      const front = { ...lanes, objects: lanes.objects.filter(({ name: each }) => each === 'checkout') };

      await shop.write(front, weights(10, { claim: { rollout: 'shop/checkout-ffff2c3d4e-1', epoch: 9 } }));
      expect((await shop.viewed(lanes)).claim).toEqual({
        rollout: `${shop.bench.namespace}/checkout-ffff2c3d4e-1`,
        epoch: 9,
      });

      await shop.write(front, { kind: 'unclaim' });
      expect(await shop.viewed(lanes)).not.toHaveProperty('claim');
    });

    it('lets another Deployment have a rollout in the same object', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();
      const before = await shop.read();
      const legacy = `legacy.${shop.bench.namespace}.svc.cluster.local`;
      const original = {
        object: `${shop.bench.namespace}/checkout`,
        protocol: 'http' as const,
        section: 'everybody',
        index: 1,
      };
      const other: Lanes = {
        ...lanes,
        target: 'legacy',
        hosts: [legacy],
        objects: lanes.objects.filter(({ name: each }) => each === 'checkout'),
        originals: [{ ...original, host: legacy, weight: 10, alone: false }],
        names: { stable: 'serin-stable-1', canary: 'serin-canary-2' },
      };

      await shop.write(lanes, weights(10));
      await shop.write(other, weights(50, { claim: { rollout: 'shop/legacy-2-1', epoch: 7 } }));

      expect(await shop.viewed(lanes)).toMatchObject({ canary: 10, claim: { epoch: 1 } });
      expect(await shop.viewed(other)).toMatchObject({ canary: 50, claim: { epoch: 7 } });
      await shop.write(lanes, { kind: 'restore' });
      expect(await shop.viewed(other)).toMatchObject({ canary: 50, claim: { epoch: 7 } });
      await shop.write(other, { kind: 'restore' });
      expect((await shop.read()).map(content)).toEqual(before.map(content));
    });

    it('goes on without an object that is gone, and says when all are', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();
      const here = { ...lanes, objects: lanes.objects.filter(({ name: each }) => each === 'checkout') };
      await shop.bench.remove('checkout');

      expect(await shop.bench.mesh.view(here)).toMatchObject({ kind: 'problem', problem: { reason: 'RouteGone' } });
      expect((await shop.write(lanes, weights(10))).kind).toBe('written');
      expect(await shop.viewed(lanes)).toMatchObject({ canary: 10 });
    });
  });
}
