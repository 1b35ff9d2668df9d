// The weights of a track: what stands, whether it is what was meant, and the one way to write it.
import { nextLine } from '../../domain/evidence.ts';
import type { Track } from '../../domain/rollout.ts';
import type { RouteView } from '../mesh-port.ts';
import { type Sight, stay, type Turn } from '../turn.ts';
import type { World } from '../world.ts';

/** Writes the weight and gives up its fields; undefined when done, else how the turn ends. */
export async function writeWeight(
  world: World,
  sight: Sight,
  track: Track,
  view: RouteView,
  canary: number,
): Promise<Turn | undefined> {
  const { id, status } = sight.rollout;
  const claim = { rollout: `${id.namespace}/${id.name}`, epoch: status.epoch };
  const testers = status.lanes?.testers === undefined ? {} : { testers: canary > 0 };
  const written = await world.mesh.change(track, view, { kind: 'weights', canary, claim, ...testers });
  if (written.kind === 'conflict') return { kind: 'restart' };
  await world.mesh.disown(track);
  return undefined;
}

/** Whether the route carries the weight in the name of this rollout's present intent. */
export function stands(sight: Sight, view: RouteView, weight: number): boolean {
  const isPresent = view.claim?.epoch === sight.rollout.status.epoch;
  return isPresent && isClaimed(sight, view) && carries(view, weight) && hasTesters(sight, view, weight);
}

/** Whether the route carries this rollout's claim, of whatever intent. */
export function isClaimed({ rollout: { id } }: Sight, view: RouteView): boolean {
  return view.claim?.rollout === `${id.namespace}/${id.name}`;
}

/** Whether testers are sent where they are to be at this weight: to the canary as long as it has any. */
export function hasTesters({ rollout: { status } }: Sight, view: RouteView, weight: number): boolean {
  return status.lanes?.testers === undefined || view.testers === weight > 0;
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

/** The route cannot be seen: nothing moves until it is back or somebody decides. */
export function routeGone(world: World, sight: Sight): Promise<Turn> {
  const message = `${sight.routeProblem?.message ?? 'The route is gone.'} Nothing moves until it is back; or: serin abort ${sight.rollout.spec.target.name} -n ${sight.rollout.id.namespace}`;
  return stay(world, sight, { reason: 'RouteGone', message, stalled: true }, nextLine(sight.now, world.slotMs));
}
