// What every mesh promises of lanes; held by the one in memory and the one on a real API server with Istio's definitions.
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { LanesWanted, RouteChange, RouteView, Written } from '../../src/controller/mesh-port.ts';
import { subsetObjects } from '../../src/controller/mesh-port.ts';
import type { Lanes } from '../../src/domain/lanes.ts';
import { content, type MeshBench, type SeenObject, seen } from './mesh.ts';

type Json = Readonly<Record<string, unknown>>;

const stableStem = 'serin-stable-5c5b46c844';
const canaryStem = 'serin-canary-0a1b2c3d4e';
const podLabels = { app: 'checkout', version: 'v1' };
const policy = { connectionPool: { tcp: { maxConnections: 7 } } };

function weights(canary: number, parts: Partial<Extract<RouteChange, { kind: 'weights' }>> = {}): RouteChange {
  return { kind: 'weights', canary, claim: { rollout: 'shop/checkout-0a1b2c3d4e-1', epoch: 1 }, ...parts };
}

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

/** Holds a mesh to its promises; `setup` makes a fresh bench. */
export function lanesContract(name: string, setup: () => Promise<MeshBench>): void {
  describe(`lanes (${name})`, () => {
    let bench: MeshBench;
    let host: string;
    beforeEach(async () => {
      bench = await setup();
      host = `checkout.${bench.namespace}.svc.cluster.local`;
    });

    async function putService(parts: Json = {}): Promise<void> {
      const spec = { selector: { app: 'checkout' }, ports: [{ name: 'http', port: 80 }], ...parts };
      await bench.put('services', { metadata: { name: 'checkout', namespace: bench.namespace }, spec });
    }

    async function putRoutes(http: readonly unknown[], parts: Json = {}): Promise<void> {
      const metadata = { name: 'checkout', namespace: bench.namespace };
      await bench.put('virtualservices', { metadata, spec: { hosts: ['checkout'], http, ...parts } });
    }

    /** A route with a match, one that shares its traffic with another host, and beside them a gateway's object next door. */
    async function putShop(): Promise<void> {
      await putService();
      await bench.put('destinationrules', {
        metadata: { name: 'checkout', namespace: bench.namespace },
        spec: { host, subsets: [{ name: 'v1', labels: { version: 'v1' }, trafficPolicy: policy }] },
      });
      await putRoutes([
        {
          name: 'mobile',
          match: [{ uri: { prefix: '/m' } }],
          route: [{ destination: { host: 'checkout', subset: 'v1' } }],
        },
        {
          name: 'everybody',
          timeout: '3s',
          route: [
            { destination: { host: 'checkout' }, weight: 90, headers: { request: { set: { track: 'main' } } } },
            { destination: { host: 'legacy' }, weight: 10 },
          ],
        },
      ]);
      await bench.put('virtualservices', {
        metadata: { name: 'front', namespace: bench.elsewhere },
        spec: { hosts: ['shop.example.com'], gateways: ['front'], tcp: [{ route: [{ destination: { host } }] }] },
      });
    }

    function wanted(parts: Partial<LanesWanted> = {}): LanesWanted {
      return {
        namespace: bench.namespace,
        target: 'checkout',
        stableLabels: podLabels,
        canaryLabels: podLabels,
        names: { stable: stableStem, canary: canaryStem },
        rollout: `${bench.namespace}/checkout-0a1b2c3d4e-1`,
        ...parts,
      };
    }

    async function surveyed(parts: Partial<LanesWanted> = {}): Promise<Lanes> {
      const found = await bench.mesh.survey(wanted(parts));
      if (found.kind === 'problem') throw new Error(found.problem.message);
      return found.lanes;
    }

    async function viewed(lanes: Lanes): Promise<RouteView> {
      const found = await bench.mesh.view(lanes);
      if (found.kind === 'problem') throw new Error(found.problem.message);
      return found.view;
    }

    /** Both subsets of the names, which is what routes may be split by. */
    async function defineBoth(lanes: Lanes): Promise<void> {
      const rollout = 'shop/checkout-0a1b2c3d4e-1';
      await bench.mesh.define(lanes, { stem: stableStem, labels: { 'pod-template-hash': '5c5b46c844' }, rollout });
      await bench.mesh.define(lanes, { stem: canaryStem, labels: { 'serin.dev/revision': '0a1b2c3d4e' }, rollout });
    }

    async function write(lanes: Lanes, change: RouteChange): Promise<Written> {
      return bench.mesh.change(lanes, await viewed(lanes), own(change));
    }

    function own(change: RouteChange): RouteChange {
      if (change.kind !== 'weights') return change;
      const rollout = change.claim.rollout.replace('shop/', `${bench.namespace}/`);
      return { ...change, claim: { ...change.claim, rollout } };
    }

    async function read(): Promise<readonly SeenObject[]> {
      return [seen(await bench.read('checkout')), seen(await bench.read('front', bench.elsewhere))];
    }

    describe('survey', () => {
      it('finds every destination of the Service, wherever it stands, and writes nothing', async () => {
        await putShop();
        const before = await read();

        const lanes = await surveyed();

        const { namespace, elsewhere } = bench;
        const own = { object: `${namespace}/checkout`, protocol: 'http', host };
        const all = [
          { ...own, section: 'mobile', index: 0, subset: 'v1', weight: null, alone: true },
          { ...own, section: 'everybody', index: 1, weight: 90, alone: false },
          { object: `${elsewhere}/front`, protocol: 'tcp', index: 0, host, weight: null, alone: true },
        ];
        expect(lanes.originals.toSorted((a, b) => (a.object < b.object ? -1 : 1))).toEqual(
          all.toSorted((a, b) => (a.object < b.object ? -1 : 1)),
        );
        expect(lanes).toMatchObject({ kind: 'lanes', target: 'checkout', namespace, hosts: [host], made: [] });
        expect(lanes.objects.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
          { namespace, name: 'checkout', made: false },
          { namespace: elsewhere, name: 'front', made: false },
        ]);
        expect(await read()).toEqual(before);
        expect(await surveyed()).toEqual(lanes);
      });

      it('finds the same while they are split', async () => {
        await putShop();
        const lanes = await surveyed();
        await bench.mesh.define(lanes, { stem: canaryStem, labels: { 'serin.dev/revision': 'x' }, rollout: 'shop/a' });
        await write(lanes, weights(25));

        expect(await surveyed()).toEqual(lanes);
      });

      it('makes an object of its own where nothing routes the Service', async () => {
        await putService();

        const lanes = await surveyed();

        expect(lanes.objects).toEqual([{ namespace: bench.namespace, name: 'serin-checkout', made: true }]);
        expect(lanes.originals).toEqual([]);
      });

      it.each([
        ['NoService', { selector: { app: 'other' } }, {}],
        ['LabelsMoved', {}, { canaryLabels: { app: 'till', version: 'v1' } }],
        ['HeadlessService', { clusterIP: 'None' }, {}],
        ['PortNotHttp', { ports: [{ name: 'tcp-db', port: 5432 }] }, {}],
        ['SameWorkloadName', {}, { canaryLabels: { ...podLabels, 'service.istio.io/workload-name': 'till' } }],
      ] as const)('says %s', async (reason, service, parts) => {
        await putService(service);

        const found = await bench.mesh.survey(wanted(parts));

        expect(found).toMatchObject({ kind: 'problem', problem: { reason } });
      });

      it('says whose pods are behind the Service besides', async () => {
        await putService();
        const metadata = { name: 'stranger', namespace: bench.namespace, labels: { app: 'checkout' } };
        await bench.put('pods', { metadata, spec: { containers: [{ name: 'main', image: 'none' }] } });

        const found = await bench.mesh.survey(wanted());

        expect(found).toMatchObject({ kind: 'problem', problem: { reason: 'ForeignPods' } });
        expect(JSON.stringify(found)).toContain('stranger');
      });
    });

    describe('change', () => {
      it('splits every lane in place, and says how it stands', async () => {
        await putShop();
        const lanes = await surveyed();
        expect(await viewed(lanes)).toMatchObject({ stable: null, canary: null, owned: false });

        const written = await write(lanes, weights(10));

        const view = await viewed(lanes);
        expect(view).toMatchObject({ stable: 90, canary: 10, owned: true, claim: { epoch: 1 } });
        expect(written).toEqual({ kind: 'written', resourceVersion: view.resourceVersion });
        const [checkout, front] = await read();
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
              { destination: { host, subset: stableStem }, weight: 90 },
              { destination: { host, subset: canaryStem }, weight: 10 },
            ],
          },
        ]);
      });

      it('leaves no trace, whatever weights there were, and whose fields they are', async () => {
        await putShop();
        const lanes = await surveyed();
        const before = await read();

        for (const canary of [0, 10, 50, 0]) {
          await write(lanes, weights(canary, { claim: { rollout: 'shop/checkout-0a1b2c3d4e-1', epoch: canary } }));
          await bench.mesh.disown(lanes);
          expect((await viewed(lanes)).owned).toBe(false);
        }
        await write(lanes, { kind: 'restore' });
        await bench.mesh.disown(lanes);

        const after = await read();
        expect(after.map(content)).toEqual(before.map(content));
        const owners = after.flatMap(({ metadata }) => metadata.managedFields.map(({ manager }) => manager));
        expect(owners).toEqual(before.flatMap(({ metadata }) => metadata.managedFields.map(({ manager }) => manager)));
        expect(owners).not.toContain('serin');
      });

      it('writes nothing when the same intent is written again, and something when it is newer', async () => {
        await putShop();
        const lanes = await surveyed();
        await write(lanes, weights(10));
        const before = await read();

        await write(lanes, weights(10));
        expect(await read()).toEqual(before);

        await write(lanes, weights(10, { claim: { rollout: 'shop/checkout-0a1b2c3d4e-1', epoch: 2 } }));
        expect((await viewed(lanes)).claim?.epoch).toBe(2);
      });

      it('changes nothing that was changed since it was viewed', async () => {
        await putShop();
        const lanes = await surveyed();
        const view = await viewed(lanes);
        await bench.edit('checkout', [{ op: 'add', path: '/spec/http/1/timeout', value: '9s' }], 'user');
        const [before] = await read();

        const written = await bench.mesh.change(lanes, view, own(weights(10)));

        expect(written).toEqual({ kind: 'conflict' });
        expect((await read())[0]).toEqual(before);
      });

      it('takes a view that went through JSON, and fences off an older one', async () => {
        await putShop();
        const lanes = await surveyed();
        const copy = JSON.parse(JSON.stringify(await viewed(lanes))) as RouteView;

        const first = await bench.mesh.change(lanes, copy, own(weights(0)));
        const second = await bench.mesh.change(lanes, copy, own(weights(25)));

        expect([first.kind, second.kind]).toEqual(['written', 'conflict']);
        expect(await viewed(lanes)).toMatchObject({ canary: 0 });
      });

      it('shows that somebody put routes back, and who, and splits them again', async () => {
        await putShop();
        const lanes = await surveyed();
        await write(lanes, weights(10));
        await bench.mesh.disown(lanes);
        const plain = [{ destination: { host: 'checkout', subset: 'v1' } }];
        await bench.edit('checkout', [{ op: 'replace', path: '/spec/http/0/route', value: plain }], 'gitops');

        expect(await viewed(lanes)).toMatchObject({
          stable: null,
          canary: null,
          lastWriter: 'gitops',
          claim: { epoch: 1 },
        });

        await write(lanes, weights(10));
        expect(await viewed(lanes)).toMatchObject({ stable: 90, canary: 10 });
      });

      it('restores around edits made meanwhile', async () => {
        await putShop();
        const lanes = await surveyed();
        await write(lanes, weights(50));
        const added = { name: 'new', match: [{ uri: { prefix: '/new' } }], route: [{ destination: { host: 'new' } }] };
        await bench.edit(
          'checkout',
          [
            { op: 'replace', path: '/spec/http/1/timeout', value: '9s' },
            { op: 'add', path: '/spec/http/0', value: added },
            { op: 'add', path: '/metadata/annotations/team', value: 'shop' },
          ],
          'user',
        );

        await write(lanes, { kind: 'restore' });

        const [checkout] = await read();
        expect(checkout?.metadata.annotations).toEqual({ team: 'shop' });
        expect(checkout?.spec['http']).toMatchObject([
          added,
          { name: 'mobile', route: [{ destination: { host: 'checkout', subset: 'v1' } }] },
          { name: 'everybody', timeout: '9s', route: [{ weight: 90 }, { weight: 10 }] },
        ]);
        expect(JSON.stringify(checkout?.spec)).not.toContain('serin-');
      });

      it('follows the names: another stable, and the copy alone', async () => {
        await putShop();
        const lanes = await surveyed();
        const before = await read();
        await write(lanes, weights(100));
        const returning = { ...lanes, names: { stable: 'serin-stable-77d9f8c6b5', canary: canaryStem } };
        const onCopy = { ...lanes, names: { canary: canaryStem } };

        expect(await viewed(returning)).toMatchObject({ canary: null });
        await write(returning, weights(75));
        expect(await viewed(returning)).toMatchObject({ stable: 25, canary: 75 });
        await write(onCopy, weights(100));
        expect(await viewed(onCopy)).toMatchObject({ stable: 0, canary: 100 });
        expect(JSON.stringify((await read()).map(({ spec }) => spec))).not.toContain('serin-stable');

        await write(onCopy, { kind: 'restore' });
        expect((await read()).map(content)).toEqual(before.map(content));
      });

      it('takes the claims alone away', async () => {
        await putShop();
        const lanes = await surveyed();
        await write(lanes, weights(100));

        await write(lanes, { kind: 'unclaim' });

        const view = await viewed(lanes);
        expect(view).toMatchObject({ stable: 0, canary: 100 });
        expect(view).not.toHaveProperty('claim');
      });

      it('shows the claim of a stranger, and none where one is missing', async () => {
        await putShop();
        const lanes = await surveyed();
        await write(lanes, weights(10));
        const front = { ...lanes, objects: lanes.objects.filter(({ name: each }) => each === 'checkout') };

        await write(front, weights(10, { claim: { rollout: 'shop/checkout-ffff2c3d4e-1', epoch: 9 } }));
        expect((await viewed(lanes)).claim).toEqual({ rollout: `${bench.namespace}/checkout-ffff2c3d4e-1`, epoch: 9 });

        await write(front, { kind: 'unclaim' });
        expect(await viewed(lanes)).not.toHaveProperty('claim');
      });

      it('lets another Deployment have a rollout in the same object', async () => {
        await putShop();
        const lanes = await surveyed();
        const before = await read();
        const legacy = `legacy.${bench.namespace}.svc.cluster.local`;
        const original = {
          object: `${bench.namespace}/checkout`,
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

        await write(lanes, weights(10));
        await write(other, weights(50, { claim: { rollout: 'shop/legacy-2-1', epoch: 7 } }));

        expect(await viewed(lanes)).toMatchObject({ canary: 10, claim: { epoch: 1 } });
        expect(await viewed(other)).toMatchObject({ canary: 50, claim: { epoch: 7 } });
        await write(lanes, { kind: 'restore' });
        expect(await viewed(other)).toMatchObject({ canary: 50, claim: { epoch: 7 } });
        await write(other, { kind: 'restore' });
        expect((await read()).map(content)).toEqual(before.map(content));
      });

      it('goes on without an object that is gone, and says when all are', async () => {
        await putShop();
        const lanes = await surveyed();
        const here = { ...lanes, objects: lanes.objects.filter(({ name: each }) => each === 'checkout') };
        await bench.remove('checkout');

        expect(await bench.mesh.view(here)).toMatchObject({ kind: 'problem', problem: { reason: 'RouteGone' } });
        expect((await write(lanes, weights(10))).kind).toBe('written');
        expect(await viewed(lanes)).toMatchObject({ canary: 10 });
      });
    });

    describe('an object that is made', () => {
      it('stands for the time of the rollout, and routes each port', async () => {
        const ports = [
          { name: 'http', port: 80 },
          { name: 'tcp-admin', port: 9_000 },
        ];
        await putService({ ports });
        const lanes = await surveyed();
        expect(await viewed(lanes)).toMatchObject({ stable: null, canary: null, owned: false });

        await defineBoth(lanes);
        await write(lanes, weights(0));
        await write(lanes, weights(10, { claim: { rollout: 'shop/checkout-0a1b2c3d4e-1', epoch: 2 } }));

        expect(await viewed(lanes)).toMatchObject({ stable: 90, canary: 10, claim: { epoch: 2 }, owned: false });
        expect(seen(await bench.read('serin-checkout')).spec).toEqual({
          hosts: [host],
          http: [{ match: [{ port: 80 }], route: legs(80) }],
          tcp: [{ match: [{ port: 9_000 }], route: legs(9_000) }],
        });
        expect(await surveyed()).toEqual(lanes);

        await write(lanes, { kind: 'restore' });
        expect(await bench.read('serin-checkout')).toBeUndefined();
        expect((await write(lanes, { kind: 'restore' })).kind).toBe('written');
      });

      it('comes back when somebody deletes it', async () => {
        await putService();
        const lanes = await surveyed();
        await defineBoth(lanes);
        await write(lanes, weights(10));
        await bench.remove('serin-checkout');

        expect(await viewed(lanes)).toMatchObject({ canary: null });
        await write(lanes, weights(10));
        expect(await viewed(lanes)).toMatchObject({ canary: 10 });
      });

      it('is no race lost twice: who comes second begins anew', async () => {
        await putService();
        const lanes = await surveyed();
        await defineBoth(lanes);
        const [one, two] = [await viewed(lanes), await viewed(lanes)];

        expect((await bench.mesh.change(lanes, one, own(weights(0)))).kind).toBe('written');
        expect((await bench.mesh.change(lanes, two, own(weights(50)))).kind).toBe('conflict');
        expect(await viewed(lanes)).toMatchObject({ canary: 0 });
      });

      it('is not made by somebody who was frozen until after the end', async () => {
        await putService();
        const lanes = await surveyed();
        await defineBoth(lanes);
        const frozen = await viewed(lanes);

        await write(lanes, weights(10));
        await write(lanes, { kind: 'restore' });
        await bench.mesh.undefine([...subsetObjects(lanes, stableStem), ...subsetObjects(lanes, canaryStem)]);

        expect((await bench.mesh.change(lanes, frozen, own(weights(50)))).kind).toBe('conflict');
        expect(await bench.read('serin-checkout')).toBeUndefined();
      });

      it('is not deleted by somebody who was frozen until the next attempt', async () => {
        await putService();
        const lanes = await surveyed();
        await defineBoth(lanes);
        await write(lanes, weights(0));
        const frozen = await viewed(lanes);

        await write(lanes, { kind: 'restore' });
        await write(lanes, weights(10, { claim: { rollout: 'shop/checkout-0a1b2c3d4e-2', epoch: 1 } }));

        expect((await bench.mesh.change(lanes, frozen, { kind: 'restore' })).kind).toBe('conflict');
        expect(await viewed(lanes)).toMatchObject({ canary: 10 });
      });

      function legs(port: number): readonly Json[] {
        return [
          { destination: { host, port: { number: port }, subset: stableStem }, weight: 90 },
          { destination: { host, port: { number: port }, subset: canaryStem }, weight: 10 },
        ];
      }
    });

    describe('testers', () => {
      it('have routes of their own as long as they are to, and leave no trace', async () => {
        await putShop();
        const lanes = await surveyed({ testers: 'x-canary: true' });
        const before = await read();

        await write(lanes, weights(10, { testers: true }));

        expect(await viewed(lanes)).toMatchObject({ canary: 10, testers: true });
        const header = { 'x-canary': { exact: 'true' } };
        const [checkout] = await read();
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

        await write(lanes, weights(0, { testers: false }));
        expect(await viewed(lanes)).toMatchObject({ canary: 0, testers: false });
        await write(lanes, weights(10, { testers: true }));
        await write(lanes, { kind: 'restore' });
        expect((await read()).map(content)).toEqual(before.map(content));
      });

      it('that somebody took away are seen to be missing', async () => {
        await putShop();
        const lanes = await surveyed({ testers: 'x-canary: true' });
        await write(lanes, weights(10, { testers: true }));

        await bench.edit('checkout', [{ op: 'remove', path: '/spec/http/0' }], 'user');

        expect(await viewed(lanes)).toMatchObject({ canary: 10, testers: false });
        await write(lanes, weights(10, { testers: true }));
        expect(await viewed(lanes)).toMatchObject({ canary: 10, testers: true });
      });
    });

    describe('subsets', () => {
      const stable = { stem: stableStem, labels: { 'pod-template-hash': '5c5b46c844' }, rollout: 'shop/checkout-1' };

      async function rules(): Promise<readonly z.output<typeof ruleSchema>[]> {
        const all = z.array(ruleSchema).parse(await bench.rules());
        return all.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/managed-by'] === 'serin');
      }

      it('are defined beside the ones of the user, each with the policy of what it stands in for', async () => {
        await putShop();
        const lanes = await surveyed();

        await bench.mesh.define(lanes, stable);
        await bench.mesh.define(lanes, stable);

        const [rule, ...others] = await rules();
        expect(others).toEqual([]);
        expect(rule?.metadata.name).toBe(subsetObjects(lanes, stableStem)[0]?.name);
        expect(rule?.spec).toEqual({
          host,
          subsets: [
            { name: stableStem, labels: stable.labels },
            { name: `${stableStem}-v1`, labels: stable.labels, trafficPolicy: policy },
          ],
        });
      });

      it('say what a rule for more hosts says, because they hide it', async () => {
        await putService();
        const wide = { host: `*.${bench.namespace}.svc.cluster.local`, trafficPolicy: policy };
        const subsets = [{ name: 'v1', labels: { version: 'v1' } }];
        await bench.put('destinationrules', {
          metadata: { name: 'all', namespace: bench.namespace },
          spec: { ...wide, subsets },
        });

        await bench.mesh.define(await surveyed(), stable);

        expect((await rules())[0]?.spec).toEqual({
          host,
          trafficPolicy: policy,
          subsets: [{ name: stableStem, labels: stable.labels }, ...subsets],
        });
      });

      it('are seen by whoever sees those of the user', async () => {
        await putService();
        await bench.put('destinationrules', {
          metadata: { name: 'checkout', namespace: bench.namespace },
          spec: { host: 'checkout', exportTo: ['.', bench.elsewhere] },
        });

        await bench.mesh.define(await surveyed(), stable);

        expect((await rules())[0]?.spec.exportTo).toEqual(['.', bench.elsewhere]);
      });

      it('left behind without what is wanted now are made anew', async () => {
        await putShop();
        const lanes = await surveyed();
        await bench.mesh.define({ ...lanes, originals: [] }, stable);

        await bench.mesh.define(lanes, stable);

        expect((await rules()).map(({ spec }) => spec.subsets.map(({ name: each }) => each))).toEqual([
          [stableStem, `${stableStem}-v1`],
        ]);
      });

      it("are refused where the name is somebody else's, and never taken away from them", async () => {
        await putShop();
        const lanes = await surveyed();
        const [place] = subsetObjects(lanes, stableStem);
        const metadata = { name: place?.name ?? '', namespace: bench.namespace };
        await bench.put('destinationrules', { metadata, spec: { host: 'other' } });

        await expect(bench.mesh.define(lanes, stable)).rejects.toThrow(/somebody else's/);
        await bench.mesh.undefine(subsetObjects(lanes, stableStem));

        expect(JSON.stringify(await bench.rules())).toContain('"host":"other"');
      });

      it('stay as long as a route names them', async () => {
        await putShop();
        const lanes = await surveyed();
        await defineBoth(lanes);
        await write(lanes, weights(10));

        await bench.mesh.undefine([...subsetObjects(lanes, stableStem), ...subsetObjects(lanes, canaryStem)]);
        expect(await rules()).toHaveLength(2);

        await write({ ...lanes, names: { canary: canaryStem } }, weights(100));
        await bench.mesh.undefine([...subsetObjects(lanes, stableStem), ...subsetObjects(lanes, canaryStem)]);
        expect((await rules()).map(({ metadata }) => metadata.name)).toEqual([`${canaryStem}-checkout`]);
      });

      it('go when they are told to, and once more', async () => {
        await putShop();
        const lanes = await surveyed();
        await bench.mesh.define(lanes, stable);
        const made = [
          ...subsetObjects(lanes, stableStem),
          { kind: 'Deployment' as const, namespace: bench.namespace, name: 'checkout-2' },
        ];

        await bench.mesh.undefine(made);
        await bench.mesh.undefine(made);

        expect(await rules()).toEqual([]);
        expect(await bench.rules()).toHaveLength(1);
      });
    });

    describe('unrestorable', () => {
      it('says when a destination would lead to none of the new pods', async () => {
        await putShop();
        const lanes = await surveyed();

        expect(await bench.mesh.unrestorable(lanes, podLabels)).toBeUndefined();
        expect(await bench.mesh.unrestorable(lanes, { app: 'checkout', version: 'v2' })).toMatchObject({
          reason: 'LabelsMoved',
        });
        expect(await bench.mesh.unrestorable(lanes, { app: 'till', version: 'v1' })).toMatchObject({
          reason: 'LabelsMoved',
        });
      });
    });
  });
}
