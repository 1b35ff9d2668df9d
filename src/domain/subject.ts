// Which traffic a rollout is judged by.
import type { Subject } from './evidence.ts';
import type { Rollout, Route } from './rollout.ts';

/** The rows that concern a rollout on its route. */
export function subjectOf(rollout: Rollout, route: Route): Subject {
  return {
    namespace: rollout.id.namespace,
    stable: rollout.spec.stable.workload,
    canary: rollout.spec.canary.workload,
    services: route.services,
    latency: rollout.spec.plan.maxLatency.length > 0,
  };
}
