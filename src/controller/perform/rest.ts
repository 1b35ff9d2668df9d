// Over: mirror the end on the Deployment, let go of the record, and keep the last few.
import { isFinal, type Rollout } from '../../domain/rollout.ts';
import type { Sight, Turn } from '../turn.ts';
import type { World } from '../world.ts';

/** Finished attempts kept per Deployment. */
const keptAttempts = 10;

/** Tidies up after a finished rollout; doing it again changes nothing. */
export async function rest(world: World, sight: Sight): Promise<Turn> {
  const { id, spec, status } = sight.rollout;
  const left = await leaveRoute(world, sight.rollout);
  if (left !== undefined) return left;
  const last = [status.phase, spec.canary.hash, spec.stable.workload, spec.stable.hash, spec.attempt].join(' ');
  if (await isNewest(world, sight.rollout)) {
    await world.targets.mark(id.namespace, spec.target.name, { phase: status.phase, rollout: id.name, last });
  }
  await world.rollouts.release(id);
  await prune(world, sight.rollout);
  return { kind: 'until' };
}

/** Takes away a claim that a replica which was frozen before the end wrote after it. */
async function leaveRoute(world: World, rollout: Rollout): Promise<Turn | undefined> {
  const { route, phase } = rollout.status;
  const viewed = route === undefined ? undefined : await world.mesh.view(route);
  if (route === undefined || viewed?.kind !== 'view') return undefined;
  if (viewed.view.claim?.rollout !== `${rollout.id.namespace}/${rollout.id.name}`) return undefined;
  const written = await world.mesh.change(route, viewed.view, { kind: phase === 'promoted' ? 'unclaim' : 'restore' });
  if (written.kind === 'conflict') return { kind: 'restart' };
  await world.mesh.disown(route);
  return undefined;
}

async function siblings(world: World, rollout: Rollout): Promise<readonly Rollout[]> {
  const all = await world.rollouts.list(rollout.id.namespace);
  return all.filter((other) => other.spec.target.uid === rollout.spec.target.uid);
}

async function isNewest(world: World, rollout: Rollout): Promise<boolean> {
  const newer = (await siblings(world, rollout)).filter((other) => other.createdAt > rollout.createdAt);
  return newer.length === 0;
}

async function prune(world: World, rollout: Rollout): Promise<void> {
  const finished = (await siblings(world, rollout))
    .filter((other) => isFinal(other.status.phase))
    .sort((a, b) => b.createdAt - a.createdAt);
  for (const old of finished.slice(keptAttempts)) await world.rollouts.remove(old.id);
}
