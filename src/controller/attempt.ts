// One attempt to release one revision: how it is created once, and what is remembered of the ones before.
import { rolloutName } from '../domain/named.ts';
import type { Rollout, RolloutId, RolloutSpec, RolloutStatus } from '../domain/rollout.ts';
import { prefix } from '../domain/settings-keys.ts';
import type { Instant } from '../domain/time.ts';
import type { Workload } from './ports.ts';
import type { World } from './world.ts';

/**
 * What came of looking at a Deployment. `wait`: the cluster has not computed a revision yet; look again. `rest`: it is adopted and
 * runs what it is told.
 */
export type Begun =
  | { readonly kind: 'nothing' | 'refused' | 'wait' | 'rest' }
  | { readonly kind: 'live' | 'begun'; readonly id: RolloutId };

/** Every rollout of a Deployment that is still recorded. */
export async function attemptsOf(world: World, target: Workload): Promise<readonly Rollout[]> {
  const all = await world.rollouts.list(target.namespace);
  return all.filter((rollout) => rollout.spec.target.uid === target.uid);
}

/** A rollout's end as mirrored on the Deployment. */
export interface LastMark {
  readonly outcome: string;
  readonly canary: string;
  readonly stable: string;
  readonly stableHash: string;
  readonly attempt: number;
}

/** The last end as mirrored on the Deployment, for when its record was pruned. */
export function lastMark(target: Workload): LastMark | undefined {
  const [outcome, canary, stable, stableHash, attempt] = (target.annotations[`${prefix}last`] ?? '').split(' ');
  if (outcome === undefined || canary === undefined || stable === undefined || stableHash === undefined)
    return undefined;
  return { outcome, canary, stable, stableHash, attempt: Number(attempt) || 1 };
}

/** The number of the next attempt of a revision. */
export function nextAttempt(past: readonly Rollout[], target: Workload, revision: string): number {
  const mark = lastMark(target);
  const marked = mark !== undefined && mark.canary === revision ? mark.attempt : 0;
  const tried = past.filter(({ spec }) => spec.canary.hash === revision).map(({ spec }) => spec.attempt);
  return 1 + Math.max(marked, ...tried);
}

/**
 * Creates the rollout unless it exists, which is as good. A rollout that ended after `target` was read, and whose record went with it, has
 * left its mark on the Deployment before: then everything is looked at anew.
 */
export async function create(world: World, target: Workload, spec: RolloutSpec): Promise<Begun> {
  const fresh = await world.workloads.get(target.namespace, target.name);
  if (fresh?.annotations[`${prefix}last`] !== target.annotations[`${prefix}last`]) return { kind: 'wait' };
  const now = world.clock.now();
  const id = { namespace: target.namespace, name: rolloutName(target.name, spec.canary.hash, spec.attempt) };
  const outcome = await world.rollouts.create(id, spec, initialStatus(now));
  if (outcome === 'exists') return accepted(world, target, { kind: 'live', id });
  await world.targets.mark(target.namespace, target.name, { phase: 'pending', rollout: id.name });
  world.log.info('A rollout was begun', { namespace: id.namespace, rollout: id.name, attempt: spec.attempt });
  return accepted(world, target, { kind: 'begun', id });
}

/** The status of a rollout that was just created. */
function initialStatus(now: Instant): RolloutStatus {
  return {
    phase: 'pending',
    step: 0,
    epoch: 0,
    weight: { intended: 0, observed: null },
    since: now,
    verdicts: [],
    checkpointAt: now,
    corrections: 0,
    history: [],
    answers: [],
    reason: 'Pending',
    message: 'Looking whether anything stands in the way.',
    due: now,
  };
}

/** Says on the Deployment that its annotations are understood. */
export async function accepted(world: World, target: Workload, begun: Begun): Promise<Begun> {
  await world.targets.accept(target.namespace, target.name, undefined);
  return begun;
}

/** Says on the Deployment why what it asks for cannot be done; once. */
export async function refuse(world: World, target: Workload, reason: string, message: string): Promise<Begun> {
  const outcome = await world.targets.accept(target.namespace, target.name, { reason, message });
  if (outcome === 'same') return { kind: 'refused' };
  await sayOf(world, target, 'Warning', reason, message);
  return { kind: 'refused' };
}

/** One Event about a Deployment that is under no rollout. */
export async function sayOf(
  world: World,
  target: Workload,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): Promise<void> {
  const about = { kind: 'Deployment' as const, namespace: target.namespace, name: target.name, uid: target.uid };
  await world.events.announce({ about, type, reason, message });
}
