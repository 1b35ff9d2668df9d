// Baking: read the slots that are due, judge, put foreign weights right, and decide.
import { decideBake } from '../../domain/decide.ts';
import { type Evidence, nextLine } from '../../domain/evidence.ts';
import { judge } from '../../domain/judge.ts';
import { type Rollout, type RolloutStatus, type Track, trackOf } from '../../domain/rollout.ts';
import { subjectOf } from '../../domain/subject.ts';
import { formatDuration, formatInstant, type Instant } from '../../domain/time.ts';
import { judged as counting, type GateVerdict } from '../../domain/verdict.ts';
import { sayOf, sayOfTarget } from '../announce.ts';
import type { Readings } from '../ledger.ts';
import type { RouteView } from '../mesh-port.ts';
import { sentence } from '../move.ts';
import { moveBy, type Sight, save, type Turn } from '../turn.ts';
import type { World } from '../world.ts';
import { follow, podsMs } from './capacity.ts';
import { judgeCustom, type Sitting, standingCustom } from './custom.ts';
import { guardLanes } from './guard.ts';
import { frozenBecause, remind } from './permit.ts';
import { carries, observedWeight, routeGone, writeWeight } from './weights.ts';

/** Foreign edits of the weights are put right this often per step; then the rollout holds. */
const correctionLimit = 3;
/** Evidence is saved at least this often, so that a restart reads little again. */
const checkpointMs = 60_000;

/** One look at the bake. Evidence that moves weight is saved in the same write as the move, before the mesh is touched. */
export async function judgeBake(world: World, sight: Sight): Promise<Turn> {
  const { rollout, view } = sight;
  const track = trackOf(rollout.status);
  if (track === undefined || view === undefined) return routeGone(world, sight);
  const drift = (await guardLanes(world, sight)) ?? (await correctDrift(world, sight, track, view));
  if (drift !== undefined) return drift;
  const reminded = await remind(world, sight);
  if (reminded !== undefined) return reminded;
  if (rollout.spec.mode === 'managed') await follow(world, sight, rollout.status.weight.intended);
  const judged = { ...(await judgeNow(world, sight, track)), ...withoutBlindTime(sight) };
  const decision = decideBake({ ...rollout, status: { ...rollout.status, ...judged } }, judged.verdicts, sight.now);
  switch (decision.kind) {
    case 'rollBack':
      return moveBy(world, sight, { type: 'ROLL_BACK', cause: decision.cause }, decision, judged);
    case 'advance': {
      if (isContested(rollout, view)) return keep(world, sight, judged, contested(sight, view));
      const { warrant, reason = advanceReasons[warrant.kind] } = decision;
      if (sight.frozen !== undefined)
        return keep(world, sight, judged, frozenBecause(sight.frozen, `Held back: ${warrant.message}`));
      return moveBy(world, sight, { type: 'ADVANCE', warrant }, { reason, message: warrant.message }, judged);
    }
    case 'ask': {
      if (isContested(rollout, view)) return keep(world, sight, judged, contested(sight, view));
      const { approval } = decision;
      return moveBy(world, sight, { type: 'ASK' }, decision, { ...judged, approval });
    }
    case 'stay':
      return keep(world, sight, judged, isContested(rollout, view) ? contested(sight, view) : decision);
  }
}

/** What a person's promotion does not override: a failure shown by what can be read by now. Undefined when there is none. */
export async function rollBackIfFailing(world: World, sight: Sight): Promise<Turn | undefined> {
  const { rollout, now } = sight;
  const track = trackOf(rollout.status);
  const judged = track === undefined ? undefined : await judgeNow(world, sight, track);
  if (judged === undefined || !isCondemned(judged.verdicts)) return undefined;
  const decision = decideBake(rollout, judged.verdicts, now);
  if (decision.kind !== 'rollBack') return undefined;
  return moveBy(world, sight, { type: 'ROLL_BACK', cause: decision.cause }, decision, judged);
}

