// What every mesh promises of the subsets routes are split by.
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { subsetObjects } from '../../src/controller/mesh-port.ts';
import { canaryStem, policy, type Shop, shopOn, stableStem, weights } from './lanes-shop.ts';
import type { MeshBench } from './mesh-bench.ts';

const ruleSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()).optional() }),
  spec: z.looseObject({
    host: z.string(),
    exportTo: z.array(z.string()).optional(),
    trafficPolicy: z.unknown().optional(),
    subsets: z
      .array(
        z.looseObject({
          name: z.string(),
          labels: z.record(z.string(), z.string()),
          trafficPolicy: z.unknown().optional(),
        }),
      )
      .default([]),
  }),
});

/** The promises of `define` and `undefine`. */
export function subsetPromises(setup: () => Promise<MeshBench>): void {
  let shop: Shop;
  beforeEach(async () => {
    shop = shopOn(await setup());
  });

  describe('subsets', () => {
    const stable = { stem: stableStem, labels: { 'pod-template-hash': '5c5b46c844' }, rollout: 'shop/checkout-1' };

    async function rules(): Promise<readonly z.output<typeof ruleSchema>[]> {
      const all = z.array(ruleSchema).parse(await shop.bench.rules());
      return all.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/managed-by'] === 'serin');
    }

    it('are defined beside the ones of the user, each with the policy of what it stands in for', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();

      await shop.bench.mesh.define(lanes, stable);
      await shop.bench.mesh.define(lanes, stable);

      const [rule, ...others] = await rules();
      expect(others).toEqual([]);
      expect(rule?.metadata.name).toBe(subsetObjects(lanes, stableStem)[0]?.name);
      expect(rule?.spec).toEqual({
        host: shop.host,
        subsets: [
          { name: stableStem, labels: stable.labels },
          { name: `${stableStem}-v1`, labels: stable.labels, trafficPolicy: policy },
        ],
      });
    });

    it('say what a rule for more hosts says, because they hide it', async () => {
      await shop.putService();
      const wide = { host: `*.${shop.bench.namespace}.svc.cluster.local`, trafficPolicy: policy };
      const subsets = [{ name: 'v1', labels: { version: 'v1' } }];
      await shop.bench.put('destinationrules', {
        metadata: { name: 'all', namespace: shop.bench.namespace },
        spec: { ...wide, subsets },
      });

      await shop.bench.mesh.define(await shop.surveyed(), stable);

      expect((await rules())[0]?.spec).toEqual({
        host: shop.host,
        trafficPolicy: policy,
        subsets: [{ name: stableStem, labels: stable.labels }, ...subsets],
      });
    });

    it('are seen by whoever sees those of the user', async () => {
      await shop.putService();
      await shop.bench.put('destinationrules', {
        metadata: { name: 'checkout', namespace: shop.bench.namespace },
        spec: { host: 'checkout', exportTo: ['.', shop.bench.elsewhere] },
      });

      await shop.bench.mesh.define(await shop.surveyed(), stable);

      expect((await rules())[0]?.spec.exportTo).toEqual(['.', shop.bench.elsewhere]);
    });

    it('left behind without what is wanted now are made anew', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();
      await shop.bench.mesh.define({ ...lanes, originals: [] }, stable);

      await shop.bench.mesh.define(lanes, stable);

      expect((await rules()).map(({ spec }) => spec.subsets.map(({ name: each }) => each))).toEqual([
        [stableStem, `${stableStem}-v1`],
      ]);
    });

    it("are refused where the name is somebody else's, and never taken away from them", async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();
      const [place] = subsetObjects(lanes, stableStem);
      const metadata = { name: place?.name ?? '', namespace: shop.bench.namespace };
      await shop.bench.put('destinationrules', { metadata, spec: { host: 'other' } });

      await expect(shop.bench.mesh.define(lanes, stable)).rejects.toThrow(/somebody else's/);
      await shop.bench.mesh.undefine(subsetObjects(lanes, stableStem));

      expect(JSON.stringify(await shop.bench.rules())).toContain('"host":"other"');
    });

    it('stay as long as a route names them', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();
      await shop.defineBoth(lanes);
      await shop.write(lanes, weights(10));

      await shop.bench.mesh.undefine([...subsetObjects(lanes, stableStem), ...subsetObjects(lanes, canaryStem)]);
      expect(await rules()).toHaveLength(2);

      await shop.write({ ...lanes, names: { canary: canaryStem } }, weights(100));
      await shop.bench.mesh.undefine([...subsetObjects(lanes, stableStem), ...subsetObjects(lanes, canaryStem)]);
      expect((await rules()).map(({ metadata }) => metadata.name)).toEqual([`${canaryStem}-checkout`]);
    });

    it('go when they are told to, and once more', async () => {
      await shop.putShop();
      const lanes = await shop.surveyed();
      await shop.bench.mesh.define(lanes, stable);
      const made = [
        ...subsetObjects(lanes, stableStem),
        { kind: 'Deployment' as const, namespace: shop.bench.namespace, name: 'checkout-2' },
      ];

      await shop.bench.mesh.undefine(made);
      await shop.bench.mesh.undefine(made);

      expect(await rules()).toEqual([]);
      expect(await shop.bench.rules()).toHaveLength(1);
    });
  });
}
