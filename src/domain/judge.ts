// The judgement: slots in, evidence and verdicts out. Pure: the same readings give the same evidence, however they were cut.
import { countRequests, tallyRequests, unreadableWorkloads } from './counts.ts';
import type { Evidence, GateState, SlotReading } from './evidence.ts';
import { beginGate, type Gate, type GateContext, type JudgeContext, type OpenGate, openGate } from './gate.ts';
import { boundedBuckets, bucketsOf, tallyLatency } from './gates/buckets.ts';
import { burstsIn } from './gates/bursts.ts';
import { clientErrorsGate } from './gates/client-errors.ts';
import { isCustomId } from './gates/custom.ts';
import { errorsGate } from './gates/errors.ts';
import { eachReporter } from './gates/errors-state.ts';
import { type Conviction, condemn, convictionVersion, reviveConviction, withConviction } from './gates/harm.ts';
import { sayHealth } from './gates/health.ts';
import { hear, heardBefore, slightOf } from './gates/hearing.ts';
import { latencyGate } from './gates/latency.ts';
import { timedBurstsIn } from './gates/latency-before.ts';
import {
  beginSlotStep,
  noSlots,
  noteSlot,
  overshadowed,
  reviveSlots,
  type Slots,
  slotsVersion,
} from './gates/slots.ts';
import { trafficGate } from './gates/traffic.ts';
import { withinBounds } from './gates/words.ts';
import type { Instant } from './time.ts';
import type { GateVerdict } from './verdict.ts';

export type { JudgeContext } from './gate.ts';

type DataReading = SlotReading & { readonly kind: 'data' };

/** The key of the judgement's own memory among those of the gates. */
const slotsKey = 'slots';
/** The key of what was proven against the canary. */
const convictionKey = 'conviction';
/** Workloads and services kept of the time before; a reading of one rollout has two and a few. */
const mostBefore = 8;

/**
 * Evidence that begins after `through`. `before` is a wide reading of the time before the rollout, for that rollout alone:
 * it tells stable's level and how many requests found no endpoint then. One that could not be read is as good as none.
 * `pattern` are short slots of that time in their order, as far as they were read; they tell how burstily stable fails.
 */
export function beginEvidence(through: Instant, before?: SlotReading, pattern: readonly SlotReading[] = []): Evidence {
  const counted = before?.kind === 'data' ? countedBefore(before, pattern) : undefined;
  function begun<State>(gate: Gate<State>): OpenGate {
    return beginGate(gate, counted);
  }
  const gates = [begun(errorsGate), begun(clientErrorsGate), begun(latencyGate), begun(trafficGate)];
  const slots = { ...noSlots, heard: heardBefore(counted?.tallies ?? {}) };
  return closeEvidence({ through, stepStart: through, gates, slots });
}

/** Forgets what was counted for the step before. Slots that start before `stepStart` do not count for the new one. */
export function beginStep(evidence: Evidence, stepStart: Instant): Evidence {
  const stand = openEvidence(evidence);
  const gates = stand.gates.map((gate) => gate.beginStep());
  return closeEvidence({ ...stand, stepStart, gates, slots: beginSlotStep(stand.slots) });
}

/**
 * Counts the readings after `through`, in order, up to the first that could not be read, and judges by all that stands.
 * Without new readings it says what stands. A failure that was proven stays one while the source is down: nothing overrides it.
 */
export function judge(
  evidence: Evidence,
  readings: readonly SlotReading[],
  context: JudgeContext,
): { readonly evidence: Evidence; readonly verdicts: readonly GateVerdict[] } {
  if (context.plan.analysis === 'off') return { evidence, verdicts: [sayHealth(context)] };
  const down = readings.find((reading) => reading.kind === 'sourceDown');
  const readable = readings.slice(0, down === undefined ? undefined : readings.indexOf(down)).filter(isData);
  const stand = readable.reduce((sum, reading) => countReading(sum, reading, context), openEvidence(evidence));
  const gateContext = contextOf(stand, context);
  const verdicts = stand.gates
    .filter((gate) => gate.applies(context.plan))
    .map((gate) => withConviction(gate.say(gateContext), stand.conviction))
    .map((verdict) => overshadowed(verdict, stand.slots, down, gateContext));
  return { evidence: closeEvidence(stand), verdicts: [...verdicts, sayHealth(context)].map(withinBounds) };
}

