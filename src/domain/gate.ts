// What a gate is: `(state, slot) -> [state, verdict]` in two halves, so that the verdict can be said again without a new
// slot. A gate's state is JSON of its own, versioned and bounded, because it is saved with the rollout.
import type { ByReporter, ReporterCounts, Tally } from './counts.ts';
import type { GateState, Subject } from './evidence.ts';
import type { BucketTally, ReporterBuckets } from './gates/buckets.ts';
import type { BurstTally } from './gates/bursts.ts';
import type { Heard } from './gates/hearing.ts';
import type { TimedBursts } from './gates/latency-before.ts';
import type { Plan } from './plan.ts';
import type { Millis } from './time.ts';
import type { GateVerdict } from './verdict.ts';

/** What a judgement takes into account besides the counts. */
export interface JudgeContext {
  readonly plan: Plan;
  readonly subject: Subject;
  /** The canary's weight in percent. */
  readonly weight: number;
  /** The canary's pods. */
  readonly pods: {
    readonly ready: number;
    readonly wanted: number;
    readonly troubles: readonly { readonly pod: string; readonly kind: string; readonly message: string }[];
  };
}

/** A judgement's context, how long the step has been counted, and whom a pass is asked of. */
export interface GateContext extends JudgeContext {
  readonly countedMs: Millis;
  /** Reporters that have counted next to nothing: no pass is asked of them. */
  readonly slight: ByReporter<Heard>;
}

/** A slot that is fit to be judged. */
export interface GateSlot {
  /** How long it is. */
  readonly widthMs: Millis;
  /** Whether it lies within the present step; else it only tells what stable is like. */
  readonly inStep: boolean;
  readonly counts: ByReporter<ReporterCounts>;
  readonly buckets: ByReporter<ReporterBuckets>;
}

/** What was counted before the rollout, when nobody had to know yet which workload is which. */
export interface Before {
  readonly tallies: ByReporter<Tally>;
  readonly buckets: ByReporter<BucketTally>;
  /** How burstily workloads failed, as far as slots of that time were read. */
  readonly bursts: BurstTally;
  /** The same of slow requests. */
  readonly timedBursts?: TimedBursts;
}

/** A verdict without the name of its gate. */
export type Opinion = Omit<GateVerdict, 'gate'>;

/** What a gate has to hold against the canary, in a currency that adds up over gates, steps and looks. */
export interface Harm<State> {
  /** The part of the rollout's false-rollback probability that is this gate's. Those of all gates sum to 1 at most. */
  readonly share: number;
  /**
   * ln of an e-process over the whole rollout (never reset at a step), of which the canary being as good as is tolerated is
   * the null: whenever one looks, the mean of exp(logE) is at most 1 then. 0 while nothing was counted.
   */
  readonly logE: (state: State) => number;
  /** The opinion of a rollback for which this gate is the main reason; its verdict is `fail`. */
  readonly blame: (state: State, context: GateContext) => Opinion;
}

/** One way of judging from counts. Everything here is pure. */
export interface Gate<State> {
  readonly id: string;
  /** To be raised when the state's shape or meaning changes. */
  readonly version: number;
  /** The oldest version that `revive` reads too; absent where it reads none but its own. */
  readonly since?: number;
  readonly begin: (before?: Before) => State;
  /** The state as it was saved; undefined when this is none. */
  readonly revive: (saved: unknown) => State | undefined;
  /** Forgets what was counted for the step before. */
  readonly beginStep: (state: State) => State;
  readonly count: (state: State, slot: GateSlot, context: GateContext) => State;
  /** Everything but a failure that rests on counts: that one is found over all gates together, by `harm`. */
  readonly say: (state: State, context: GateContext) => Opinion;
  /** Whether it has anything to judge by under this plan; one that does not is left out. Absent: always. */
  readonly applies?: (state: State, plan: Plan) => boolean;
  /** Absent where the gate never condemns. */
  readonly harm?: Harm<State>;
}

/** A gate together with its state, whatever that looks like. */
export interface OpenGate {
  readonly id: string;
  readonly beginStep: () => OpenGate;
  readonly count: (slot: GateSlot, context: GateContext) => OpenGate;
  readonly say: (context: GateContext) => GateVerdict;
  /** Whether it has anything to judge by under this plan. */
  readonly applies: (plan: Plan) => boolean;
  /** What it holds against the canary by now; of share 0 where the gate never condemns. */
  readonly harm: { readonly share: number; readonly logE: number };
  /** What it says when it is the main reason of a rollback. */
  readonly blame: (context: GateContext) => GateVerdict;
  readonly saved: () => GateState;
}

/** Begins a gate with an empty state. */
export function beginGate<State>(gate: Gate<State>, before?: Before): OpenGate {
  return open(gate, gate.begin(before), false);
}

/**
 * Opens a gate from what was saved. A state that is malformed or of another version starts anew, and the gate's verdicts of
 * this step say so.
 */
export function openGate<State>(gate: Gate<State>, saved: GateState | undefined): OpenGate {
  if (saved === undefined) return beginGate(gate);
  const isRead = saved.version <= gate.version && saved.version >= (gate.since ?? gate.version);
  const envelope = isRecord(saved.state) && isRead ? saved.state : {};
  const state = gate.revive(envelope['counted']);
  return state === undefined ? open(gate, gate.begin(), true) : open(gate, state, envelope['anew'] === true);
}

function open<State>(gate: Gate<State>, state: State, anew: boolean): OpenGate {
  return {
    id: gate.id,
    beginStep: () => open(gate, gate.beginStep(state), false),
    count: (slot, context) => open(gate, gate.count(state, slot, context), anew),
    say: (context) => ({ gate: gate.id, ...withNote(gate.say(state, context), anew) }),
    applies: (plan) => gate.applies?.(state, plan) ?? true,
    harm: { share: gate.harm?.share ?? 0, logE: gate.harm?.logE(state) ?? 0 },
    blame: (context) => ({ gate: gate.id, ...(gate.harm?.blame ?? gate.say)(state, context) }),
    saved: () => ({ version: gate.version, state: anew ? { anew, counted: state } : { counted: state } }),
  };
}

function withNote(opinion: Opinion, anew: boolean): Opinion {
  const note = 'What this gate had saved of this step could not be read, so it began to count anew.';
  return anew ? { ...opinion, message: `${opinion.message} ${note}` } : opinion;
}

/** Whether a value is an object with keys, and no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value can be a count. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
