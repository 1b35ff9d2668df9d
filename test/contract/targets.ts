// What everybody who marks Deployments promises; held by the one in memory and the one on a real control plane.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Targets } from '../../src/controller/ports.ts';

/** A Deployment `reviews-v2` with the annotation `team: books`, and what it shows. */
export interface TargetsBench {
  readonly targets: Targets;
  readonly namespace: string;
  annotations(): Promise<Readonly<Record<string, string>>>;
  /** What the condition says; undefined when it is not there. */
  condition(): Promise<{ readonly status: string; readonly reason: string; readonly message: string } | undefined>;
  /** Something that changes with every write of the Deployment. */
  version(): Promise<string>;
}

/** The promises of the port. `begin` gives each test a bench of its own. */
export function targetsContract(name: string, begin: () => Promise<TargetsBench>): void {
  describe(`marks on Deployments (${name})`, () => {
    let bench: TargetsBench;
    beforeEach(async () => {
      bench = await begin();
    });

    const marks = { phase: 'baking', rollout: 'reviews-v2-two-1' };
    const refusal = { reason: 'InvalidAnnotation', message: 'serin.dev/bake is "ten", which is no duration.' };
    const mark = (parts: Parameters<Targets['mark']>[2]): Promise<void> =>
      bench.targets.mark(bench.namespace, 'reviews-v2', parts);
    const accept = (why: Parameters<Targets['accept']>[2]): ReturnType<Targets['accept']> =>
      bench.targets.accept(bench.namespace, 'reviews-v2', why);

    it('stand beside the annotations of others', async () => {
      await mark(marks);

      expect(await bench.annotations()).toMatchObject({
        team: 'books',
        'serin.dev/phase': 'baking',
        'serin.dev/rollout': 'reviews-v2-two-1',
      });
      expect(await bench.annotations()).not.toHaveProperty('serin.dev/last');
    });

    it('keep the last end while a next rollout goes on', async () => {
      await mark({ ...marks, phase: 'promoted', last: 'promoted two reviews-v1 one 1' });

      await mark({ phase: 'pending', rollout: 'reviews-v2-three-1' });

      expect(await bench.annotations()).toMatchObject({
        'serin.dev/phase': 'pending',
        'serin.dev/rollout': 'reviews-v2-three-1',
        'serin.dev/last': 'promoted two reviews-v1 one 1',
      });
    });

    it('are taken away one by one', async () => {
      await mark({ ...marks, stable: 'two', last: 'promoted two reviews-v1 one 1' });

      await mark({ stable: null, last: null });

      expect(await bench.annotations()).toMatchObject({ team: 'books', 'serin.dev/phase': 'baking' });
      expect(await bench.annotations()).not.toHaveProperty('serin.dev/stable');
      expect(await bench.annotations()).not.toHaveProperty('serin.dev/last');
    });

    it('that are taken away again change nothing', async () => {
      await mark(marks);
      const before = await bench.version();

      await mark({ stable: null });

      expect(await bench.version()).toBe(before);
    });

    it('are written on change only', async () => {
      await mark(marks);
      const before = await bench.version();

      await mark(marks);

      expect(await bench.version()).toBe(before);
    });

    it('are not missed on a Deployment that is gone', async () => {
      await bench.targets.mark(bench.namespace, 'nobody', marks);

      expect(await bench.targets.accept(bench.namespace, 'nobody', refusal)).toBe('same');
    });

    it('refuse annotations with a reason and a sentence, and say so once', async () => {
      const outcomes = [await accept(refusal), await accept(refusal), await accept({ ...refusal, message: 'Other.' })];

      expect(outcomes).toEqual(['changed', 'same', 'changed']);
      expect(await bench.condition()).toEqual({ status: 'False', reason: 'InvalidAnnotation', message: 'Other.' });
    });

    it('accept what was refused once it is put right', async () => {
      await accept(refusal);

      const outcomes = [await accept(undefined), await accept(undefined), await accept(refusal)];

      expect(outcomes).toEqual(['changed', 'same', 'changed']);
      expect(await bench.condition()).toMatchObject({ status: 'False' });
    });

    it('say nothing of annotations that were never refused', async () => {
      const outcome = await accept(undefined);

      expect(outcome).toBe('same');
      expect(await bench.condition()).toBeUndefined();
    });
  });
}
