// Pending: look whether anything stands in the way, take the route, and start.

import { type Evidence, nextLine, slotEndingBy } from '../../domain/evidence.ts';
import { beginEvidence } from '../../domain/judge.ts';
import { isFinal, type Rollout, type RolloutStatus, type Route, type Track } from '../../domain/rollout.ts';
import type { Settings } from '../../domain/settings.ts';
import { subjectOf } from '../../domain/subject.ts';
import type { Instant } from '../../domain/time.ts';
import { settingsOf } from '../begin.ts';
import type { RouteView } from '../mesh-port.ts';
import { moveBy, type Sight, save, stay, type Turn } from '../turn.ts';
import type { World } from '../world.ts';
import { beforeStart, startWord } from './permit.ts';
import { leaveRoute } from './rest.ts';

/** How far back the service's level before the rollout is measured. */
const beforeMs = 300_000;
/** So many slots before the rollout tell how burstily stable fails. */
const patternSlots = 20;
/** How soon a blocked start is looked at again when nothing rings. */
const lookAgainMs = 10_000;

/** Starts the rollout when nothing blocks it; else stays and says what to do. Touches nothing but the claim on the route. */
export async function clear(world: World, sight: Sight): Promise<Turn> {
  const { stable, canary, rollout } = sight;
  if (stable === undefined || canary === undefined)
    return blocked(world, sight, 'MissingDeployment', 'A Deployment of the pair is not there yet.');
  // A route that carries the claim was located before it was taken; what it says now is Serin's own.
  if (rollout.status.route !== undefined && sight.view !== undefined && !isUntouched(sight))
    return start(world, sight, rollout.status.route, sight.view);
  const parsed = await settingsOf(world, canary);
  if (parsed.kind === 'problems')
    return blocked(world, sight, 'InvalidAnnotation', parsed.problems.map((problem) => problem.message).join(' '));
  if (parsed.kind === 'none' || isOutdated(sight, parsed.settings)) return withdraw(world, sight);
  const located = await world.mesh.locate(stable, canary, rollout.spec.route);
  if (located.kind === 'problem') return blocked(world, sight, located.problem.reason, located.problem.message);
  if (!sameRoute(rollout.status.route, located.route)) {
    return save(world, sight, { ...rollout.status, route: located.route });
  }
  if (sight.view === undefined)
    return blocked(world, sight, 'RouteGone', sight.routeProblem?.message ?? 'The route is gone.');
  const other = await otherClaim(world, sight, sight.view);
  if (other !== undefined) return blocked(world, sight, 'RouteClaimed', other);
  const waiting = await beforeStart(world, sight);
  if (waiting !== undefined) return waiting;
  return start(world, sight, located.route, sight.view);
}

/** Stays pending, and says why. */
export function blocked(world: World, sight: Sight, reason: string, message: string): Promise<Turn> {
  return stay(world, sight, { reason, message, stalled: true }, nextLine(sight.now, lookAgainMs));
}

/** Whether the annotations say something else by now; nothing was touched yet, so the rollout is begun anew from them. */
export function isOutdated(sight: Sight, settings: Settings): boolean {
  const { spec } = sight.rollout;
  const pinned: Settings =
    spec.mode === 'managed'
      ? { mode: 'managed', plan: spec.plan }
      : { mode: 'pair', stable: spec.stable.workload, plan: spec.plan, route: spec.route };
  return isUntouched(sight) && canonical(pinned) !== canonical(settings);
}

/** Whether a rollout has left no mark on the route yet, so that it can be taken back without a trace. */
export function isUntouched(sight: Sight): boolean {
  const { id, status, spec } = sight.rollout;
  if (spec.mode === 'managed') return status.phase === 'pending';
  return status.phase === 'pending' && sight.view?.claim?.rollout !== `${id.namespace}/${id.name}`;
}

/** A value as text that does not depend on the order of its keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/**
 * Takes back a rollout that has touched nothing; it is begun anew from the annotations as they are. That it is to go is saved
 * first, so that a replica that was frozen here cannot take away what another has started meanwhile.
 */
export async function withdraw(world: World, sight: Sight): Promise<Turn> {
  const { status } = sight.rollout;
  if (status.cleanUp !== 'release') {
    const message = 'The rollout is taken back before it has touched anything; what is asked for now is begun anew.';
    return save(world, sight, { ...status, cleanUp: 'release', reason: 'Withdrawn', message });
  }
  await world.rollouts.release(sight.rollout);
  await world.rollouts.remove(sight.rollout);
  return { kind: 'gone' };
}

function sameRoute(a: Route | undefined, b: Route): boolean {
  return a !== undefined && canonical(a) === canonical(b);
}

/** Whose live rollout holds the route, as a sentence; undefined when it is free or ours. */
export async function otherClaim(world: World, sight: Sight, view: RouteView): Promise<string | undefined> {
  const { id } = sight.rollout;
  const holder = view.claim?.rollout;
  if (holder === undefined || holder === `${id.namespace}/${id.name}`) return undefined;
  const [namespace = '', name = ''] = holder.split('/');
  const other = await world.rollouts.get({ namespace, name });
  if (other === undefined || isFinal(other.status.phase)) return undefined;
  return `Waiting for rollout ${holder} (${other.status.phase}), which moves the same route; this one starts when that is over.`;
}

/** Pins stable at 100 in the rollout's name, which takes the route, and starts. */
async function start(world: World, sight: Sight, route: Route, view: RouteView): Promise<Turn> {
  const { rollout, now } = sight;
  const evidence = await evidenceBefore(world, rollout, route, now);
  if ('down' in evidence) return blocked(world, sight, 'SourceUnreachable', evidence.down);
  const claim = { rollout: `${rollout.id.namespace}/${rollout.id.name}`, epoch: rollout.status.epoch };
  const claimed = view.claim?.rollout === claim.rollout && view.claim.epoch === claim.epoch;
  if (!claimed) {
    const written = await world.mesh.change(route, view, { kind: 'weights', canary: 0, claim });
    if (written.kind === 'conflict') return { kind: 'restart' };
  }
  if (!claimed || view.owned) await world.mesh.disown(route);
  const turn = await begun(world, sight, evidence);
  if (turn.kind === 'gone') await leaveRoute(world, rollout);
  return turn;
}

/** Evidence that knows the time before the rollout, or why that could not be read. */
export async function evidenceBefore(
  world: World,
  rollout: Rollout,
  track: Track,
  now: Instant,
): Promise<{ readonly evidence: Evidence } | { readonly down: string }> {
  const through = slotEndingBy(now - world.lagMs, world.slotMs).end;
  if (rollout.spec.plan.analysis === 'off') return { evidence: beginEvidence(through) };
  const subject = subjectOf(rollout, track);
  const before = await world.ledger.before(now, beforeMs, subject);
  if (before.kind === 'sourceDown') return { down: before.message };
  const pattern = await world.ledger.readingsSince(through - patternSlots * world.slotMs, subject);
  return { evidence: beginEvidence(through, before, pattern.readings) };
}

/** Starts: from here on the rollout has something to undo. */
export function begun(world: World, sight: Sight, extra: Partial<RolloutStatus>): Promise<Turn> {
  const { rollout } = sight;
  const message = `Releasing ${rollout.spec.canary.workload} against ${rollout.spec.stable.workload}: weights ${rollout.spec.plan.steps.join(', ')}.${startWord(rollout)}`;
  const warrant = { kind: 'start' as const, step: 0, message };
  return moveBy(world, sight, { type: 'START', warrant }, { reason: 'Started', message }, extra);
}
