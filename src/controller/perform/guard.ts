// Lanes that somebody else wrote: an apply of the old manifest puts plain destinations back, which lead to every pod. They are split
// again at once and as often as it takes, because the pods of a canary must never be served beside the weights.
import { type Lanes, longestLanes } from '../../domain/lanes.ts';
import { labelsOf } from '../../domain/managed.ts';
import type { Rollout } from '../../domain/rollout.ts';
import { sayOf, sayOfTarget } from '../announce.ts';
import type { Rechecked, RouteView, SubsetWanted } from '../mesh-port.ts';
import { type Sight, save, type Turn } from '../turn.ts';
import type { World } from '../world.ts';
import { carries, hasTesters, isClaimed, routeGone, stands, writeWeight } from './weights.ts';

/** Puts lanes right that are not as they were written last; undefined when they are. Of a pair it says nothing. */
export async function guardLanes(world: World, sight: Sight): Promise<Turn | undefined> {
  const { rollout, view } = sight;
  const { lanes } = rollout.status;
  if (rollout.spec.mode === 'pair') return undefined;
  if (lanes === undefined || view === undefined) return routeGone(world, sight);
  const changed = await guardSurroundings(world, sight, lanes);
  if (changed !== undefined) return changed;
  const weight = standingWeight(sight);
  const isRight = isClaimed(sight, view) && carries(view, weight) && hasTesters(sight, view, weight);
  // Who wrote the intended weight may have died before it could save that.
  if (isRight || stands(sight, view, rollout.status.weight.intended)) {
    if (view.owned) await world.mesh.disown(lanes);
    return undefined;
  }
  const turn = await writeWeight(world, sight, lanes, view, weight);
  if (turn !== undefined) return turn;
  if (isAsWrittenLast(sight, view, weight)) return save(world, sight, written(rollout, weight));
  await sayOnce(world, sight, view);
  return save(world, sight, { ...rollout.status, corrections: rollout.status.corrections + 1 });
}

/** Whether the lanes stand as this rollout wrote them before its intent changed, so that moving them is its own doing. */
function isAsWrittenLast(sight: Sight, view: RouteView, weight: number): boolean {
  const { observed } = sight.rollout.status.weight;
  return isClaimed(sight, view) && observed !== null && observed !== weight && carries(view, observed);
}

function written({ status }: Rollout, observed: number): Rollout['status'] {
  return { ...status, weight: { ...status.weight, observed } };
}

/** Subsets that somebody deleted are defined again, and ways to the pods that came later are split like the others. */
async function guardSurroundings(world: World, sight: Sight, lanes: Lanes): Promise<Turn | undefined> {
  const { rollout } = sight;
  const found = await world.mesh.recheck(lanes);
  if (found.undefinedStems.length > 0) {
    for (const stem of found.undefinedStems) await world.mesh.define(lanes, subsetOf(rollout, stem));
    await warn(world, sight, { reason: 'SubsetsRestored', message: deleted(found) });
  }
  const wider = { ...lanes, objects: [...lanes.objects, ...found.objects] };
  const next = { ...wider, originals: [...lanes.originals, ...found.originals] };
  // What has no room in the rollout's object is left as it is: better than a rollout that cannot be saved any more.
  if (found.objects.length === 0 || JSON.stringify(next).length > longestLanes) return undefined;
  await warn(world, sight, { reason: 'RouteAdded', message: added(found, lanes.target) });
  return save(world, sight, { ...rollout.status, lanes: next });
}

/** The pods behind a stem, to be defined for a rollout. */
export function subsetOf({ id }: Rollout, stem: string): SubsetWanted {
  return { stem, labels: labelsOf(stem), rollout: `${id.namespace}/${id.name}` };
}

function deleted({ undefinedStems }: Rechecked): string {
  const subsets = undefinedStems.map((stem) => `subset ${stem}`).join(' and ');
  return `Somebody deleted the DestinationRule of ${subsets}, which routes name; it is there again. Until then their requests failed.`;
}

function added({ objects }: Rechecked, target: string): string {
  const names = objects.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
  return (
    `VirtualService ${names} leads to ${target} and came after the rollout had begun; it is split like the others now. Until then its ` +
    'requests went to the canary beside its weight.'
  );
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
  await warn(world, sight, { reason: 'RoutesReset', message });
}

async function warn(world: World, { rollout }: Sight, words: { readonly reason: string; readonly message: string }) {
  const said = { type: 'Warning' as const, ...words };
  await sayOf(world, rollout, said);
  await sayOfTarget(world, rollout, said);
}
