// The rollout that a replay imagines, for the decision that looks at one.
import type { Subject } from './evidence.ts';
import { type Plan, weightOf } from './plan.ts';
import type { Rollout, RolloutSpec, RolloutStatus } from './rollout.ts';
import type { Instant } from './time.ts';

/** A rollout that has baked this step since `bakeSince`, as far as a decision looks at it. */
export function imagined(
  { namespace, stable, canary }: Subject,
  plan: Plan,
  { step, bakeSince }: { readonly step: number; readonly bakeSince: Instant },
): Pick<Rollout, 'id' | 'spec' | 'status'> {
  const spec: RolloutSpec = {
    mode: 'pair',
    target: { name: canary, uid: '' },
    stable: { workload: stable, hash: '', images: [] },
    canary: { workload: canary, hash: '', images: [] },
    attempt: 1,
    plan,
    route: {},
    requests: [],
    paused: false,
    abort: false,
  };
  const weight = weightOf(plan, step);
  const status: RolloutStatus = {
    phase: 'baking',
    step,
    epoch: 0,
    weight: { intended: weight, observed: weight },
    since: bakeSince,
    bakeSince,
    verdicts: [],
    checkpointAt: bakeSince,
    corrections: 0,
    history: [],
    answers: [],
    reason: 'Baking',
    message: '',
  };
  return { id: { namespace, name: canary }, spec, status };
}
