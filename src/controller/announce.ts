// Says each change once: an Event on the rollout, and on the user's Deployment where it matters to its owner.
import type { Phase, Rollout, RolloutStatus } from '../domain/rollout.ts';
import type { Announcement } from './ports.ts';
import type { World } from './world.ts';

const eventReasons: Readonly<Record<Phase, string>> = {
  pending: 'CanaryPending',
  preparing: 'CanaryStarted',
  shifting: 'WeightChanged',
  baking: 'Baking',
  awaitingApproval: 'AwaitingApproval',
  promoting: 'Promoting',
  finalizing: 'Finalizing',
  held: 'Held',
  rollingBack: 'RollingBack',
  promoted: 'Promoted',
  rolledBack: 'RolledBack',
};

/** Announces the phase a rollout has entered. */
export async function announceMove(world: World, before: Rollout, status: RolloutStatus): Promise<void> {
  const bad = status.phase === 'rollingBack' || status.phase === 'rolledBack' || status.phase === 'held';
  const said = {
    type: bad ? ('Warning' as const) : ('Normal' as const),
    reason: eventReasons[status.phase],
    message: status.message,
  };
  await sayOf(world, before, said);
  if (status.phase !== 'baking' && status.phase !== 'finalizing') await sayOfTarget(world, before, said);
  await world.targets.mark(before.id.namespace, before.spec.target.name, {
    phase: status.phase,
    rollout: before.id.name,
  });
  world.log.info('The rollout entered a phase', {
    namespace: before.id.namespace,
    rollout: before.id.name,
    phase: status.phase,
    step: status.step,
    weight: status.weight.intended,
    reason: status.reason,
    message: status.message,
  });
}

/** Announces that a rollout has stopped moving, or moves again; nothing when neither changed. */
export async function announceStall(world: World, before: Rollout, status: RolloutStatus): Promise<void> {
  const was = before.status.stalled?.reason;
  const is = status.stalled?.reason;
  if (was === is) return;
  const said =
    status.stalled === undefined
      ? { type: 'Normal' as const, reason: 'MovingAgain', message: status.message }
      : { type: 'Warning' as const, reason: status.stalled.reason, message: status.stalled.message };
  await sayOf(world, before, said);
  await sayOfTarget(world, before, said);
}

/** Announces that a freeze has begun to hold a rollout; one that only a person can end is announced as a stall. */
export async function announceFreeze(world: World, before: Rollout, status: RolloutStatus): Promise<void> {
  if (status.reason !== 'Frozen' || before.status.reason === 'Frozen' || status.stalled !== undefined) return;
  const said = { type: 'Normal' as const, reason: 'Frozen', message: status.message };
  await sayOf(world, before, said);
  await sayOfTarget(world, before, said);
}

/** One Event about the rollout itself. */
export async function sayOf(world: World, rollout: Rollout, said: Omit<Announcement, 'about'>): Promise<void> {
  const about = { kind: 'CanaryRollout' as const, ...rollout.id, uid: rollout.uid };
  await world.events.announce({ about, ...said });
}

/** One Event about the Deployment under rollout. */
export async function sayOfTarget(world: World, rollout: Rollout, said: Omit<Announcement, 'about'>): Promise<void> {
  const { target } = rollout.spec;
  const about = { kind: 'Deployment' as const, namespace: rollout.id.namespace, name: target.name, uid: target.uid };
  await world.events.announce({ about, ...said });
}
