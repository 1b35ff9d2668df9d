// How long a canary is new: a minute, and no more than half of a bake, so that short plans have something left to judge.
import type { Plan } from '../plan.ts';
import { warmUpMs } from '../statistics/levels.ts';
import type { Millis } from '../time.ts';

/** How long the canary's first traffic is judged with a wider tolerance under this plan. */
export function warmUpOf({ bakeMs }: Pick<Plan, 'bakeMs'>): Millis {
  return Math.min(warmUpMs, bakeMs / 2);
}

/** How much of the usual warm-up a slot is worth: more of it where the plan's is shorter. */
export function warming(widthMs: Millis, plan: Pick<Plan, 'bakeMs'>): Millis {
  return Math.round((widthMs * warmUpMs) / warmUpOf(plan));
}
