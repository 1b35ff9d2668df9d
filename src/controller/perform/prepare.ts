// Preparing: no weight moves before the canary's pods are ready.
import { weightOf } from '../../domain/plan.ts';
import type { Instant } from '../../domain/time.ts';
import { moveBy, type Sight, type Turn } from '../turn.ts';
import type { World } from '../world.ts';
import { grow, overdue, podsFailing, waitForPods } from './capacity.ts';
import { guardLanes } from './guard.ts';
import { holdBack } from './permit.ts';

/**
 * Waits for the canary's replicas: those the user runs of a pair, those that the first step takes of a copy. Pods that cannot start and
 * an overrun deadline send the rollout back.
 */
export async function prepare(world: World, sight: Sight, after: Instant): Promise<Turn> {
  const { rollout, now } = sight;
  if (rollout.spec.mode === 'pair') return preparePair(world, sight);
  if (now < after) return { kind: 'until', due: after };
  const turn = (await guardLanes(world, sight)) ?? (await grow(world, sight, weightOf(rollout.spec.plan, 0)));
  return turn ?? ready(world, sight);
}

async function preparePair(world: World, sight: Sight): Promise<Turn> {
  const { canary } = sight;
  if (canary === undefined) return { kind: 'restart' };
  const [trouble] = await world.workloads.troubles(canary);
  if (trouble !== undefined) return podsFailing(world, sight, canary, trouble);
  if (canary.complete && canary.readyReplicas > 0) return ready(world, sight);
  return overdue(world, sight, canary) ?? waitForPods(world, sight, canary);
}

/** The pods may come up in a freeze and under a pause; the first weight waits for the end of it. */
async function ready(world: World, sight: Sight): Promise<Turn> {
  const { canary } = sight;
  const heldBack = await holdBack(world, sight);
  if (heldBack !== undefined) return heldBack;
  const message =
    canary === undefined
      ? 'The canary is ready.'
      : `${canary.readyReplicas} of ${canary.replicas} pods of ${canary.name} are ready.`;
  return moveBy(world, sight, { type: 'READY' }, { reason: 'CanaryReady', message });
}
