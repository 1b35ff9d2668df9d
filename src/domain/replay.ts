// What would have happened: a past stretch of two workloads, judged by the very code that judges a rollout under way.
//
// The past had a traffic split of its own, so that the weight of each step is assumed: it chooses the margin, and the share
// that the canary really received is not judged. Neither are pods, of which metrics know nothing. Custom gates ask on the way,
// because which looks are due, and with which weight, hangs on what was judged before.
import { countRequests } from './counts.ts';
import { type Decision, decideBake } from './decide.ts';
import type { Evidence, SlotReading, Subject } from './evidence.ts';
import { isCustomId } from './gates/custom.ts';
import { beginEvidence, beginStep, judge } from './judge.ts';
import { type Plan, weightOf } from './plan.ts';
import { type LookAnswer, lookBack, type PastGates, type SeenLook, type WantedLook } from './replay-custom.ts';
import { imagined } from './replay-rollout.ts';
import type { Warrant } from './rollout.ts';
import type { Instant } from './time.ts';
import { judged as counting, type GateVerdict } from './verdict.ts';

/** A past to be judged. */
export interface Past {
  readonly subject: Subject;
  readonly plan: Plan;
  /** One wide reading of the time before, for stable's usual level. */
  readonly before?: SlotReading;
  /** The last slots of that time in their order, for how burstily stable fails. */
  readonly pattern?: readonly SlotReading[];
  /** Slots in order, without gaps. */
  readonly readings: readonly SlotReading[];
  /** Gates that a policy adds; without it none is judged, whatever the plan says. */
  readonly custom?: PastGates;
}

/** One look at the evidence, at the end of a slot. */
export interface Look {
  readonly time: Instant;
  /** Counted from 0. */
  readonly step: number;
  /** The weight that was assumed, in percent. */
  readonly weight: number;
  readonly verdicts: readonly GateVerdict[];
  readonly decision: Exclude<Decision, { readonly kind: 'ask' }>;
  /** Requests of the slot, as the reporter that saw most of them counted. */
  readonly requests: { readonly canary: number; readonly stable: number };
  /** What custom gates saw at this look. */
  readonly seen: readonly SeenLook[];
}

/** Something that a reader of the past wants to know of: a step that passed, time that ran out, or the end. */
export interface Event {
  readonly kind: 'begun' | 'advanced' | 'held' | End['kind'];
  readonly time: Instant;
  readonly step: number;
  readonly weight: number;
  readonly message: string;
}

/** `held`: the plan's time was over without a verdict. `underWay`: the past that was given ends before the rollout would. */
export interface End {
  readonly kind: 'promoted' | 'rolledBack' | 'held' | 'underWay';
  readonly time: Instant;
  readonly step: number;
  readonly weight: number;
  /** CamelCase, one word. */
  readonly reason: string;
  readonly message: string;
}

/** What would have happened. */
export interface Replay {
  /** When the first slot began. */
  readonly from: Instant;
  readonly looks: readonly Look[];
  readonly end: End;
}

/** Gates that look at what a past does not show: the weights in effect, and the pods. */
const unshown: readonly string[] = ['traffic', 'health'];

/**
 * Judges the slots one after another, as if a rollout with this plan had begun with the first. Undefined without any slot. Analysis
 * is on whatever the plan says, and no time passes between steps for the mesh to settle. Yields the looks that custom gates are due
 * for, and is owed an answer to each, in their order.
 */
export function* replaying(past: Past): Generator<readonly WantedLook[], Replay | undefined, readonly LookAnswer[]> {
  const { plan, readings } = past;
  const [first] = readings;
  if (first === undefined) return undefined;
  const judgedPlan: Plan = { ...plan, analysis: 'auto', gates: [] };
  const from = first.slot.start;
  let stand = begin(from, past);
  const looks: Look[] = [];
  for (const reading of readings) {
    const seen = yield* look(stand, reading, { ...past, plan: judgedPlan });
    looks.push(seen.look);
    const end = endOf(seen.look, judgedPlan);
    if (end !== undefined) return { from, looks, end };
    stand = seen.stand;
  }
  return { from, looks, end: openEnd(looks) };
}

/** The same at one go, of a past without custom gates. */
export function replay(past: Omit<Past, 'custom'>): Replay | undefined {
  const turn = replaying({ ...past, custom: noGates }).next();
  return turn.done === true ? turn.value : undefined;
}

const noGates: PastGates = { gates: [], names: { namespace: '', canary: '', stable: '' }, textOf: () => '' };

/** The turns of a replay, in order: the beginning, every step that passed, every time that ran out, and the end. */
export function eventsOf({ from, looks, end }: Replay): readonly Event[] {
  const turns = looks.flatMap((seen, index) => turnsAt(seen, looks[index - 1]));
  const [first] = looks;
  const begun: readonly Event[] =
    first === undefined
      ? []
      : [
          {
            kind: 'begun',
            ...placeOf(first),
            time: from,
            message: 'Judged from here on, as if the canary had just been given this weight.',
          },
        ];
  return [...begun, ...turns.filter(({ time }) => time < end.time), { ...end }];
}

