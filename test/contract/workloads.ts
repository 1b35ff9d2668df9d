// What every view of Deployments promises; held by the one in memory and the one on a real control plane.
import { beforeEach, describe, expect, it } from 'vitest';
import type { PodTrouble, Workload, Workloads } from '../../src/controller/ports.ts';
import { eventually } from '../support/eventually.ts';

/** Deployments under test, and what becomes of them. All are in one namespace and run one pod unless said otherwise. */
export interface WorkloadsBench {
  readonly workloads: Workloads;
  readonly namespace: string;
  deploy(name: string, parts?: { readonly image?: string; readonly replicas?: number }): Promise<void>;
  /** Gives the pod template another image. */
  update(name: string, image: string): Promise<void>;
  scale(name: string, replicas: number): Promise<void>;
  /** Stops new ReplicaSets, or lets the latest template go on. */
  pause(name: string, paused: boolean): Promise<void>;
  /** Lets the pods of the present template fail from now on. */
  fail(
    name: string,
    kind: Extract<PodTrouble['kind'], 'crashLoop' | 'imagePull' | 'outOfMemory'>,
    words: string,
  ): Promise<void>;
  remove(name: string): Promise<void>;
}

/** The promises of the port. `begin` gives each test a bench of its own. */
export function workloadsContract(name: string, begin: () => Promise<WorkloadsBench>): void {
  describe(`Deployments (${name})`, () => {
    let bench: WorkloadsBench;
    beforeEach(async () => {
      bench = await begin();
    });

    function when(what: string, holds: (workload: Workload) => boolean): Promise<Workload> {
      return eventually(what, async () => {
        const workload = await bench.workloads.get(bench.namespace, 'reviews');
        return workload !== undefined && holds(workload) && workload;
      });
    }

    const complete = (): Promise<Workload> => when('the Deployment to be complete', (workload) => workload.complete);

    it('are undefined where there are none', async () => {
      expect(await bench.workloads.get(bench.namespace, 'reviews')).toBeUndefined();
    });

    it('are seen with their revision, images and pods', async () => {
      await bench.deploy('reviews', { image: 'reviews:1', replicas: 2 });

      const workload = await complete();

      expect(workload).toMatchObject({
        namespace: bench.namespace,
        name: 'reviews',
        images: ['reviews:1'],
        replicas: 2,
        readyReplicas: 2,
        progressDeadlineSeconds: 600,
        deleting: false,
      });
      expect(workload.hash).toMatch(/^[a-z0-9]+$/);
      expect(Object.keys(workload.podLabels)).not.toEqual([]);
      expect(await bench.workloads.troubles(workload)).toEqual([]);
    });

    it('have another revision after a new template, and the former again after going back', async () => {
      await bench.deploy('reviews', { image: 'reviews:1' });
      const first = await complete();

      await bench.update('reviews', 'reviews:2');
      const second = await when('another revision', ({ hash }) => hash !== undefined && hash !== first.hash);
      await bench.update('reviews', 'reviews:1');
      const third = await when(
        'the first image',
        ({ images, hash }) => images[0] === 'reviews:1' && hash !== undefined,
      );

      expect(second.images).toEqual(['reviews:2']);
      expect(third.hash).toBe(first.hash);
    });

    it('never show a new template under an old revision', async () => {
      await bench.deploy('reviews', { image: 'reviews:1' });
      const first = await complete();

      const seen: (string | undefined)[] = [];
      await bench.update('reviews', 'reviews:2');
      await when('the new revision', ({ images, hash }) => {
        seen.push(`${images[0]} ${hash === first.hash ? 'old' : hash !== undefined && 'new'}`);
        return hash !== undefined && hash !== first.hash;
      });

      expect(new Set(seen)).not.toContain('reviews:2 old');
    });

    it('keep their revision while they are scaled', async () => {
      await bench.deploy('reviews');
      const before = await complete();

      await bench.scale('reviews', 3);
      const after = await when('three pods', ({ complete: done, readyReplicas }) => done && readyReplicas === 3);

      expect(after).toMatchObject({ hash: before.hash, replicas: 3, readyReplicas: 3 });
    });

    it('show each template that was run, the newest first, with its pods', async () => {
      await bench.deploy('reviews', { image: 'reviews:1', replicas: 2 });
      const first = await complete();
      await bench.update('reviews', 'reviews:2');
      const second = await when('the new template', ({ complete: done, hash }) => done && hash !== first.hash);

      const seen = await eventually('the old pods to be gone', async () => {
        const generations = await bench.workloads.generations(second);
        return generations[1]?.readyReplicas === 0 && generations;
      });

      const { podLabels } = second;
      expect(seen).toEqual([
        {
          hash: second.hash,
          revision: second.revision,
          podLabels,
          images: ['reviews:2'],
          replicas: 2,
          readyReplicas: 2,
        },
        { hash: first.hash, revision: first.revision, podLabels, images: ['reviews:1'], replicas: 0, readyReplicas: 0 },
      ]);
      expect(second.revision).not.toBe(first.revision);
    });

    it('that are paused keep their pods, whatever their template says', async () => {
      await bench.deploy('reviews', { image: 'reviews:1' });
      const first = await complete();
      await bench.pause('reviews', true);

      await bench.update('reviews', 'reviews:2');
      const held = await when('the new template', ({ images, complete: done }) => images[0] === 'reviews:2' && !done);

      expect(held).toMatchObject({ paused: true, held: false, readyReplicas: 1 });
      expect(held).not.toHaveProperty('hash');
      expect(held.revision).not.toBe(first.revision);
      expect(await bench.workloads.generations(held)).toMatchObject([
        { hash: first.hash, revision: first.revision, replicas: 1, readyReplicas: 1 },
      ]);
    });

    it('have another version with every change', async () => {
      await bench.deploy('reviews');
      const before = await complete();

      await bench.scale('reviews', 2);

      expect(await when('two pods', ({ replicas }) => replicas === 2)).not.toHaveProperty(
        'resourceVersion',
        before.resourceVersion,
      );
    });

    it('are complete with no pods when none are wanted', async () => {
      await bench.deploy('reviews', { replicas: 0 });

      expect(await complete()).toMatchObject({ replicas: 0, readyReplicas: 0 });
    });

    it.each([
      ['crashLoop', 'panic: cannot open config'],
      ['imagePull', 'manifest unknown'],
      ['outOfMemory', 'the cache grew'],
    ] as const)('quote a pod in trouble (%s)', async (kind, words) => {
      await bench.deploy('reviews');
      const workload = await complete();

      await bench.fail('reviews', kind, words);
      const troubles = await eventually('the trouble to be seen', async () => {
        const seen = await bench.workloads.troubles(workload);
        return seen.length > 0 && seen;
      });

      expect(troubles).toEqual([
        { pod: expect.stringContaining('reviews'), kind, message: expect.stringContaining(words) },
      ]);
    });

    it('are gone when they are deleted', async () => {
      await bench.deploy('reviews');
      await complete();

      await bench.remove('reviews');

      const isGone = async (): Promise<boolean> =>
        (await bench.workloads.get(bench.namespace, 'reviews')) === undefined;
      await eventually('the Deployment to go', isGone);
    });
  });
}
