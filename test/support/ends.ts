// Where a scene has ended up, without anything that depends on when.
import type { MemoryWorld } from './world.ts';

/** All that must be the same, however a rollout got there. */
export interface End {
  readonly route: unknown;
  readonly owners: readonly string[];
  readonly marks: Readonly<Record<string, string>>;
  readonly rollouts: readonly unknown[];
}

/** The end as it stands now. */
export async function endOf(scene: MemoryWorld): Promise<End> {
  const rollouts = (await scene.rollouts()).toSorted((a, b) => (a.id.name < b.id.name ? -1 : 1));
  return {
    route: scene.route(),
    owners: scene.owners(),
    marks: Object.fromEntries(
      Object.entries((await scene.workload('reviews-v2'))?.annotations ?? {}).filter(([key]) =>
        /phase|rollout|last/.test(key),
      ),
    ),
    rollouts: rollouts.map(({ id, spec, status }) => ({
      name: id.name,
      plan: spec.plan.steps.join(','),
      phase: status.phase,
      step: status.step,
      weight: status.weight.intended,
      cause: status.cause,
      warrants: status.history.flatMap(({ step, warrant }) => (warrant === undefined ? [] : `${step} ${warrant}`)),
      answers: status.answers.map(({ id: request, outcome }) => `${request} ${outcome}`),
    })),
  };
}
