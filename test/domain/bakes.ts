// Bakes, and what is decided of them.
import { type Decision, decideBake } from '../../src/domain/decide.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { RolloutSpec, RolloutStatus } from '../../src/domain/rollout.ts';
import type { GateVerdict } from '../../src/domain/verdict.ts';
import { aPlan, aSpec, aStatus, aVerdict, dawn } from '../support/builders.ts';

/** A bake of the second step: what differs from the plan and the status of the builders, and what the gates say. */
export interface Bake {
  readonly plan?: Partial<Plan>;
  readonly spec?: Partial<RolloutSpec>;
  readonly status?: Partial<RolloutStatus>;
  readonly verdicts?: readonly GateVerdict[];
  /** For how long the step has baked. */
  readonly bakedMs?: number;
}

/** In milliseconds. */
export const minute = 60_000;
/** The word of a gate that quotes a pod. */
export const unhealthy = aVerdict('fail', {
  gate: 'health',
  reason: 'PodsFailing',
  message: 'Pod reviews-v2-x: panic.',
});

/** A comparison with a margin of a point that excludes no harm up to `high`. */
export function numbersUpTo(high: number): NonNullable<GateVerdict['numbers']> {
  return {
    canary: { requests: 100, failures: 1 },
    interval: { low: -0.01, high, level: 0.95 },
    margin: 0.01,
  };
}

/** Undecided, but with harm beyond five times the margin excluded. */
export const withinFive = aVerdict('undecided', { numbers: numbersUpTo(0.05) });

/** What becomes of the bake. */
export function decide(bake: Bake): Decision {
  const spec = aSpec({ plan: aPlan(bake.plan), ...bake.spec });
  const status = aStatus({ phase: 'baking', step: 1, bakeSince: dawn, ...bake.status });
  return decideBake(
    { id: { namespace: 'shop', name: 'reviews-v2-two-1' }, spec, status },
    bake.verdicts ?? [],
    dawn + (bake.bakedMs ?? 0),
  );
}