const advanceReasons = {
  start: 'Started',
  pass: 'GatesPassed',
  time: 'BakedOnTimeAlone',
  person: 'PromotedByPerson',
  undecided: 'AdvancedUndecided',
} as const;

/** What a look comes to: verdicts always, evidence unless there was nothing to count into. */
export type JudgedNow = Partial<Judged> & { readonly verdicts: readonly GateVerdict[] };

interface Judged {
  readonly evidence: Evidence;
  readonly verdicts: readonly GateVerdict[];
  readonly bakeSince: Instant;
}

/**
 * The bake begins later by the time that has passed since the metrics were saved as unreadable: a source that is down runs out
 * no bake, also not at the moment when it is back.
 */
function withoutBlindTime({ rollout, now }: Sight): Partial<Pick<Judged, 'bakeSince'>> {
  const { bakeSince, verdicts, checkpointAt } = rollout.status;
  const blind = counting(verdicts).some(({ verdict }) => verdict === 'sourceDown');
  return blind && bakeSince !== undefined ? { bakeSince: bakeSince + now - checkpointAt } : {};
}

/** Counts the slots that can be read by now and judges whoever is on trial: the canary, or the promoted Deployment. */
export async function judgeNow(world: World, sight: Sight, track: Track): Promise<JudgedNow> {
  const { rollout } = sight;
  const { evidence, weight, phase } = rollout.status;
  const onTrial = phase === 'finalizing' ? sight.target : sight.canary;
  if (onTrial === undefined || evidence === undefined) return { verdicts: rollout.status.verdicts };
  const troubles = await world.workloads.troubles(onTrial);
  const subject = subjectOf(rollout, track);
  const share = phase === 'finalizing' ? 100 - weight.intended : weight.intended;
  const off = rollout.spec.plan.analysis === 'off';
  const { readings, rebasedFrom } = off ? noReadings : await world.ledger.readingsSince(evidence.through, subject);
  const pods = { ready: onTrial.readyReplicas, wanted: onTrial.replicas, troubles };
  const judged = judge(evidence, readings, { plan: rollout.spec.plan, subject, weight: share, pods });
  if (rebasedFrom !== undefined) await sayRebased(world, rollout, rebasedFrom, judged.evidence.through);
  return withCustom(world, judged, {
    gates: off ? [] : rollout.spec.plan.gates,
    evidence,
    subject,
    step: rollout.status.step,
    weight: share,
    now: sight.now,
  });
}

/** Custom gates speak after Serin's own, and are not waited for where those have condemned the canary already. */
async function withCustom(world: World, judged: ReturnType<typeof judge>, sitting: Sitting): Promise<JudgedNow> {
  if (sitting.gates.length === 0) return judged;
  const custom = isCondemned(judged.verdicts) ? standingCustom(sitting) : await judgeCustom(world, sitting);
  const { evidence } = judged;
  return {
    evidence: { ...evidence, gates: { ...evidence.gates, ...custom.states } },
    verdicts: [...judged.verdicts, ...custom.verdicts],
  };
}

function isCondemned(verdicts: readonly GateVerdict[]): boolean {
  return counting(verdicts).some(({ verdict }) => verdict === 'fail');
}

const noReadings: Readings = { readings: [] };

/** Slots too old to be read are skipped; the gap is said once, because what is saved next begins after it. */
async function sayRebased(world: World, rollout: Rollout, from: Instant, through: Instant): Promise<void> {
  if (through <= from) return;
  const gap = formatDuration(Math.round((through - from) / 1_000) * 1_000);
  const message = `Nothing was read for ${gap}; slots older than an hour are skipped, and counting goes on from ${formatInstant(through)}.`;
  await sayOf(world, rollout, { type: 'Warning', reason: 'EvidenceRebased', message });
}

