// The way out, in saved sub-steps: stable at 100 -> settle -> weights as before -> ownership released. A promotion keeps
// its end weights and only takes the claim away.
import { isFinal } from '../../domain/rollout.ts';
import { moveBy, type Sight, save, type Turn } from '../turn.ts';
import type { World } from '../world.ts';
import { stands, writeWeight } from './shift.ts';

/** The first act of a rollback: one patch that puts stable at 100. Left out when the route was never taken. */
export async function backToStable(world: World, sight: Sight): Promise<Turn> {
  const { status } = sight.rollout;
  const { view } = sight;
  if (status.route === undefined || view === undefined || !isOurs(sight)) return finish(world, sight);
  if (!stands(sight, view, 0)) {
    const turn = await writeWeight(world, sight, status.route, view, 0);
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
  const { status } = sight.rollout;
  const { view } = sight;
  if (status.route === undefined || view === undefined) return finish(world, sight);
  if (view.claim !== undefined && isOurs(sight)) {
    const written = await world.mesh.change(status.route, view, { kind: 'restore' });
    if (written.kind === 'conflict') return { kind: 'restart' };
  }
  return save(world, sight, { ...status, cleanUp: 'release' });
}

/** Takes the claim away and keeps the promoted weights. */
export async function unclaim(world: World, sight: Sight): Promise<Turn> {
  const { status } = sight.rollout;
  const { view } = sight;
  if (status.route !== undefined && view?.claim !== undefined && isOurs(sight)) {
    const written = await world.mesh.change(status.route, view, { kind: 'unclaim' });
    if (written.kind === 'conflict') return { kind: 'restart' };
  }
  return save(world, sight, { ...status, cleanUp: 'release' });
}

/** Gives up ownership of every field, and ends. */
export async function disown(world: World, sight: Sight): Promise<Turn> {
  const { route } = sight.rollout.status;
  if (route !== undefined && sight.view !== undefined) {
    const written = await world.mesh.disown(route);
    if (written.kind === 'conflict') return { kind: 'restart' };
  }
  return finish(world, sight);
}

/** Whether the route is not in another rollout's hands. A claim that somebody removed is still ours to clean up after. */
function isOurs(sight: Sight): boolean {
  const { id, status } = sight.rollout;
  const holder = sight.view?.claim?.rollout;
  if (holder === undefined) return status.warrant !== undefined;
  return holder === `${id.namespace}/${id.name}`;
}

function finish(world: World, sight: Sight): Promise<Turn> {
  const { status, spec } = sight.rollout;
  if (isFinal(status.phase)) return Promise.resolve({ kind: 'until' });
  const because =
    status.phase === 'finalizing'
      ? {
          reason: 'Promoted',
          message:
            `${spec.canary.workload} is promoted: it serves all traffic and is the new stable. ${status.warrant?.message ?? ''}`.trim(),
        }
      : { reason: status.reason, message: status.message };
  return moveBy(world, sight, { type: 'CLEAN' }, because);
}