/** Evidence with its gates opened, to be counted into. */
interface Stand {
  readonly through: Instant;
  readonly stepStart: Instant;
  readonly gates: readonly OpenGate[];
  readonly slots: Slots;
  /** States of gates that are judged elsewhere. */
  readonly others?: Readonly<Record<string, GateState>>;
  /** What was proven against the canary, once and for all. */
  readonly conviction?: Conviction;
}

function openEvidence({ through, stepStart, gates }: Evidence): Stand {
  function opened<State>(gate: Gate<State>): OpenGate {
    return openGate(gate, gates[gate.id]);
  }
  const saved = gates[slotsKey];
  const slots = (saved?.version === slotsVersion ? reviveSlots(saved.state) : undefined) ?? noSlots;
  const all = [opened(errorsGate), opened(clientErrorsGate), opened(latencyGate), opened(trafficGate)];
  const others = Object.fromEntries(Object.entries(gates).filter(([id]) => isCustomId(id)));
  return { through, stepStart, gates: all, slots, others, ...reviveConviction(gates[convictionKey]) };
}

function closeEvidence({ through, stepStart, gates, slots, others, conviction }: Stand): Evidence {
  const saved = gates.map((gate) => [gate.id, gate.saved()] as const);
  const own: GateState = { version: slotsVersion, state: slots };
  const proven = conviction === undefined ? {} : { [convictionKey]: { version: convictionVersion, state: conviction } };
  return {
    schema: 1,
    through,
    stepStart,
    gates: { ...others, ...Object.fromEntries(saved), [slotsKey]: own, ...proven },
  };
}

function countReading(
  stand: Stand,
  { slot, requests, latency, unreadable, queries }: DataReading,
  context: JudgeContext,
): Stand {
  if (slot.end <= stand.through) return stand;
  const inStep = slot.start >= stand.stepStart;
  const counts = countRequests(requests, context.subject);
  const lost = unreadableWorkloads(unreadable, context.subject);
  const fit = lost.length === 0 && Object.keys(counts).length > 0;
  const slots = inStep ? noteSlot(stand.slots, { slot, unreadable: lost, fit, queries }) : stand.slots;
  if (!fit) return { ...stand, through: slot.end, slots };
  const next = { ...stand, through: slot.end, slots: { ...slots, heard: hear(slots.heard, counts) } };
  const buckets = eachReporter(tallyLatency(latency), (tally) => bucketsOf(tally, context.subject));
  const gateContext = contextOf(next, context);
  const counted = { widthMs: slot.end - slot.start, inStep, counts, buckets };
  const gates = stand.gates.map((gate) => gate.count(counted, gateContext));
  return { ...next, gates, ...convicted(next, gates, gateContext) };
}

/** A conviction stands, whatever comes after it: the odds were high enough when somebody looked. */
function convicted(
  { conviction }: Stand,
  gates: readonly OpenGate[],
  context: GateContext,
): { readonly conviction?: Conviction } {
  const found = conviction ?? condemn(gates, context);
  return found === undefined ? {} : { conviction: found };
}

function contextOf({ through, stepStart, slots }: Stand, context: JudgeContext): GateContext {
  return { ...context, countedMs: Math.max(0, through - stepStart), slight: slightOf(slots.heard) };
}

function countedBefore({ requests, latency }: DataReading, pattern: readonly SlotReading[]) {
  const tallies = eachReporter(tallyRequests(requests), ({ workloads, unattributed }) => ({
    workloads: firstOf(workloads),
    unattributed: firstOf(unattributed),
  }));
  const buckets = eachReporter(tallyLatency(latency), (tally) => boundedBuckets(firstOf(tally)));
  const known = new Set(Object.values(tallies).flatMap(({ workloads }) => Object.keys(workloads)));
  return {
    tallies,
    bursts: burstsIn(pattern, [...known]),
    buckets,
    timedBursts: timedBurstsIn(buckets, pattern),
  };
}

function firstOf<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(
    Object.entries(record)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, mostBefore),
  );
}

function isData(reading: SlotReading): reading is DataReading {
  return reading.kind === 'data';
}
