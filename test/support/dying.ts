// A story acted out by a controller that dies at one of its writes, and by another that carries on.
import type { Rollout } from '../../src/domain/rollout.ts';
import { Crash, crashAt } from './faults.ts';
import { runUntil, type Scene } from './run.ts';
import { aroundWrites } from './writes.ts';

/** Until what the newest rollout is run, and what happens then. */
export type Act<S> = readonly [(rollout: Rollout) => boolean, ((scene: S) => Promise<void>)?];

/** At which write a controller dies, counted from 1, and on which side of it. */
export interface Fault {
  readonly n: number;
  readonly when: 'before' | 'after';
}

/** The write that it died at, and the phase that the rollout was in; `none` where there was no rollout yet. */
export interface Death {
  readonly n: number;
  readonly write: string;
  readonly phase: string;
}

/** Acts a story out to its end; undefined where nobody died, because there are fewer writes than that. */
export async function actOut<S extends Scene>(
  scene: S,
  acts: readonly Act<S>[],
  fault?: Fault,
): Promise<Death | undefined> {
  let through = fault === undefined ? scene.world : aroundWrites(scene.world, crashAt(fault.n, fault.when));
  let died: Death | undefined;
  for (const [wanted, then] of acts) {
    try {
      await runUntil(scene, wanted, { through });
    } catch (error) {
      if (!(error instanceof Crash) || fault === undefined) throw error;
      const phase = (await scene.rollout())?.status.phase ?? 'none';
      died = { n: fault.n, write: `${error.write.port}.${error.write.verb}`, phase };
      through = scene.world;
      await runUntil(scene, wanted, { through });
    }
    await then?.(scene);
  }
  return died;
}