function turnsAt(seen: Look, before: Look | undefined): readonly Event[] {
  const { decision } = seen;
  if (decision.kind === 'advance') return [{ kind: 'advanced', ...placeOf(seen), message: decision.warrant.message }];
  const wasHeld = before?.step === seen.step && isHeld(before);
  return decision.kind === 'stay' && isHeld(seen) && !wasHeld
    ? [{ kind: 'held', ...placeOf(seen), message: decision.message }]
    : [];
}

function isHeld(seen: Look): boolean {
  return seen.decision.kind === 'stay' && seen.decision.stalled && !isBlind(seen);
}

function placeOf({ time, step, weight }: Look): Pick<Event, 'time' | 'step' | 'weight'> {
  return { time, step, weight };
}

/** The slots of a past that none of Serin's own gates could judge: unreadable, or without any count. */
export function lostSlots({ looks }: Replay): number {
  return looks.filter(({ verdicts }) =>
    verdicts.some(({ gate, reason }) => !isCustomId(gate) && lostReasons.includes(reason)),
  ).length;
}

const lostReasons: readonly GateVerdict['reason'][] = ['SlotUnreadable', 'SourceUnreachable', 'ReporterVanished'];

interface Stand {
  readonly evidence: Evidence;
  readonly step: number;
  readonly bakeSince: Instant;
}

function begin(from: Instant, { before, pattern }: Past): Stand {
  return { evidence: beginStep(beginEvidence(from, before, pattern), from), step: 0, bakeSince: from };
}

function* look(
  { evidence, step, bakeSince }: Stand,
  reading: SlotReading,
  { subject, plan, custom = noGates }: Past,
): Generator<readonly WantedLook[], { readonly look: Look; readonly stand: Stand }, readonly LookAnswer[]> {
  const { start, end } = reading.slot;
  const weight = weightOf(plan, step);
  const pods = { ready: 1, wanted: 1, troubles: [] };
  const judged = judge(evidence, [reading], { plan, subject, weight, pods });
  const own = judged.verdicts.filter(({ gate }) => !unshown.includes(gate));
  const condemned = own.some(({ verdict }) => verdict === 'fail');
  const said = yield* lookBack(custom, { evidence, step, weight, now: end, slotMs: end - start, condemned });
  const verdicts = [...own, ...said.verdicts];
  const kept = { ...judged.evidence, gates: { ...judged.evidence.gates, ...said.states } };
  // A source that is down runs out no bake.
  const since = reading.kind === 'sourceDown' || isBlind({ verdicts }) ? bakeSince + end - start : bakeSince;
  const decision = approved(decideBake(imagined(subject, plan, { step, bakeSince: since }), verdicts, end));
  const stand =
    decision.kind === 'advance'
      ? { evidence: beginStep(kept, end), step: step + 1, bakeSince: end }
      : { evidence: kept, step, bakeSince: since };
  const requests = requestsIn(reading, subject);
  return { look: { time: end, step, weight, verdicts, decision, requests, seen: said.seen }, stand };
}

/** Nobody is asked about the past. */
function approved(decision: Decision): Look['decision'] {
  return decision.kind === 'ask' ? { kind: 'advance', warrant: decision.warrant } : decision;
}

function requestsIn(reading: SlotReading, subject: Subject): Look['requests'] {
  const counts = reading.kind === 'data' ? Object.values(countRequests(reading.requests, subject)) : [];
  const each = counts.map(({ canary, stable }) => ({ canary: canary.requests, stable: stable.requests }));
  const sum = (requests: Look['requests']) => requests.canary + requests.stable;
  return each.reduce((most, next) => (sum(next) > sum(most) ? next : most), { canary: 0, stable: 0 });
}

function endOf({ decision, time, step, weight }: Look, plan: Plan): End | undefined {
  const place = { time, step, weight };
  switch (decision.kind) {
    case 'rollBack':
      return { kind: 'rolledBack', ...place, reason: decision.reason, message: decision.message };
    case 'advance':
      return step < plan.steps.length - 1
        ? undefined
        : { kind: 'promoted', ...place, reason: reasonOf(decision.warrant), message: decision.warrant.message };
    case 'stay':
      return undefined;
  }
}

/** A plan is the only one who promotes in a past: by its gates, or as `on-undecided` says. */
function reasonOf({ kind }: Warrant): string {
  return kind === 'undecided' ? 'AdvancedUndecided' : 'GatesPassed';
}

function openEnd(looks: readonly Look[]): End {
  const last = looks.at(-1);
  if (last === undefined) throw new Error('There was no look.');
  const { decision, time, step, weight } = last;
  const place = { time, step, weight };
  if (decision.kind !== 'stay')
    return { kind: 'underWay', ...place, reason: 'StepPassed', message: 'The past ends as a step had passed.' };
  const kind = isHeld(last) ? 'held' : 'underWay';
  return { kind, ...place, reason: decision.reason, message: decision.message };
}

function isBlind({ verdicts }: Pick<Look, 'verdicts'>): boolean {
  return counting(verdicts).some(({ verdict }) => verdict === 'sourceDown');
}
