// What every maker of copies promises; held by the one in memory and the one on a real control plane.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Copies, CopyWanted, Workload, Workloads } from '../../src/controller/ports.ts';
import { eventually } from '../support/eventually.ts';

/** A complete Deployment `checkout` of two pods behind a Service, and what becomes of it. */
export interface CopiesBench {
  readonly copies: Copies;
  readonly workloads: Workloads;
  readonly namespace: string;
  /** The Service that leads to the Deployment's pods. */
  readonly hosts: readonly string[];
  /** Gives the pod template another image, without a pod of it. */
  update(image: string): Promise<void>;
}

/** The promises of the port. `begin` gives each test a bench of its own. */
export function copiesContract(name: string, begin: () => Promise<CopiesBench>): void {
  describe(`copies (${name})`, () => {
    let bench: CopiesBench;
    beforeEach(async () => {
      bench = await begin();
      await bench.update('checkout:2');
    });

    async function target(): Promise<Workload> {
      const found = await bench.workloads.get(bench.namespace, 'checkout');
      if (found === undefined) throw new Error('There is no Deployment checkout.');
      return found;
    }

    function wanted({ revision }: Workload, replicas = 1): CopyWanted {
      return { name: `checkout-${revision}`, revision, rollout: `checkout-${revision}-1`, replicas };
    }

    async function made(replicas = 1): Promise<string> {
      const from = await target();
      await bench.copies.create(from, wanted(from, replicas));
      return wanted(from).name;
    }

    function when(copy: string, what: string, holds: (seen: Workload) => boolean): Promise<Workload> {
      return eventually(what, async () => {
        const seen = await bench.workloads.get(bench.namespace, copy);
        return seen !== undefined && holds(seen) && seen;
      });
    }

    it('run the template of the Deployment under its revision, in the size asked for', async () => {
      const from = await target();

      const outcome = await bench.copies.create(from, wanted(from, 2));
      const copy = await when(
        wanted(from).name,
        'both pods',
        ({ complete, readyReplicas }) => complete && readyReplicas === 2,
      );

      expect(outcome).toBe('created');
      expect(copy).toMatchObject({ replicas: 2, images: ['checkout:2'], revision: from.revision, paused: false });
      expect(copy.podLabels).toEqual({ ...from.podLabels, 'serin.dev/revision': from.revision });
    });

    it('leave the Deployment as it is', async () => {
      const before = await target();

      const copy = await made();
      await when(copy, 'its pod', ({ complete }) => complete);

      expect(await target()).toMatchObject({ readyReplicas: 2, paused: before.paused, revision: before.revision });
    });

    it('are made once, and left as they are from then on', async () => {
      const copy = await made(1);
      const from = await target();

      const outcome = await bench.copies.create(from, wanted(from, 5));

      expect(outcome).toBe('exists');
      expect(await bench.workloads.get(bench.namespace, copy)).toMatchObject({ replicas: 1 });
    });

    it('are not made of a template that is another by now', async () => {
      const from = await target();
      await bench.update('checkout:3');

      const outcome = await bench.copies.create(from, wanted(from));

      expect(outcome).toBe('changed');
      expect(await bench.workloads.get(bench.namespace, wanted(from).name)).toBeUndefined();
    });

    it('have the size they are given', async () => {
      const copy = await made(1);

      await bench.copies.scale(bench.namespace, copy, 3);
      await bench.copies.scale(bench.namespace, copy, 3);

      const seen = await when(copy, 'three pods', ({ complete, readyReplicas }) => complete && readyReplicas === 3);
      expect(seen.replicas).toBe(3);
    });

    it('are listed by the Service as long as they have pods', async () => {
      const copy = await made(1);
      const listed = (): Promise<boolean> => bench.copies.isListed(bench.namespace, copy, bench.hosts);
      await eventually('the pod to be listed', listed);

      await bench.copies.scale(bench.namespace, copy, 0);

      await eventually('the pod to be listed no more', async () => !(await listed()));
    });

    it('go when they are removed, and nobody minds that they are gone', async () => {
      const copy = await made(1);

      await bench.copies.remove(bench.namespace, copy);
      await eventually('it to go', async () => (await bench.workloads.get(bench.namespace, copy)) === undefined);

      await bench.copies.remove(bench.namespace, copy);
      await bench.copies.scale(bench.namespace, copy, 2);
      expect(await bench.workloads.get(bench.namespace, copy)).toBeUndefined();
      expect(await bench.copies.isListed(bench.namespace, copy, [])).toBe(false);
    });
  });
}
