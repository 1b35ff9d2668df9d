// Custom gates during a bake: look when a look is due, and judge. Beside Serin's own gates, and never in their way.
import { type Evidence, type GateState, type Subject, slotEndingBy } from '../../domain/evidence.ts';
import {
  type CustomGate,
  closeCustom,
  customId,
  dueLooks,
  openCustom,
  questionOf,
  sayCustom,
  sayCustomDown,
} from '../../domain/gates/custom.ts';
import { withinBounds } from '../../domain/gates/words.ts';
import type { RolloutStatus } from '../../domain/rollout.ts';
import type { Instant } from '../../domain/time.ts';
import type { GateVerdict } from '../../domain/verdict.ts';
import type { World } from '../world.ts';

/** What a rollout's custom gates are looked at with. */
export interface Sitting {
  readonly gates: readonly CustomGate[];
  /** As it was saved. */
  readonly evidence: Evidence;
  readonly subject: Subject;
  readonly step: RolloutStatus['step'];
  /** The weight of whoever is on trial, in percent. */
  readonly weight: number;
  readonly now: Instant;
}

/** States to be saved with the evidence, and verdicts in the order of the gates. */
export interface CustomJudged {
  readonly states: Readonly<Record<string, GateState>>;
  readonly verdicts: readonly GateVerdict[];
}

/** Looks wherever a look is due and judges every gate; one whose source is down is down alone. */
export async function judgeCustom(world: World, sitting: Sitting): Promise<CustomJudged> {
  return together(await Promise.all(sitting.gates.map((gate) => judgeOne(world, sitting, gate))));
}

/** What stands, without a look: for when a rollout goes back anyway. */
export function standingCustom({ gates, evidence, weight, now }: Sitting): CustomJudged {
  const judged = gates.map((gate) => {
    const id = customId(gate);
    const [state, verdict] = sayCustom(gate, openCustom(evidence.gates[id], evidence.stepStart), { weight, now });
    return { id, state: closeCustom(state), verdict };
  });
  return together(judged);
}

interface Judged {
  readonly id: string;
  readonly state: GateState;
  readonly verdict: GateVerdict;
}

function together(judged: readonly Judged[]): CustomJudged {
  return {
    states: Object.fromEntries(judged.map(({ id, state }) => [id, state])),
    verdicts: judged.map(({ verdict }) => withinBounds(verdict)),
  };
}

async function judgeOne(world: World, sitting: Sitting, gate: CustomGate): Promise<Judged> {
  const { evidence, subject, weight, now, step } = sitting;
  const { namespace, canary, stable } = subject;
  const id = customId(gate);
  const question = questionOf(gate, { namespace, canary, stable, weight, step: step + 1 });
  const newest = slotEndingBy(now - world.lagMs, world.slotMs).end;
  const context = { weight, now };
  let [state, verdict] = sayCustom(gate, openCustom(evidence.gates[id], evidence.stepStart), context);
  for (const at of dueLooks(gate, state, newest, world.slotMs)) {
    const answer = await world.gauges.look(question, at);
    if (answer === undefined) break;
    if (answer.kind === 'down') {
      verdict = sayCustomDown(gate, state, context, answer.message);
      break;
    }
    [state, verdict] = sayCustom(gate, state, context, { at, look: answer.look });
  }
  return { id, state: closeCustom(state), verdict: { ...verdict, query: world.gauges.text(question) } };
}
