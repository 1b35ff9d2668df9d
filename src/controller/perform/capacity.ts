// Capacity before weight: the copy has pods for a weight before the weight moves, and follows stable's size while it bakes.
import { nextLine } from '../../domain/evidence.ts';
import { replicasFor } from '../../domain/managed.ts';
import type { PodTrouble, Workload } from '../ports.ts';
import { moveBy, type Sight, stay, type Turn } from '../turn.ts';
import type { World } from '../world.ts';

/** Pods in trouble are looked at this often at least, so that a crash loop ends a rollout in seconds. */
export const podsMs = 2_000;
/** How soon a copy that was refused is tried again. */
const refusedMs = 10_000;

/** Brings the copy to the size that the weight takes; undefined when it is there and ready, else how the turn ends. */
export async function grow(world: World, sight: Sight, weight: number): Promise<Turn | undefined> {
  const { target, canary } = sight;
  if (target === undefined) return { kind: 'restart' };
  const wanted = replicasFor(weight, target.replicas);
  if (canary === undefined) return makeCopy(world, sight, target, wanted);
  if (canary.deleting) return waitForPods(world, sight, canary);
  if (canary.replicas < wanted) {
    await world.copies.scale(canary.namespace, canary.name, wanted);
    return waitForPods(world, sight, { ...canary, replicas: wanted });
  }
  const [trouble] = await world.workloads.troubles(canary);
  if (trouble !== undefined) return podsFailing(world, sight, canary, trouble);
  if (canary.complete && canary.readyReplicas >= wanted) return undefined;
  return overdue(world, sight, canary) ?? waitForPods(world, sight, canary);
}

async function makeCopy(world: World, sight: Sight, target: Workload, replicas: number): Promise<Turn> {
  const { id, spec } = sight.rollout;
  const { workload: name, hash: revision } = spec.canary;
  const none: Workload = { ...target, name, replicas, readyReplicas: 0 };
  try {
    const made = await world.copies.create(target, { name, revision, rollout: id.name, replicas });
    return made === 'changed' ? { kind: 'restart' } : waitForPods(world, sight, none);
  } catch (error) {
    return overdue(world, sight, none) ?? copyRefused(world, sight, name, error);
  }
}

/** A quota, an admission policy or a name that is taken: the cluster's own sentence, as long as there is time to mend it. */
function copyRefused(world: World, sight: Sight, name: string, error: unknown): Promise<Turn> {
  const why = error instanceof Error ? error.message : String(error);
  const message = `The canary's Deployment ${name} cannot be made. ${why}`;
  return stay(world, sight, { reason: 'CopyRefused', message, stalled: true }, nextLine(sight.now, refusedMs));
}

/** Follows stable's size while a weight stands; never waits. */
export async function follow(world: World, sight: Sight, weight: number): Promise<void> {
  const { target, canary, stable } = sight;
  if (target === undefined || target.replicas === 0) return;
  const wanted = replicasFor(weight, target.replicas);
  if (canary !== undefined && !canary.deleting && canary.replicas !== wanted)
    await world.copies.scale(canary.namespace, canary.name, wanted);
  const isCopy = stable !== undefined && stable.name !== target.name;
  if (isCopy && stable.replicas !== target.replicas)
    await world.copies.scale(stable.namespace, stable.name, target.replicas);
}

/** Pods that cannot start send the rollout back. */
export function podsFailing(world: World, sight: Sight, canary: Workload, trouble: PodTrouble): Promise<Turn> {
  const message = `Pod ${trouble.pod} of ${canary.name} is in trouble: ${trouble.message}`;
  return moveBy(world, sight, { type: 'ROLL_BACK', cause: 'health' }, { reason: 'PodsFailing', message });
}

/** Pods that are not ready within the Deployment's own deadline send the rollout back; undefined while there is time. */
export function overdue(world: World, sight: Sight, canary: Workload): Promise<Turn> | undefined {
  const deadlineMs = canary.progressDeadlineSeconds * 1_000;
  if (sight.now - sight.rollout.status.since <= deadlineMs) return undefined;
  const message = `${waiting(canary)} after its progressDeadlineSeconds (${canary.progressDeadlineSeconds}).`;
  const because = { reason: 'ProgressDeadlineExceeded', message };
  return moveBy(world, sight, { type: 'ROLL_BACK', cause: 'deadline' }, because);
}

/** Stays until the pods are looked at again. */
export function waitForPods(world: World, sight: Sight, canary: Workload): Promise<Turn> {
  const because = { reason: 'WaitingForPods', message: `${waiting(canary)}.`, stalled: false };
  return stay(world, sight, because, nextLine(sight.now, podsMs));
}

function waiting(canary: Workload): string {
  if (canary.replicas === 0) return `${canary.name} is scaled to 0: scale it up to go on`;
  return `${canary.readyReplicas} of ${canary.replicas} pods of ${canary.name} are ready`;
}
