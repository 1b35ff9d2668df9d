// Lanes before they carry a canary: their subsets are defined, and every destination is split with all of it on the version that
// serves. The same two acts lead traffic back at the end, with the promoted pods in place of the old ones.
import { gridAfter, slotEndingBy } from '../../domain/evidence.ts';
import { beginEvidence } from '../../domain/judge.ts';
import type { Lanes } from '../../domain/lanes.ts';
import { canaryStem, isStableCopy, stableStem } from '../../domain/managed.ts';
import type { Rollout } from '../../domain/rollout.ts';
import type { Instant } from '../../domain/time.ts';
import { type Sight, save, type Turn } from '../turn.ts';
import type { World } from '../world.ts';
import { subsetOf } from './guard.ts';
import { routeGone, stands, writeWeight } from './weights.ts';

/** Defines the subsets that the lanes are going to name; routes may name them once the mesh knows them. */
export async function define(world: World, sight: Sight): Promise<Turn> {
  const { rollout, now } = sight;
  const { lanes } = rollout.status;
  if (lanes === undefined) return routeGone(world, sight);
  for (const stem of stemsOf(rollout)) await world.mesh.define(lanes, subsetOf(rollout, stem));
  return save(world, sight, { ...rollout.status, stage: 'pins', writtenAt: now });
}

function stemsOf({ spec, status }: Rollout): readonly string[] {
  if (status.phase === 'finalizing') return [stableStem(status.promotedHash ?? '')];
  const canary = canaryStem(spec.canary.hash);
  return isStableCopy(spec) ? [canary] : [stableStem(spec.stable.hash), canary];
}

/** Splits every lane, all of it where it goes now: to stable before a canary, to the copy before its return. */
export async function pin(world: World, sight: Sight, after: Instant): Promise<Turn> {
  const { rollout, view, now } = sight;
  const { lanes, weight } = rollout.status;
  if (now < after) return { kind: 'until', due: after };
  if (lanes === undefined || view === undefined) return routeGone(world, sight);
  if (!stands(sight, view, weight.intended)) {
    const turn = await writeWeight(world, sight, lanes, view, weight.intended);
    if (turn !== undefined) return turn;
  } else if (view.owned) {
    await world.mesh.disown(lanes);
  }
  const stage = rollout.status.phase === 'finalizing' ? ('return' as const) : ('pods' as const);
  return save(world, sight, { ...rollout.status, stage, writtenAt: now, ...returning(world, sight) });
}

/** From here on the promoted pods are on trial: what was counted of the canary is put aside. */
function returning(world: World, { rollout, now }: Sight): object {
  if (rollout.status.phase !== 'finalizing') return {};
  const through = slotEndingBy(now - world.lagMs, world.slotMs).end;
  const evidence = { ...beginEvidence(through), stepStart: gridAfter(now, world.slotMs) + world.slotMs };
  return { evidence, verdicts: [], bakeSince: now };
}

/** Lanes that name the promoted pods where they named the old ones, with the objects that takes. */
export function lanesBack(lanes: Lanes, promotedHash: string, made: Lanes['made']): Lanes {
  const { canary } = lanes.names;
  const others = made.filter(({ name }) => !lanes.made.some((known) => known.name === name));
  return { ...lanes, names: { stable: stableStem(promotedHash), canary }, made: [...lanes.made, ...others] };
}
