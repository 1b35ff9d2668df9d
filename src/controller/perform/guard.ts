// Lanes that somebody else wrote: an apply of the old manifest puts plain destinations back, which lead to every pod. They are split
// again at once and as often as it takes, because the pods of a canary must never be served beside the weights.
import { sayOf, sayOfTarget } from '../announce.ts';
import type { RouteView } from '../ports.ts';
import { type Sight, save, type Turn } from '../turn.ts';
import type { World } from '../world.ts';
import { carries, hasTesters, isClaimed, routeGone, writeWeight } from './weights.ts';

/** Puts lanes right that are not as they were written last; undefined when they are. Of a pair it says nothing. */
export async function guardLanes(world: World, sight: Sight): Promise<Turn | undefined> {
  const { rollout, view } = sight;
  const { lanes } = rollout.status;
  if (rollout.spec.mode === 'pair') return undefined;
  if (lanes === undefined || view === undefined) return routeGone(world, sight);
  const weight = standingWeight(sight);
  if (isClaimed(sight, view) && carries(view, weight) && hasTesters(sight, view, weight)) {
    if (view.owned) await world.mesh.disown(lanes);
    return undefined;
  }
  const turn = await writeWeight(world, sight, lanes, view, weight);
  if (turn !== undefined) return turn;
  await sayOnce(world, sight, view);
  return save(world, sight, { ...rollout.status, corrections: rollout.status.corrections + 1 });
}

/** What stands until the intended weight has the pods it takes. */
function standingWeight({ rollout: { status } }: Sight): number {
  const isWaiting = status.phase === 'shifting' && status.writtenAt === undefined;
  return isWaiting ? (status.weight.observed ?? 0) : status.weight.intended;
}

/** The first time in a step; a tool that applies every few seconds would fill the list of Events. */
async function sayOnce(world: World, sight: Sight, view: RouteView): Promise<void> {
  const { rollout } = sight;
  if (rollout.status.corrections > 0) return;
  const by = view.lastWriter === undefined ? 'Somebody' : `Field manager "${view.lastWriter}"`;
  const message =
    `${by} put routes back while the rollout moves them; they are split again, now and each further time this step. Until then requests ` +
    'went to the canary beside its weight. A GitOps tool can be told to leave them: docs/gitops.md.';
  const said = { type: 'Warning' as const, reason: 'RoutesReset', message };
  await sayOf(world, rollout, said);
  await sayOfTarget(world, rollout, said);
}
