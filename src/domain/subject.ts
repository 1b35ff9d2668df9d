// Which traffic a rollout is judged by.
import type { Subject } from './evidence.ts';
import { toPromote } from './managed.ts';
import type { Rollout, Track } from './rollout.ts';

/**
 * The rows that concern a rollout on its track. While traffic goes back to the promoted Deployment, that is the one on trial, and the
 * copy that serves the rest is what it is compared with.
 */
export function subjectOf({ id, spec, status }: Rollout, track: Track): Subject {
  const isGivingBack = spec.mode === 'managed' && status.phase === 'finalizing';
  return {
    namespace: id.namespace,
    stable: isGivingBack ? toPromote(spec, status).workload : spec.stable.workload,
    canary: isGivingBack ? spec.target.name : spec.canary.workload,
    services: 'kind' in track ? track.hosts : track.services,
    latency: spec.plan.analysis !== 'off',
  };
}
