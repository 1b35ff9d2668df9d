// Shifting: the intended weight is saved already; write it, give up the fields, and let the mesh follow.

import { afterSettling } from '../../domain/duty.ts';
import { gridAfter } from '../../domain/evidence.ts';
import { beginStep } from '../../domain/judge.ts';
import { trackOf } from '../../domain/rollout.ts';
import type { Instant } from '../../domain/time.ts';
import { moveBy, type Sight, save, type Turn } from '../turn.ts';
import type { World } from '../world.ts';
import { grow } from './capacity.ts';
import { guardLanes } from './guard.ts';
import { routeGone, stands, writeWeight } from './weights.ts';

/** Writes the weight unless it stands there in this rollout's name and epoch, and notes when. */
export async function shift(world: World, sight: Sight, weight: number): Promise<Turn> {
  const { rollout, view } = sight;
  const track = trackOf(rollout.status);
  if (track === undefined || view === undefined) return routeGone(world, sight);
  if (rollout.spec.mode === 'managed' && rollout.status.phase === 'shifting') {
    const turn = (await guardLanes(world, sight)) ?? (await grow(world, sight, weight));
    if (turn !== undefined) return turn;
  }
  if (!stands(sight, view, weight)) {
    const turn = await writeWeight(world, sight, track, view, weight);
    if (turn !== undefined) return turn;
  } else if (view.owned) {
    await world.mesh.disown(track);
  }
  return save(world, sight, {
    ...rollout.status,
    writtenAt: sight.now,
    weight: { intended: weight, observed: weight },
  });
}

/** Waits out the settle time, then goes on with the phase. */
export async function settle(world: World, sight: Sight, until: Instant): Promise<Turn> {
  const { rollout, now } = sight;
  const { status } = rollout;
  if (now < until) return { kind: 'until', due: until };
  if (status.cleanUp !== undefined)
    return save(world, sight, { ...status, cleanUp: afterSettling(rollout.spec.mode, status.cleanUp) });
  const stepStart = gridAfter(now, world.slotMs) + world.slotMs;
  const evidence = status.evidence === undefined ? {} : { evidence: beginStep(status.evidence, stepStart) };
  const message = `Weight ${status.weight.intended}% is in place; judging begins.`;
  return moveBy(world, sight, { type: 'SETTLED' }, { reason: 'Baking', message }, { ...evidence, verdicts: [] });
}
