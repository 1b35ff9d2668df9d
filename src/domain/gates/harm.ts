// What all gates together hold against a canary, and when that suffices to roll it back.
import type { GateState } from '../evidence.ts';
import { type GateContext, isRecord, type OpenGate } from '../gate.ts';
import { logSum } from '../statistics/race.ts';
import type { GateVerdict } from '../verdict.ts';
import { withinBounds } from './words.ts';

/** The version of `Conviction` as saved. */
export const convictionVersion = 1;

/** The gate that was the main reason when the odds sufficed, and what it said. */
export type Conviction = GateVerdict & { readonly verdict: 'fail' };

/**
 * Condemns the canary when the weighted mean of the gates' e-processes reaches one over the plan's false-rollback
 * probability: by Ville's inequality (1939) an as good one ever gets there with that probability at most, over all slots, steps and gates
 * (the mean of e-processes is one: Vovk and Wang 2021). Gates that never condemn, and shares that nobody has, count as 1.
 */
export function condemn(gates: readonly OpenGate[], context: GateContext): Conviction | undefined {
  const parts = gates.map((gate) => ({ gate, log: Math.log(gate.harm.share) + gate.harm.logE }));
  const unused = 1 - gates.reduce((sum, { harm }) => sum + harm.share, 0);
  const whole = logSum([...parts.map(({ log }) => log), Math.log(Math.max(0, unused))]);
  if (whole < Math.log(1 / context.plan.falseRollback)) return undefined;
  const [first, ...others] = parts;
  if (first === undefined) return undefined;
  const most = others.reduce((a, b) => (b.log > a.log ? b : a), first);
  return withinBounds({ ...most.gate.blame(context), verdict: 'fail' });
}

/** A gate's verdict, or what it said when it was proven right. */
export function withConviction(verdict: GateVerdict, conviction: Conviction | undefined): GateVerdict {
  return conviction?.gate === verdict.gate ? conviction : verdict;
}

/** The conviction as saved; nothing when there is none. */
export function reviveConviction(saved: GateState | undefined): { readonly conviction?: Conviction } {
  if (saved?.version !== convictionVersion || !isConviction(saved.state)) return {};
  return { conviction: saved.state };
}

function isConviction(state: unknown): state is Conviction {
  return (
    isRecord(state) &&
    state['verdict'] === 'fail' &&
    typeof state['gate'] === 'string' &&
    typeof state['reason'] === 'string' &&
    typeof state['message'] === 'string'
  );
}
