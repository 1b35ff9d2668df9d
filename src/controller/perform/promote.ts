// Promoting: the user's own Deployment comes to run the template that was judged, and no other.
import { nextLine } from '../../domain/evidence.ts';
import { stableStem, toPromote } from '../../domain/managed.ts';
import type { RolloutStatus } from '../../domain/rollout.ts';
import { subsetObjects } from '../mesh-port.ts';
import type { Workload } from '../ports.ts';
import { moveBy, type Sight, stay, type Turn } from '../turn.ts';
import type { World } from '../world.ts';
import { follow, podsMs } from './capacity.ts';
import { guardLanes } from './guard.ts';
import { lanesBack } from './pin.ts';

/** A pair's new version is a Deployment of its own already. A managed one is let go for exactly the judged template. */
export async function promote(world: World, sight: Sight): Promise<Turn> {
  const { rollout, target } = sight;
  if (rollout.spec.mode === 'pair') return moveBy(world, sight, { type: 'STABLE_UPDATED' }, rollout.status);
  if (isTargetGone(sight) || target === undefined) return withoutTarget(world, sight);
  const turn = await guardLanes(world, sight);
  if (turn !== undefined) return turn;
  const judged = toPromote(rollout.spec, rollout.status);
  if (target.revision !== judged.hash) return newerTemplate(world, sight, target, judged.workload);
  if (target.complete && target.hash !== undefined && target.replicas > 0)
    return updated(world, sight, target, target.hash);
  return goOn(world, sight, target);
}

/** Whether the Deployment that the rollout is for is no more. */
export function isTargetGone({ rollout, target }: Sight): boolean {
  return target === undefined || target.deleting || target.uid !== rollout.spec.target.uid;
}

/** Nothing is left to promote: what the rollout made is taken away. */
function withoutTarget(world: World, sight: Sight): Promise<Turn> {
  const message = `Deployment ${sight.rollout.spec.target.name} was deleted; what was made for its rollout goes too.`;
  return moveBy(world, sight, { type: 'STABLE_UPDATED' }, { reason: 'TargetDeleted', message }, { cleanUp: 'restore' });
}

async function newerTemplate(world: World, sight: Sight, target: Workload, copy: string): Promise<Turn> {
  if (!target.paused) await world.holds.pause(target.namespace, target.name);
  const message =
    `A newer template was applied to ${target.name} while it was being promoted. All traffic stays on ${copy}, which was judged good; the ` +
    'newer template is released next, with that copy as its stable.';
  return moveBy(world, sight, { type: 'STUCK' }, { reason: 'NewerTemplate', message });
}

/**
 * Where nothing pauses a changed template in its own write, the pause comes back before any traffic does, so that nothing but what was
 * judged can be under it.
 */
async function updated(world: World, sight: Sight, target: Workload, hash: string): Promise<Turn> {
  const { rollout } = sight;
  const { lanes } = rollout.status;
  if (!target.paused && !(await world.holds.isAutomatic(target)))
    await world.holds.pause(target.namespace, target.name);
  const message = `All ${target.replicas} pods of ${target.name} run the new version; traffic goes back to them.`;
  const extra: Partial<RolloutStatus> =
    lanes === undefined
      ? { promotedHash: hash }
      : { promotedHash: hash, lanes: lanesBack(lanes, hash, subsetObjects(lanes, stableStem(hash))), stage: 'subsets' };
  return moveBy(world, sight, { type: 'STABLE_UPDATED' }, { reason: 'StableUpdated', message }, extra);
}

async function goOn(world: World, sight: Sight, target: Workload): Promise<Turn> {
  const { rollout, now } = sight;
  await follow(world, sight, 100);
  if (target.paused && (await world.holds.lift(target)) === 'conflict') return { kind: 'restart' };
  const [trouble] = await world.workloads.troubles(target);
  if (trouble !== undefined) return stuck(world, sight, target, `pod ${trouble.pod} is in trouble: ${trouble.message}`);
  const seconds = target.progressDeadlineSeconds;
  if (now - rollout.status.since > seconds * 1_000)
    return stuck(world, sight, target, `${ready(target)} after its progressDeadlineSeconds (${seconds})`);
  const message = `${target.name} is rolled to the version that was judged good: ${ready(target)}.`;
  return stay(world, sight, { reason: 'RollingOut', message, stalled: false }, nextLine(now, podsMs));
}

function ready({ readyReplicas, replicas }: Workload): string {
  return `${readyReplicas} of ${replicas} pods are ready`;
}

function stuck(world: World, sight: Sight, target: Workload, why: string): Promise<Turn> {
  const { spec, status, id } = sight.rollout;
  const copy = toPromote(spec, status).workload;
  const message =
    `${target.name} does not come up with the version that was judged good: ${why}. All traffic stays on ${copy}. Mend it and it goes on by ` +
    `itself, or: serin retry ${target.name} -n ${id.namespace}; or apply another template, which is released with ${copy} as its stable.`;
  return moveBy(world, sight, { type: 'STUCK' }, { reason: 'PromotionStuck', message });
}
