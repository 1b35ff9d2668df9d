// What is held: an adopted Deployment under its pause, and a rollout whose promotion cannot go on by itself.
import { nextLine } from '../../domain/evidence.ts';
import { isStableCopy, toPromote } from '../../domain/managed.ts';
import { isAbortable } from '../../domain/rollout.ts';
import { sayOf, sayOfTarget } from '../announce.ts';
import { begin } from '../begin.ts';
import type { Workload } from '../ports.ts';
import { moveBy, type Sight, stay, type Turn } from '../turn.ts';
import type { World } from '../world.ts';
import { follow, podsMs } from './capacity.ts';
import { guardLanes } from './guard.ts';
import { isTargetGone } from './promote.ts';

/** How soon a newer template is looked for again, should beginning its rollout not have worked. */
const successorMs = 10_000;

/**
 * Puts a pause back that somebody lifted while a rollout is under way, so that no more pods of a template that was not judged start;
 * those that did are not served, because the lanes lead to stable's alone. Undefined when it stands.
 */
export async function keepHeld(world: World, sight: Sight): Promise<Turn | undefined> {
  const { rollout, target } = sight;
  const isOurs = rollout.spec.mode === 'managed' && isAbortable(rollout.status.phase);
  if (!isOurs || target === undefined || (target.paused && target.held)) return undefined;
  await world.holds.pause(target.namespace, target.name);
  if (target.paused) return undefined;
  const message = `The pause of ${target.name} was lifted while its new template is being judged; it is put back. To end the rollout: serin abort ${target.name} -n ${target.namespace}`;
  const said = { type: 'Warning' as const, reason: 'PausePutBack', message };
  await sayOf(world, rollout, said);
  await sayOfTarget(world, rollout, said);
  return undefined;
}

/** All traffic stays on the healthy copy. It goes on when the Deployment has recovered, and ends when a newer rollout has taken over. */
export async function hold(world: World, sight: Sight): Promise<Turn> {
  const { rollout, target } = sight;
  if (isTargetGone(sight) || target === undefined) return moveBy(world, sight, { type: 'UNSTUCK' }, rollout.status);
  if (isTakenOver(sight)) {
    const message = `${rollout.status.message} Rollout ${sight.view?.claim?.rollout ?? ''} has taken over.`;
    return moveBy(world, sight, { type: 'HAND_OVER' }, { reason: 'TakenOver', message });
  }
  const turn = await guardLanes(world, sight);
  if (turn !== undefined) return turn;
  if (!target.paused || !target.held) await world.holds.pause(target.namespace, target.name);
  await follow(world, sight, 100);
  if (target.revision !== toPromote(rollout.spec, rollout.status).hash) return awaitSuccessor(world, sight, target);
  return (await recovered(world, sight, target)) ?? keepStalled(world, sight, podsMs);
}

/** Lanes are taken over by the rollout that carries them on: its claim stands in place of ours. */
function isTakenOver({ rollout, view }: Sight): boolean {
  return view?.claim !== undefined && view.claim.rollout !== `${rollout.id.namespace}/${rollout.id.name}`;
}

async function awaitSuccessor(world: World, sight: Sight, target: Workload): Promise<Turn> {
  await begin(world, target.namespace, target.name);
  return keepStalled(world, sight, successorMs);
}

function keepStalled(world: World, sight: Sight, everyMs: number): Promise<Turn> {
  const { reason, message } = sight.rollout.status;
  return stay(world, sight, { reason, message, stalled: true }, nextLine(sight.now, everyMs));
}

/**
 * A promotion that pods held up goes on when they are well again; one that requests condemned waits for a person or another template.
 * A rejected canary's stable goes on as soon as its own template is asked for again.
 */
async function recovered(world: World, sight: Sight, target: Workload): Promise<Turn | undefined> {
  const { spec, status } = sight.rollout;
  const because = { reason: 'MovingAgain', message: `${target.name} is rolled out again.` };
  if (status.cause !== undefined && isStableCopy(spec)) return moveBy(world, sight, { type: 'UNSTUCK' }, because);
  if (status.reason === 'NewerTemplate') return moveBy(world, sight, { type: 'UNSTUCK' }, because);
  if (status.reason !== 'PromotionStuck') return undefined;
  const newest = (await world.workloads.generations(target)).find(({ revision }) => revision === target.revision);
  if (newest === undefined || newest.replicas === 0 || newest.readyReplicas < newest.replicas) return undefined;
  const [trouble] = await world.workloads.troubles(target);
  return trouble === undefined ? moveBy(world, sight, { type: 'UNSTUCK' }, because) : undefined;
}
