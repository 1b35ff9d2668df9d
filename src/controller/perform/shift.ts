// Shifting: the intended weight is saved already; write it, give up the fields, and let the mesh follow.

import { gridAfter, nextLine } from '../../domain/evidence.ts';
import { beginStep } from '../../domain/judge.ts';
import type { CleanUp, Route } from '../../domain/rollout.ts';
import type { Instant } from '../../domain/time.ts';
import type { RouteView } from '../ports.ts';
import { moveBy, type Sight, save, stay, type Turn } from '../turn.ts';
import type { World } from '../world.ts';

/** Writes the weight unless it stands there in this rollout's name and epoch, and notes when. */
export async function shift(world: World, sight: Sight, weight: number): Promise<Turn> {
  const { rollout, view } = sight;
  const { route } = rollout.status;
  if (route === undefined || view === undefined) return routeGone(world, sight);
  if (!stands(sight, view, weight)) {
    const turn = await writeWeight(world, sight, route, view, weight);
    if (turn !== undefined) return turn;
  } else if (view.owned) {
    await world.mesh.disown(route);
  }
  return save(world, sight, {
    ...rollout.status,
    writtenAt: sight.now,
    weight: { intended: weight, observed: weight },
  });
}

/** Writes the weight and gives up its fields; undefined when done, else how the turn ends. */
export async function writeWeight(
  world: World,
  sight: Sight,
  route: Route,
  view: RouteView,
  canary: number,
): Promise<Turn | undefined> {
  const { id, status } = sight.rollout;
  const claim = { rollout: `${id.namespace}/${id.name}`, epoch: status.epoch };
  const written = await world.mesh.change(route, view, { kind: 'weights', canary, claim });
  if (written.kind === 'conflict') return { kind: 'restart' };
  await world.mesh.disown(route);
  return undefined;
}

/** Whether the route carries the weight in the name of this rollout's present intent. */
export function stands(sight: Sight, view: RouteView, weight: number): boolean {
  const { id, status } = sight.rollout;
  const ours = view.claim?.rollout === `${id.namespace}/${id.name}` && view.claim.epoch === status.epoch;
  return ours && carries(view, weight);
}

/** Whether the route sends this share to the canary, whatever its weights sum to. */
export function carries(view: RouteView, weight: number): boolean {
  return observedWeight(view) === weight;
}

/** The canary's share in percent, as the route has it; null when it cannot be told. */
export function observedWeight(view: RouteView): number | null {
  const [stable, canary] = [view.stable ?? 0, view.canary ?? 0];
  return stable + canary > 0 ? (100 * canary) / (stable + canary) : null;
}

/** Waits out the settle time, then goes on with the phase. */
export async function settle(world: World, sight: Sight, until: Instant): Promise<Turn> {
  const { rollout, now } = sight;
  const { status } = rollout;
  if (now < until) return { kind: 'until', due: until };
  if (status.phase === 'rollingBack') return save(world, sight, { ...status, cleanUp: 'restore' satisfies CleanUp });
  const stepStart = gridAfter(now, world.slotMs) + world.slotMs;
  const evidence = status.evidence === undefined ? {} : { evidence: beginStep(status.evidence, stepStart) };
  const message = `Weight ${status.weight.intended}% is in place; judging begins.`;
  return moveBy(world, sight, { type: 'SETTLED' }, { reason: 'Baking', message }, { ...evidence, verdicts: [] });
}

/** The route cannot be seen: nothing moves until it is back or somebody decides. */
export function routeGone(world: World, sight: Sight): Promise<Turn> {
  const message = `${sight.routeProblem?.message ?? 'The route is gone.'} Nothing moves until it is back; or: serin abort ${sight.rollout.spec.target.name}`;
  return stay(world, sight, { reason: 'RouteGone', message, stalled: true }, nextLine(sight.now, world.slotMs));
}
