// What a rule is to the benchmark: it holds a weight, sees slots, and says how it ends.
import type { SlotDraw, World } from './service.ts';

/** What a rule says after a slot. `stay` covers steps too: the weight of the next slot tells. */
export type Word = 'stay' | 'promote' | 'rollBack';

/** One rollout under one rule. */
export interface Run {
  /** The canary's weight in percent in the slot to come. */
  readonly weight: () => number;
  /** Told of the slot that has just ended. */
  readonly see: (slot: SlotDraw, index: number) => Word;
}

/** A rule that can be given any number of rollouts. */
export interface Rule {
  readonly id: string;
  readonly title: string;
  readonly withBaseline?: true;
  /** The file it is written in, and what it was given: outcomes are kept under both. */
  readonly source: string;
  readonly settings: string;
  readonly begin: (world: World) => Run;
}

/** What became of a rollout. */
export interface Outcome {
  readonly end: 'promoted' | 'rolledBack' | 'undecided';
  readonly minutes: number;
  /** Failed requests that stable would have served, until the decision. */
  readonly excess: number;
  /** Canary requests until the decision. */
  readonly exposed: number;
  /** From the first harm to the decision; 0 when nothing was wrong. */
  readonly harmfulMinutes: number;
}

/** Slots until a rollout counts as undecided: two hours. */
const horizonSlots = 480;

/** Plays one rollout to its end or to the horizon. */
export function play(rule: Rule, world: World): Outcome {
  const run = rule.begin(world);
  let [excess, exposed, firstHarm] = [0, 0, -1];
  for (let index = 0; index < horizonSlots; index++) {
    const slot = world.slot(index, run.weight(), rule.withBaseline === true);
    excess += slot.excess;
    exposed += slot.canary.requests;
    if (slot.harmful && firstHarm < 0) firstHarm = index;
    const word = run.see(slot, index);
    if (word === 'stay') continue;
    const end = word === 'promote' ? 'promoted' : 'rolledBack';
    return outcome(end, { index, excess, exposed, firstHarm });
  }
  return outcome('undecided', { index: horizonSlots - 1, excess, exposed, firstHarm });
}

function outcome(
  end: Outcome['end'],
  { index, excess, exposed, firstHarm }: { index: number; excess: number; exposed: number; firstHarm: number },
): Outcome {
  return {
    end,
    minutes: (index + 1) / 4,
    excess,
    exposed,
    harmfulMinutes: firstHarm < 0 ? 0 : (index + 1 - firstHarm) / 4,
  };
}