/** Puts weights right that somebody else wrote; undefined when they are as intended or not to be touched any more. */
async function correctDrift(world: World, sight: Sight, route: Track, view: RouteView): Promise<Turn | undefined> {
  const { rollout } = sight;
  const { status } = rollout;
  if (carries(view, status.weight.intended)) {
    if (view.owned) await world.mesh.disown(route);
    return undefined;
  }
  if (status.corrections >= correctionLimit) return undefined;
  const turn = await writeWeight(world, sight, route, view, status.weight.intended);
  if (turn !== undefined) return turn;
  const by = view.lastWriter === undefined ? 'Somebody' : `Field manager "${view.lastWriter}"`;
  const message = `${by} set the canary's weight to ${observedWeight(view) ?? 'nothing'}; put back to ${status.weight.intended}% (${status.corrections + 1} of ${correctionLimit} times this step).`;
  const said = { type: 'Warning' as const, reason: 'WeightCorrected', message };
  await sayOf(world, rollout, said);
  await sayOfTarget(world, rollout, said);
  return save(world, sight, { ...status, corrections: status.corrections + 1 });
}

function isContested(rollout: Rollout, view: RouteView): boolean {
  return !carries(view, rollout.status.weight.intended) && rollout.status.corrections >= correctionLimit;
}

function contested(sight: Sight, view: RouteView): { reason: string; message: string; stalled: true } {
  const { status, spec, id } = sight.rollout;
  const by = view.lastWriter === undefined ? 'Somebody' : `Field manager "${view.lastWriter}"`;
  const message =
    `${by} keeps setting the canary's weight to ${observedWeight(view) ?? 'nothing'} instead of ${status.weight.intended}%; it was put right ` +
    `${correctionLimit} times this step. Stop it from writing weights, then: serin promote ${spec.target.name} -n ${id.namespace}, or serin abort ${spec.target.name} -n ${id.namespace}`;
  return { reason: 'WeightsContested', message, stalled: true };
}

/** Stays; saves when a verdict's word, the reason or the stall changed, and otherwise as a checkpoint now and then. */
export async function keep(
  world: World,
  sight: Sight,
  judged: JudgedNow,
  because: { readonly reason: string; readonly message: string; readonly stalled: boolean },
): Promise<Turn> {
  const { status } = sight.rollout;
  const due = nextLook(world, sight.now);
  const { stalled: _, ...kept } = status;
  const words = sentence(because);
  const observed = sight.view === undefined ? null : observedWeight(sight.view);
  const next: RolloutStatus = {
    ...kept,
    ...judged,
    ...words,
    due,
    weight: { ...status.weight, observed: observed === null ? null : Math.round(observed) },
    ...(because.stalled ? { stalled: words } : {}),
  };
  if (!isWorthSaving(sight, status, next)) return { kind: 'until', due };
  const turn = await save(world, sight, next);
  return turn.kind === 'again' ? { kind: 'until', due } : turn;
}

function isWorthSaving(sight: Sight, before: RolloutStatus, after: RolloutStatus): boolean {
  const words = (status: RolloutStatus): string =>
    [
      status.reason,
      status.stalled?.reason ?? '',
      status.weight.observed ?? '',
      ...status.verdicts.map((verdict) => `${verdict.gate}:${verdict.verdict}:${verdict.reason}`),
    ].join(' ');
  const jitterMs = Number.parseInt(sight.rollout.uid.slice(-3), 16) % 10_000 || 0;
  const isBehind = (after.evidence?.through ?? 0) - (before.evidence?.through ?? 0) >= 2 * checkpointMs;
  return isBehind || words(before) !== words(after) || sight.now - before.checkpointAt >= checkpointMs + jitterMs;
}

/** The next moment worth a look: the next readable slot, or the pods' turn, whichever is sooner; both on a grid. */
function nextLook({ slotMs, lagMs }: World, now: Instant): Instant {
  const nextSlot = nextLine(now - lagMs, slotMs) + lagMs;
  return Math.min(nextSlot, nextLine(now, Math.max(podsMs, slotMs / 5)));
}
