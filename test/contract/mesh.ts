// What every mesh promises; held by the one in memory and the one on a real API server with Istio's definitions.
import { beforeEach, describe, expect, it } from 'vitest';
import type { RouteView } from '../../src/controller/mesh-port.ts';
import type { MeshBench } from './mesh-bench.ts';
import { locatedIn, meanwhile, putBack, putReviews, reviewsOf } from './mesh-reviews.ts';
import { content, type SeenObject, seen, viewedIn } from './mesh-seen.ts';

const claim = { rollout: 'shop/reviews-v2-two-1', epoch: 1 };

/** Holds a mesh to its promises; `setup` makes a fresh bench. */
export function meshContract(name: string, setup: () => Promise<MeshBench>): void {
  describe(`the mesh (${name})`, () => {
    let bench: MeshBench;
    beforeEach(async () => {
      bench = await setup();
    });
    const read = async (): Promise<SeenObject> => seen(await bench.read('reviews'));

    describe('locate', () => {
      it('finds the route of the pair', async () => {
        await putReviews(bench, [1, undefined]);

        expect(await locatedIn(bench)).toEqual({
          namespace: bench.namespace,
          name: 'reviews',
          protocol: 'http',
          section: 'everybody',
          stable: { host: 'reviews', subset: 'v1' },
          canary: { host: 'reviews', subset: 'v2' },
          original: { stable: 1, canary: null },
          services: [`reviews.${bench.namespace}.svc.cluster.local`],
        });
      });

      it('says what is missing', async () => {
        const located = await bench.mesh.locate(...reviewsOf(bench.namespace), { object: 'nothing' });

        expect(located).toMatchObject({ kind: 'problem', problem: { reason: 'NoVirtualService' } });
      });

      it('finds nothing in another namespace than the one asked for', async () => {
        await putReviews(bench);

        const located = await bench.mesh.locate(...reviewsOf(bench.namespace), {
          namespace: 'istio-system',
          object: 'reviews',
        });

        expect(located).toMatchObject({ kind: 'problem', problem: { reason: 'NoVirtualService' } });
      });
    });

    describe('view', () => {
      it('shows the weights as they are, absent ones as null', async () => {
        await putReviews(bench, [100, undefined]);
        const route = await locatedIn(bench);

        const view = await viewedIn(bench, route);

        expect(view).toMatchObject({ stable: 100, canary: null, owned: false });
        expect(view).not.toHaveProperty('claim');
        expect(view.resourceVersion).toBe((await read()).metadata.resourceVersion);
      });

      it('names who wrote the routes last', async () => {
        await putReviews(bench);
        const route = await locatedIn(bench);

        await bench.edit('reviews', [{ op: 'add', path: '/spec/http/1/route/1/weight', value: 5 }], 'gitops');

        expect(await viewedIn(bench, route)).toMatchObject({ canary: 5, lastWriter: 'gitops', owned: false });
      });

      it('says when the route or the object is gone', async () => {
        await putReviews(bench);
        const route = await locatedIn(bench);

        await bench.edit('reviews', [{ op: 'replace', path: '/spec/http/1/name', value: 'all' }], 'user');
        expect(await bench.mesh.view(route)).toMatchObject({ kind: 'problem', problem: { reason: 'RouteGone' } });

        await bench.remove('reviews');
        expect(await bench.mesh.view(route)).toMatchObject({ kind: 'problem', problem: { reason: 'RouteGone' } });
      });
    });

    describe('change', () => {
      it('writes weights and claim, and leaves everything else', async () => {
        await putReviews(bench);
        const route = await locatedIn(bench);
        const before = await read();

        const written = await bench.mesh.change(route, await viewedIn(bench, route), {
          kind: 'weights',
          canary: 10,
          claim,
        });

        const view = await viewedIn(bench, route);
        expect(view).toMatchObject({ stable: 90, canary: 10, claim, owned: true });
        expect(written).toEqual({ kind: 'written', resourceVersion: view.resourceVersion });
        await bench.edit('reviews', putBack(100, 0), 'user');
        expect(content(await read())).toEqual(content(before));
      });

      it('writes nothing when the object was changed since it was viewed', async () => {
        await putReviews(bench);
        const route = await locatedIn(bench);
        const view = await viewedIn(bench, route);
        await bench.edit('reviews', [{ op: 'add', path: '/spec/http/1/timeout', value: '9s' }], 'user');
        const before = await read();

        const written = await bench.mesh.change(route, view, { kind: 'weights', canary: 10, claim });

        expect(written).toEqual({ kind: 'conflict' });
        expect(await read()).toEqual(before);
      });

      it('takes a view that went through JSON, and refuses an old one', async () => {
        await putReviews(bench);
        const route = await locatedIn(bench);
        const copy = JSON.parse(JSON.stringify(await viewedIn(bench, route))) as RouteView;

        const first = await bench.mesh.change(route, copy, { kind: 'weights', canary: 10, claim });
        const second = await bench.mesh.change(route, copy, { kind: 'weights', canary: 25, claim });

        expect([first.kind, second.kind]).toEqual(['written', 'conflict']);
      });

      it('is a conflict when the object or a destination is gone', async () => {
        await putReviews(bench);
        const route = await locatedIn(bench);
        const view = await viewedIn(bench, route);

        await bench.edit('reviews', [{ op: 'remove', path: '/spec/http/1/route/1' }], 'user');
        const version = (await read()).metadata.resourceVersion;
        const lost = { ...view, resourceVersion: version };
        expect(await bench.mesh.change(route, lost, { kind: 'restore' })).toEqual({ kind: 'conflict' });

        await bench.remove('reviews');
        expect(await bench.mesh.change(route, view, { kind: 'restore' })).toEqual({ kind: 'conflict' });
      });

      it('fences off an older intent, also when the weights were right already', async () => {
        await putReviews(bench);
        const route = await locatedIn(bench);
        const stalled = await viewedIn(bench, route);

        await bench.mesh.change(route, await viewedIn(bench, route), {
          kind: 'weights',
          canary: 0,
          claim: { ...claim, epoch: 2 },
        });
        const late = await bench.mesh.change(route, stalled, { kind: 'weights', canary: 10, claim });

        expect(late).toEqual({ kind: 'conflict' });
        expect(await viewedIn(bench, route)).toMatchObject({ canary: 0, claim: { epoch: 2 } });
      });

      it('is still fenced off after the route was restored and disowned', async () => {
        await putReviews(bench);
        const route = await locatedIn(bench);
        const stalled = await viewedIn(bench, route);

        await bench.mesh.change(route, await viewedIn(bench, route), { kind: 'weights', canary: 0, claim });
        await bench.mesh.change(route, await viewedIn(bench, route), { kind: 'restore' });
        await bench.mesh.disown(route);

        expect(await bench.mesh.change(route, stalled, { kind: 'weights', canary: 10, claim })).toEqual({
          kind: 'conflict',
        });
        expect(await viewedIn(bench, route)).toMatchObject({ stable: 100, canary: 0, owned: false });
      });

      it('changes nothing when the same intent is written again', async () => {
        await putReviews(bench);
        const route = await locatedIn(bench);
        const ten = { kind: 'weights', canary: 10, claim } as const;

        const first = await bench.mesh.change(route, await viewedIn(bench, route), ten);
        const second = await bench.mesh.change(route, await viewedIn(bench, route), ten);

        expect(second).toEqual(first);
      });

      it.each([
        [100, 0],
        [1, undefined],
      ] as const)('restores weights %s and %s, and leaves no claim', async (...weights) => {
        await putReviews(bench, weights);
        const route = await locatedIn(bench);
        const before = await read();

        await bench.mesh.change(route, await viewedIn(bench, route), { kind: 'weights', canary: 50, claim });
        await bench.mesh.change(route, await viewedIn(bench, route), { kind: 'restore' });

        expect(content(await read())).toEqual(content(before));
        expect(await viewedIn(bench, route)).not.toHaveProperty('claim');
      });

      it('restores around edits made meanwhile', async () => {
        await putReviews(bench);
        const route = await locatedIn(bench);
        await bench.mesh.change(route, await viewedIn(bench, route), { kind: 'weights', canary: 50, claim });

        await bench.edit('reviews', meanwhile, 'user');
        await bench.mesh.change(route, await viewedIn(bench, route), { kind: 'restore' });

        const after = await read();
        expect(after.metadata.annotations).toEqual({ team: 'shop' });
        expect(after.spec['http']).toMatchObject([
          { name: 'new', route: [{ destination: { host: 'new' } }] },
          { name: 'testers' },
          { name: 'everybody', timeout: '9s', route: [{ weight: 100 }, { weight: 0 }] },
        ]);
      });

      it('takes the claim away and keeps the weights when the rollout was promoted', async () => {
        await putReviews(bench);
        const route = await locatedIn(bench);
        await bench.mesh.change(route, await viewedIn(bench, route), { kind: 'weights', canary: 100, claim });

        await bench.mesh.change(route, await viewedIn(bench, route), { kind: 'unclaim' });

        const view = await viewedIn(bench, route);
        expect(view).toMatchObject({ stable: 0, canary: 100 });
        expect(view).not.toHaveProperty('claim');
      });
    });

    describe('disown', () => {
      it('gives up every field and changes nothing else', async () => {
        await putReviews(bench);
        const route = await locatedIn(bench);
        await bench.mesh.change(route, await viewedIn(bench, route), { kind: 'weights', canary: 10, claim });
        const before = await read();

        const written = await bench.mesh.disown(route);

        const after = await read();
        expect(written).toEqual({ kind: 'written', resourceVersion: after.metadata.resourceVersion });
        expect(after.metadata.managedFields.map(({ manager }) => manager)).not.toContain('serin');
        expect(after.metadata.generation).toBe(before.metadata.generation);
        expect(content(after)).toEqual(content(before));
        expect(await viewedIn(bench, route)).toMatchObject({ owned: false, stable: 90, canary: 10, claim });
      });

      it('keeps the entries of those who wrote since', async () => {
        await putReviews(bench);
        const route = await locatedIn(bench);
        await bench.mesh.change(route, await viewedIn(bench, route), { kind: 'weights', canary: 10, claim });
        await bench.edit('reviews', [{ op: 'add', path: '/spec/http/1/route/1/weight', value: 5 }], 'gitops');

        await bench.mesh.disown(route);

        expect(await viewedIn(bench, route)).toMatchObject({ canary: 5, owned: false, lastWriter: 'gitops' });
      });

      it('writes nothing when nothing is owned', async () => {
        await putReviews(bench);
        const route = await locatedIn(bench);
        const before = await read();

        const written = await bench.mesh.disown(route);

        expect(written).toEqual({ kind: 'written', resourceVersion: before.metadata.resourceVersion });
        expect(await read()).toEqual(before);
      });

      it('is a conflict when the object is gone', async () => {
        await putReviews(bench);
        const route = await locatedIn(bench);
        await bench.remove('reviews');

        expect(await bench.mesh.disown(route)).toEqual({ kind: 'conflict' });
      });
    });
  });
}
