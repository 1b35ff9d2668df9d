// Over: mirror the end on the Deployment, let go of the record, and keep the last few.
import { isFinal, type Rollout, trackOf } from '../../domain/rollout.ts';
import { isRejection } from '../adopt.ts';
import type { Sight, Turn } from '../turn.ts';
import type { World } from '../world.ts';

/** Finished attempts kept per Deployment. */
const keptAttempts = 10;
/** How often a claim is tried to be taken away before the tick begins anew. */
const leaveTries = 3;

/** Tidies up after a finished rollout; doing it again changes nothing. */
export async function rest(world: World, sight: Sight): Promise<Turn> {
  const { id, spec, status } = sight.rollout;
  if (!(await leaveRoute(world, sight.rollout))) return { kind: 'restart' };
  const outcome = spec.mode === 'managed' && !isRejection(sight.rollout) ? 'ended' : status.phase;
  const end = status.phase === 'promoted' ? status.phase : outcome;
  const last = [end, spec.canary.hash, spec.stable.workload, spec.stable.hash, spec.attempt].join(' ');
  if (await isNewest(world, sight.rollout)) {
    await world.targets.mark(id.namespace, spec.target.name, { phase: status.phase, rollout: id.name, last });
    if (spec.mode === 'managed') await sayRejected(world, sight.rollout);
  }
  await world.rollouts.release(sight.rollout);
  await prune(world, sight.rollout);
  return { kind: 'until' };
}

/** A rejected template makes `kubectl rollout status` of the user's Deployment end with an error, as long as it is the one asked for. */
async function sayRejected(world: World, rollout: Rollout): Promise<void> {
  const { id, spec, status } = rollout;
  if (!isRejection(rollout)) return;
  const target = await world.workloads.get(id.namespace, spec.target.name);
  if (target?.revision === spec.canary.hash && target.held)
    await world.holds.reject(id.namespace, spec.target.name, status.message);
}

/**
 * Takes away a claim that a replica which was frozen before the end, or before the rollout was taken back, wrote after it. Says
 * whether the route is free of it; false when others kept writing the route meanwhile.
 */
export async function leaveRoute(world: World, rollout: Rollout): Promise<boolean> {
  const { phase } = rollout.status;
  const track = trackOf(rollout.status);
  if (track === undefined) return true;
  for (let tries = 0; tries < leaveTries; tries += 1) {
    const viewed = await world.mesh.view(track);
    if (viewed.kind === 'problem' || viewed.view.claim?.rollout !== `${rollout.id.namespace}/${rollout.id.name}`)
      return true;
    const keeps = phase === 'promoted' && rollout.spec.mode === 'pair';
    const change = keeps ? ({ kind: 'unclaim' } as const) : ({ kind: 'restore' } as const);
    const written = await world.mesh.change(track, viewed.view, change);
    if (written.kind === 'written') await world.mesh.disown(track);
  }
  return false;
}

async function siblings(world: World, rollout: Rollout): Promise<readonly Rollout[]> {
  const all = await world.rollouts.list(rollout.id.namespace);
  return all.filter((other) => other.spec.target.uid === rollout.spec.target.uid);
}

/** Creation times are whole seconds, so attempts of one second are told apart by their number. */
async function isNewest(world: World, rollout: Rollout): Promise<boolean> {
  const { createdAt, spec } = rollout;
  const newer = (await siblings(world, rollout)).filter(
    (other) => other.createdAt > createdAt || (other.createdAt === createdAt && other.spec.attempt > spec.attempt),
  );
  return newer.length === 0;
}

async function prune(world: World, rollout: Rollout): Promise<void> {
  const finished = (await siblings(world, rollout))
    .filter((other) => isFinal(other.status.phase))
    .sort((a, b) => b.createdAt - a.createdAt);
  for (const old of finished.slice(keptAttempts)) await world.rollouts.remove(old);
}
