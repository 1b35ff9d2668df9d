// How long a canary is new: a minute, and no more than half of a bake, so that short plans have something left to judge.
import type { Plan } from '../plan.ts';
import { warmUpMs, warmUpTolerance } from '../statistics/levels.ts';
import type { Millis } from '../time.ts';

/** How long the canary's first traffic is judged with a wider tolerance under this plan. */
export function warmUpOf({ bakeMs }: Pick<Plan, 'bakeMs'>): Millis {
  return Math.min(warmUpMs, bakeMs / 2);
}

/** How much of the usual warm-up a slot is worth: more of it where the plan's is shorter. */
export function warming(widthMs: Millis, plan: Pick<Plan, 'bakeMs'>): Millis {
  return Math.round((widthMs * warmUpMs) / warmUpOf(plan));
}

/** How long a canary will have been warming up when a slot in which it is served is over; no more than the warm-up takes. */
export function warmedBy(warmedMs: Millis, widthMs: Millis, plan: Pick<Plan, 'bakeMs'>): Millis {
  return Math.min(warmUpMs, warmedMs + warming(widthMs, plan));
}

/** What a canary may fail more often than otherwise, as a share, because it is new. */
export function warmUpExcess(warmedMs: Millis): number {
  return warmUpTolerance * Math.max(0, 1 - warmedMs / warmUpMs);
}
