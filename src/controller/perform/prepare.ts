// Preparing: no weight moves before the canary's pods are ready.
import { nextLine } from '../../domain/evidence.ts';
import type { Workload } from '../ports.ts';
import { moveBy, type Sight, stay, type Turn } from '../turn.ts';
import type { World } from '../world.ts';

/** Pods in trouble are looked at this often at least, so that a crash loop ends a rollout in seconds. */
export const podsMs = 2_000;

/** Waits for the canary's own replicas; pods that cannot start and an overrun deadline send the rollout back. */
export async function prepare(world: World, sight: Sight): Promise<Turn> {
  const { canary, rollout, now } = sight;
  if (canary === undefined) return { kind: 'restart' };
  const [trouble] = await world.workloads.troubles(canary);
  if (trouble !== undefined) {
    const message = `Pod ${trouble.pod} of ${canary.name} is in trouble: ${trouble.message}`;
    return moveBy(world, sight, { type: 'ROLL_BACK', cause: 'health' }, { reason: 'PodsFailing', message });
  }
  if (canary.complete && canary.readyReplicas > 0) {
    const message = `${canary.readyReplicas} of ${canary.replicas} pods of ${canary.name} are ready.`;
    return moveBy(world, sight, { type: 'READY' }, { reason: 'CanaryReady', message });
  }
  const deadlineMs = canary.progressDeadlineSeconds * 1_000;
  if (now - rollout.status.since > deadlineMs) {
    const message = `${waiting(canary)} after its progressDeadlineSeconds (${canary.progressDeadlineSeconds}).`;
    return moveBy(
      world,
      sight,
      { type: 'ROLL_BACK', cause: 'deadline' },
      { reason: 'ProgressDeadlineExceeded', message },
    );
  }
  return stay(
    world,
    sight,
    { reason: 'WaitingForPods', message: `${waiting(canary)}.`, stalled: false },
    nextLine(now, podsMs),
  );
}

function waiting(canary: Workload): string {
  if (canary.replicas === 0) return `${canary.name} is scaled to 0: scale it up to go on`;
  return `${canary.readyReplicas} of ${canary.replicas} pods of ${canary.name} are ready`;
}
