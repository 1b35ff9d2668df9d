// The way out, in saved sub-steps: stable at 100 -> settle -> (the canary's pods away -> settle) -> routes as before -> (settle -> what
// was made away) -> ownership released. A pair's promotion keeps its end weights and only takes the claim away.

import { nextLine } from '../../domain/evidence.ts';
import { canaryStem, isStableCopy, toPromote } from '../../domain/managed.ts';
import { isFinal, type RolloutStatus, trackOf } from '../../domain/rollout.ts';
import { moveBy, type Sight, save, stay, type Turn } from '../turn.ts';
import type { World } from '../world.ts';
import { awaitStrays } from './strays.ts';
import { stands, writeWeight } from './weights.ts';

/** How soon a route that cannot be put back is looked at again when nothing rings. */
const lookAgainMs = 10_000;

/** The first act of a rollback: one patch that puts stable at 100. Left out when the route was never taken. */
export async function backToStable(world: World, sight: Sight): Promise<Turn> {
  const { status, spec } = sight.rollout;
  const { view } = sight;
  const track = trackOf(status);
  const isManaged = spec.mode === 'managed';
  if (track === undefined) return finish(world, sight);
  if (isManaged && (status.stage ?? 'subsets') === 'subsets')
    return save(world, sight, { ...status, cleanUp: 'remove' });
  if (view === undefined || !isOurs(sight))
    return isManaged ? save(world, sight, { ...status, cleanUp: 'drain' }) : finish(world, sight);
  if (!stands(sight, view, 0)) {
    const turn = await writeWeight(world, sight, track, view, 0);
    if (turn !== undefined) return turn;
  }
  return save(world, sight, {
    ...status,
    cleanUp: 'settleStable',
    writtenAt: sight.now,
    weight: { intended: 0, observed: 0 },
  });
}

/** Puts the weights back as they were found and takes the claim away. */
export async function restore(world: World, sight: Sight): Promise<Turn> {
  const { status, spec } = sight.rollout;
  const { view } = sight;
  const track = trackOf(status);
  if (spec.mode === 'managed') return restoreLanes(world, sight);
  if (track === undefined || view === undefined) return finish(world, sight);
  if (view.claim !== undefined && isOurs(sight)) {
    const written = await world.mesh.change(track, view, { kind: 'restore' });
    if (written.kind === 'conflict') return { kind: 'restart' };
  }
  return save(world, sight, { ...status, cleanUp: 'release' });
}

async function restoreLanes(world: World, sight: Sight): Promise<Turn> {
  const { status, spec } = sight.rollout;
  const { view, now } = sight;
  const { stalled: _, ...moving } = status;
  const next: RolloutStatus = { ...moving, cleanUp: 'settleRestored', writtenAt: now };
  if (status.lanes === undefined || view === undefined || !isOurs(sight)) return save(world, sight, next);
  if (status.phase === 'rollingBack' && isStableCopy(spec)) return keepOnCopy(world, sight);
  const problem = (await awaitStrays(world, sight)) ?? (await unrestorable(world, sight));
  if (problem !== undefined) return problem;
  const written = await world.mesh.change(status.lanes, view, { kind: 'restore' });
  if (written.kind === 'conflict') return { kind: 'restart' };
  return save(world, sight, next);
}

/** Destinations that would lead to no pod of the new template are left as they are until somebody mends them. */
async function unrestorable(world: World, sight: Sight): Promise<Turn | undefined> {
  const { rollout, target, now } = sight;
  const { lanes, phase } = rollout.status;
  if (phase !== 'finalizing' || lanes === undefined || target === undefined || target.deleting) return undefined;
  const problem = await world.mesh.unrestorable(lanes, target.podLabels);
  if (problem === undefined) return undefined;
  const message = `${problem.message} Until then the routes stay split; all traffic goes to ${target.name}.`;
  return stay(world, sight, { reason: problem.reason, message, stalled: true }, nextLine(now, lookAgainMs));
}

/** A rejected canary whose stable is a copy: the lanes cannot be joined, because the Deployment itself runs nothing that was judged good. */
async function keepOnCopy(world: World, sight: Sight): Promise<Turn> {
  const { status, spec } = sight.rollout;
  const { view, now } = sight;
  const { lanes } = status;
  if (lanes === undefined || view === undefined) return { kind: 'restart' };
  if (lanes.names.stable !== undefined) {
    const weight = { ...status.weight, intended: 100 };
    const names = { canary: canaryStem(spec.stable.hash) };
    return save(world, sight, { ...status, epoch: status.epoch + 1, weight, lanes: { ...lanes, names } });
  }
  if (!stands(sight, view, 100)) {
    const turn = await writeWeight(world, sight, lanes, view, 100);
    if (turn !== undefined) return turn;
  }
  return save(world, sight, { ...status, cleanUp: 'settleRestored', writtenAt: now });
}

/** Takes the claim away and keeps the promoted weights. */
export async function unclaim(world: World, sight: Sight): Promise<Turn> {
  const { status } = sight.rollout;
  const { view } = sight;
  const track = trackOf(status);
  if (track !== undefined && view?.claim !== undefined && isOurs(sight)) {
    const written = await world.mesh.change(track, view, { kind: 'unclaim' });
    if (written.kind === 'conflict') return { kind: 'restart' };
  }
  return save(world, sight, { ...status, cleanUp: 'release' });
}

/** Gives up ownership of every field and lets a promoted Deployment go, and ends. */
export async function disown(world: World, sight: Sight): Promise<Turn> {
  const { rollout, target } = sight;
  const track = trackOf(rollout.status);
  if (track !== undefined && sight.view !== undefined) {
    const written = await world.mesh.disown(track);
    if (written.kind === 'conflict') return { kind: 'restart' };
  }
  const isPromoted = rollout.spec.mode === 'managed' && rollout.status.phase === 'finalizing';
  if (isPromoted && target?.revision === toPromote(rollout.spec, rollout.status).hash && target.held) {
    const isLifted = !(await world.holds.isAutomatic(target)) || (await world.holds.lift(target)) === 'lifted';
    if (!isLifted) return { kind: 'restart' };
  }
  return finish(world, sight);
}

/** Whether the route is not in another rollout's hands. A claim that somebody removed is still ours to clean up after. */
export function isOurs(sight: Sight): boolean {
  const { id, status } = sight.rollout;
  const holder = sight.view?.claim?.rollout;
  if (holder === undefined) return status.warrant !== undefined;
  return holder === `${id.namespace}/${id.name}`;
}

function finish(world: World, sight: Sight): Promise<Turn> {
  const { status } = sight.rollout;
  if (isFinal(status.phase)) return Promise.resolve({ kind: 'until' });
  const isPromoted = status.phase === 'finalizing' && status.cause === undefined;
  const message = isPromoted ? promotedSentence(sight) : status.message;
  return moveBy(world, sight, { type: 'CLEAN' }, { reason: isPromoted ? 'Promoted' : status.reason, message });
}

function promotedSentence({ rollout: { spec, status } }: Sight): string {
  const who =
    spec.mode === 'pair'
      ? `${spec.canary.workload} is promoted: it serves all traffic and is the new stable.`
      : `${spec.target.name} is promoted: it runs revision ${spec.canary.hash} and serves all traffic.`;
  return `${who} ${status.warrant?.message ?? ''}`.trim();
}
