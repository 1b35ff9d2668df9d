// Custom gates in a replay: which looks a rollout would have made, and what their answers come to. Pure: somebody else asks.
import type { Evidence, GateState, Subject } from './evidence.ts';
import {
  type CustomGate,
  type CustomState,
  closeCustom,
  customId,
  dueLooks,
  type GaugeQuestion,
  type Look,
  lookEveryMs,
  openCustom,
  questionOf,
  sayCustom,
  sayCustomDown,
} from './gates/custom.ts';
import { withinBounds } from './gates/words.ts';
import type { Instant, Millis } from './time.ts';
import type { GateVerdict } from './verdict.ts';

/** The custom gates of a past, and what their queries are asked with. */
export interface PastGates {
  readonly gates: readonly CustomGate[];
  /** What the places of the queries stand for: the workloads by the names they had. */
  readonly names: Pick<Subject, 'namespace' | 'canary' | 'stable'>;
  /** The query as it can be pasted into the metrics source. */
  readonly textOf: (question: GaugeQuestion) => string;
}

/** A look that a gate is due for; unless the step ends, the next one is `everyMs` later. */
export interface WantedLook {
  readonly gate: string;
  readonly question: GaugeQuestion;
  readonly at: Instant;
  readonly everyMs: Millis;
}

/** What became of a wanted look. `down` carries a sentence. */
export type LookAnswer =
  | { readonly kind: 'look'; readonly look: Look }
  | { readonly kind: 'down'; readonly message: string };

/** What a gate saw. */
export interface SeenLook {
  /** The gate's name, as its verdicts carry it. */
  readonly gate: string;
  readonly at: Instant;
  readonly look: Look;
}

/** The end of a slot, as a rollout would have stood there. */
export interface PastMoment {
  /** As it was before the slot was counted. */
  readonly evidence: Evidence;
  /** Counted from 0. */
  readonly step: number;
  /** In percent. */
  readonly weight: number;
  readonly now: Instant;
  readonly slotMs: Millis;
  /** Whether other gates have condemned the canary by now: then nobody waits for a look. */
  readonly condemned: boolean;
}

/** States to be kept with the evidence, verdicts in the order of the gates, and what was seen for them. */
export interface PastSaid {
  readonly states: Readonly<Record<string, GateState>>;
  readonly verdicts: readonly GateVerdict[];
  readonly seen: readonly SeenLook[];
}

interface Sitting {
  readonly gate: CustomGate;
  readonly question: GaugeQuestion;
  readonly state: CustomState;
  readonly verdict: GateVerdict;
  /** Looks that are still to be made, the oldest first. */
  readonly due: readonly Instant[];
  readonly seen: readonly SeenLook[];
}

/**
 * Judges every gate at the end of a slot, as a rollout does. Yields the looks to be made, one a gate at a time, and is owed the
 * answers in the same order. A gate that gets none says that its source is down, and is due again with the next slot.
 */
export function* lookBack(
  { gates, names, textOf }: PastGates,
  moment: PastMoment,
): Generator<readonly WantedLook[], PastSaid, readonly LookAnswer[]> {
  let sittings = gates.map((gate) => sitDown(gate, names, moment));
  for (;;) {
    const open = sittings.filter(({ due }) => due.length > 0);
    if (open.length === 0) break;
    const answers = yield open.map((sitting) => wantedBy(sitting, moment));
    sittings = sittings.map((sitting) => {
      const index = open.indexOf(sitting);
      return index < 0 ? sitting : takeIn(sitting, moment, answers[index]);
    });
  }
  return {
    states: Object.fromEntries(sittings.map(({ gate, state }) => [customId(gate), closeCustom(state)])),
    verdicts: sittings.map(({ verdict, question }) => withinBounds({ ...verdict, query: textOf(question) })),
    seen: sittings.flatMap(({ seen }) => seen),
  };
}

function sitDown(gate: CustomGate, names: PastGates['names'], moment: PastMoment): Sitting {
  const { evidence, step, weight, now, slotMs, condemned } = moment;
  const opened = openCustom(evidence.gates[customId(gate)], evidence.stepStart);
  const [state, verdict] = sayCustom(gate, opened, { weight, now });
  const due = condemned ? [] : dueLooks(gate, state, now, slotMs);
  const { namespace, canary, stable } = names;
  const question = questionOf(gate, { namespace, canary, stable, weight, step: step + 1 });
  return { gate, question, state, verdict, due, seen: [] };
}

function wantedBy({ gate, question, due }: Sitting, { now, slotMs }: PastMoment): WantedLook {
  return { gate: customId(gate), question, at: due[0] ?? now, everyMs: lookEveryMs(gate, slotMs) };
}

function takeIn(sitting: Sitting, { weight, now }: PastMoment, answer: LookAnswer | undefined): Sitting {
  const { gate, state, due, seen } = sitting;
  const [at = now, ...left] = due;
  const context = { weight, now };
  if (answer?.kind !== 'look') {
    const message = answer?.message ?? 'The metrics source did not answer.';
    return { ...sitting, verdict: sayCustomDown(gate, state, context, message), due: [] };
  }
  const { look } = answer;
  const [next, verdict] = sayCustom(gate, state, context, { at, look });
  return { ...sitting, state: next, verdict, due: left, seen: [...seen, { gate: customId(gate), at, look }] };
}
