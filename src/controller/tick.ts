// One tick: look, do the one thing owed, save, and go round again until only time or a person can move the rollout.
//
//   route (live) -> rollout (live) -> Deployments      the order of reads is the fence: a write locked on the
//        |              |                 |            route's version of this first read cannot follow a
//        +--------------+-----------------+            rollout that has moved on meanwhile
//                       |
//            requests, interrupts, duty  -> save (compare-and-set) -> effect -> save
import { dutyOf } from '../domain/duty.ts';
import { interruptOf } from '../domain/interrupt.ts';
import { isAbortable, isFinal, type Rollout, type RolloutId, trackOf } from '../domain/rollout.ts';
import { answerRequests } from './answer.ts';
import { frozenNow } from './freezes.ts';
import { backToStable, disown, restore, unclaim } from './perform/clean-up.ts';
import { clear, isUntouched, withdraw } from './perform/clear.ts';
import { clearManaged } from './perform/clear-managed.ts';
import { drain, remove } from './perform/dismantle.ts';
import { giveBack } from './perform/give-back.ts';
import { hold, keepHeld } from './perform/hold.ts';
import { judgeBake } from './perform/judge.ts';
import { define, pin } from './perform/pin.ts';
import { prepare } from './perform/prepare.ts';
import { promote } from './perform/promote.ts';
import { rest } from './perform/rest.ts';
import { settle, shift } from './perform/shift.ts';
import type { Workload } from './ports.ts';
import { moveBy, type Sight, type Turn } from './turn.ts';
import type { World } from './world.ts';

/** Turns one tick may take before it lets others work; the next wake goes on. */
const turnLimit = 30;

/** How a tick ended: when the rollout next wants one, or that it is no more. */
export type Ticked = { readonly kind: 'until'; readonly due?: number } | { readonly kind: 'gone' };

/** Ticks one rollout. `known` is a recent copy, which only tells which route to look at. Errors of ports pass through. */
export async function tick(world: World, id: RolloutId, known?: Rollout): Promise<Ticked> {
  let hint = known;
  for (let turns = 0; turns < turnLimit; turns += 1) {
    const sight = await look(world, id, hint);
    if (sight === undefined) return { kind: 'gone' };
    const turn = await takeTurn(world, sight);
    if (turn.kind === 'until' || turn.kind === 'gone') return turn;
    hint = turn.kind === 'again' ? turn.rollout : sight.rollout;
  }
  return { kind: 'until', due: world.clock.now() + world.slotMs };
}

/** Reads the route first and the rollout after it, then the two Deployments while they can still end the rollout. */
async function look(world: World, id: RolloutId, known: Rollout | undefined): Promise<Sight | undefined> {
  const hint = known ?? (await world.rollouts.get(id));
  if (hint === undefined) return undefined;
  const track = trackOf(hint.status);
  const viewed = track === undefined || isFinal(hint.status.phase) ? undefined : await world.mesh.view(track);
  const rollout = await world.rollouts.get(id);
  if (rollout === undefined) return undefined;
  if (viewed === undefined && trackOf(rollout.status) !== undefined && track === undefined)
    return look(world, id, rollout);
  const now = world.clock.now();
  const frozen = await frozenNow(world, rollout, now);
  return {
    rollout,
    now,
    ...(frozen === undefined ? {} : { frozen }),
    ...(viewed?.kind === 'view' ? { view: viewed.view } : {}),
    ...(viewed?.kind === 'problem' ? { routeProblem: viewed.problem } : {}),
    ...(await lookAtDeployments(world, rollout)),
  };
}

async function lookAtDeployments(world: World, rollout: Rollout): Promise<Pick<Sight, 'target' | 'stable' | 'canary'>> {
  const { id, spec, status } = rollout;
  if (isFinal(status.phase) || (spec.mode === 'pair' && !isAbortable(status.phase))) return {};
  const names = [...new Set([spec.target.name, spec.stable.workload, spec.canary.workload])];
  const seen = await Promise.all(names.map((name) => world.workloads.get(id.namespace, name)));
  const named = (name: string): Workload | undefined => seen.find((workload) => workload?.name === name);
  const [target, stable, canary] = [named(spec.target.name), named(spec.stable.workload), named(spec.canary.workload)];
  return {
    ...(target === undefined ? {} : { target }),
    ...(stable === undefined ? {} : { stable }),
    ...(canary === undefined ? {} : { canary }),
  };
}

async function takeTurn(world: World, sight: Sight): Promise<Turn> {
  const interrupt = interruptOf(sight.rollout, sight.target, sight.stable, sight.canary);
  if (interrupt !== undefined) {
    if (isUntouched(sight) && !interrupt.final) return withdraw(world, sight);
    return moveBy(world, sight, { type: 'ROLL_BACK', cause: interrupt.cause }, interrupt);
  }
  return (await answerRequests(world, sight)) ?? (await keepHeld(world, sight)) ?? performDuty(world, sight);
}

function performDuty(world: World, sight: Sight): Promise<Turn> {
  const duty = dutyOf(sight.rollout.spec, sight.rollout.status, world.settleMs);
  switch (duty.kind) {
    case 'clear':
      return sight.rollout.spec.mode === 'managed' ? clearManaged(world, sight) : clear(world, sight);
    case 'withdraw':
      return withdraw(world, sight);
    case 'define':
      return define(world, sight);
    case 'pin':
      return pin(world, sight, duty.after);
    case 'prepare':
      return prepare(world, sight, duty.after);
    case 'shift':
      return shift(world, sight, duty.weight);
    case 'settle':
      return settle(world, sight, duty.until);
    case 'judge':
      return judgeBake(world, sight);
    case 'promote':
      return promote(world, sight);
    case 'giveBack':
      return giveBack(world, sight, duty.after);
    case 'hold':
      return hold(world, sight);
    case 'drain':
      return drain(world, sight);
    case 'remove':
      return remove(world, sight);
    case 'backToStable':
      return backToStable(world, sight);
    case 'restore':
      return restore(world, sight);
    case 'unclaim':
      return unclaim(world, sight);
    case 'disown':
      return disown(world, sight);
    case 'await':
      return Promise.resolve({ kind: 'until' });
    case 'rest':
      return rest(world, sight);
  }
}
