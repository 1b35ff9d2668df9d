// What every hold on Deployments promises; held by the one in memory and the one on a real control plane.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Holds, Workload, Workloads } from '../../src/controller/ports.ts';
import { eventually } from '../support/eventually.ts';

/** A complete Deployment `checkout` that nothing holds and no policy watches. */
export interface HoldsBench {
  readonly holds: Holds;
  readonly workloads: Workloads;
  readonly namespace: string;
  /** What is said of its rejected template; undefined while nothing is. */
  rejection(): Promise<string | undefined>;
}

/** The promises of the port. `begin` gives each test a bench of its own. */
export function holdsContract(name: string, begin: () => Promise<HoldsBench>): void {
  describe(`holds (${name})`, () => {
    let bench: HoldsBench;
    beforeEach(async () => {
      bench = await begin();
    });

    async function seen(): Promise<Workload> {
      const workload = await bench.workloads.get(bench.namespace, 'checkout');
      if (workload === undefined) throw new Error('There is no Deployment checkout.');
      return workload;
    }

    const pause = (): Promise<void> => bench.holds.pause(bench.namespace, 'checkout');
    const reject = (message: string | undefined): Promise<void> =>
      bench.holds.reject(bench.namespace, 'checkout', message);

    it('pause a Deployment and say whose pause it is', async () => {
      expect(await seen()).toMatchObject({ paused: false, held: false });

      await pause();

      expect(await seen()).toMatchObject({ paused: true, held: true });
    });

    it('are lifted whole, by who has seen the Deployment as it is', async () => {
      const before = await seen();
      await pause();

      const late = await bench.holds.lift(before);
      // Others write its status meanwhile, after which it has to be seen anew.
      const isLifted = async (): Promise<boolean> => (await bench.holds.lift(await seen())) === 'lifted';
      await eventually('the pause to be lifted', isLifted);

      expect(late).toBe('conflict');
      expect(await seen()).toMatchObject({ paused: false, held: false, revision: before.revision });
    });

    it('are not missed on a Deployment that is gone', async () => {
      await bench.holds.pause(bench.namespace, 'nobody');
      await bench.holds.reject(bench.namespace, 'nobody', 'It fails.');

      expect(await bench.workloads.get(bench.namespace, 'nobody')).toBeUndefined();
    });

    it('are not automatic where no policy makes them so', async () => {
      expect(await bench.holds.isAutomatic(await seen())).toBe(false);
      await pause();

      expect(await bench.holds.isAutomatic(await seen())).toBe(false);
      expect(await seen()).toMatchObject({ paused: true, held: true });
    });

    it('say that a template was rejected, and take that back', async () => {
      await pause();

      await reject('The canary fails.');
      const first = await bench.rejection();
      await reject('It still fails.');
      const second = await bench.rejection();
      await reject(undefined);

      expect([first, second]).toEqual([
        expect.stringContaining('The canary fails.'),
        expect.stringContaining('It still fails.'),
      ]);
      expect(await bench.rejection()).toBeUndefined();
    });
  });
}
