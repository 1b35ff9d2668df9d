// What would have happened: a past stretch of two workloads, judged by the very code that judges a rollout under way.
//
// The past had a traffic split of its own, so that the weight of each step is assumed: it chooses the margin, and the share
// that the canary really received is not judged. Neither are pods, of which metrics know nothing.
import { countRequests } from './counts.ts';
import { type Decision, decideBake } from './decide.ts';
import type { Evidence, SlotReading, Subject } from './evidence.ts';
import { beginEvidence, beginStep, judge } from './judge.ts';
import { type Plan, weightOf } from './plan.ts';
import type { Rollout, RolloutSpec, RolloutStatus } from './rollout.ts';
import type { Instant } from './time.ts';
import type { GateVerdict } from './verdict.ts';

/** A past to be judged. */
export interface Past {
  readonly subject: Subject;
  readonly plan: Plan;
  /** One wide reading of the time before, for stable's usual level. */
  readonly before?: SlotReading;
  /** Slots in order, without gaps. */
  readonly readings: readonly SlotReading[];
}

/** One look at the evidence, at the end of a slot. */
export interface Look {
  readonly time: Instant;
  /** Counted from 0. */
  readonly step: number;
  /** The weight that was assumed, in percent. */
  readonly weight: number;
  readonly verdicts: readonly GateVerdict[];
  readonly decision: Decision;
  /** Requests of the slot, as the reporter that saw most of them counted. */
  readonly requests: { readonly canary: number; readonly stable: number };
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
 * Judges the slots one after another, as if a rollout with this plan had begun with the first. Undefined without any slot. Custom
 * gates are left out, and analysis is on whatever the plan says. No time passes between steps for the mesh to settle.
 */
export function replay({ subject, plan, before, readings }: Past): Replay | undefined {
  const [first] = readings;
  if (first === undefined) return undefined;
  const judgedPlan: Plan = { ...plan, analysis: 'auto', gates: [] };
  const from = first.slot.start;
  let stand = begin(from, before);
  const looks: Look[] = [];
  for (const reading of readings) {
    const seen = look(stand, reading, subject, judgedPlan);
    looks.push(seen.look);
    const end = endOf(seen.look, judgedPlan);
    if (end !== undefined) return { from, looks, end };
    stand = seen.stand;
  }
  return { from, looks, end: openEnd(looks) };
}

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

/** The slots of a past that no gate could judge: unreadable, or without any count. */
export function lostSlots({ looks }: Replay): number {
  return looks.filter(({ verdicts }) => verdicts.some(({ reason }) => lostReasons.includes(reason))).length;
}

const lostReasons: readonly GateVerdict['reason'][] = ['SlotUnreadable', 'SourceUnreachable', 'ReporterVanished'];

interface Stand {
  readonly evidence: Evidence;
  readonly step: number;
  readonly bakeSince: Instant;
}

function begin(from: Instant, before: SlotReading | undefined): Stand {
  return { evidence: beginStep(beginEvidence(from, before), from), step: 0, bakeSince: from };
}

function look(
  { evidence, step, bakeSince }: Stand,
  reading: SlotReading,
  subject: Subject,
  plan: Plan,
): { readonly look: Look; readonly stand: Stand } {
  const { start, end } = reading.slot;
  const weight = weightOf(plan, step);
  const pods = { ready: 1, wanted: 1, troubles: [] };
  const judged = judge(evidence, [reading], { plan, subject, weight, pods });
  const verdicts = judged.verdicts.filter(({ gate }) => !unshown.includes(gate));
  // A source that is down runs out no bake.
  const since = reading.kind === 'sourceDown' ? bakeSince + end - start : bakeSince;
  const decision = decideBake(imagined(subject, plan, { step, bakeSince: since }), verdicts, end);
  const goesOn = decision.kind === 'advance';
  const stand = goesOn
    ? { evidence: beginStep(judged.evidence, end), step: step + 1, bakeSince: end }
    : { evidence: judged.evidence, step, bakeSince: since };
  return { look: { time: end, step, weight, verdicts, decision, requests: requestsIn(reading, subject) }, stand };
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
        : { kind: 'promoted', ...place, reason: 'GatesPassed', message: decision.warrant.message };
    case 'stay':
      return undefined;
  }
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

function isBlind({ verdicts }: Look): boolean {
  return verdicts.some(({ verdict }) => verdict === 'sourceDown');
}

/** A rollout that bakes, as far as a decision looks at it. */
function imagined(
  { namespace, stable, canary }: Subject,
  plan: Plan,
  { step, bakeSince }: Omit<Stand, 'evidence'>,
): Pick<Rollout, 'id' | 'spec' | 'status'> {
  const spec: RolloutSpec = {
    mode: 'pair',
    target: { name: canary, uid: '' },
    stable: { workload: stable, hash: '', images: [] },
    canary: { workload: canary, hash: '', images: [] },
    attempt: 1,
    plan,
    route: {},
    requests: [],
    paused: false,
    abort: false,
  };
  const weight = weightOf(plan, step);
  const status: RolloutStatus = {
    phase: 'baking',
    step,
    epoch: 0,
    weight: { intended: weight, observed: weight },
    since: bakeSince,
    bakeSince,
    verdicts: [],
    checkpointAt: bakeSince,
    corrections: 0,
    history: [],
    answers: [],
    reason: 'Baking',
    message: '',
  };
  return { id: { namespace, name: canary }, spec, status };
}
