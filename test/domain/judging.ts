// A step that has just begun, slots of a good and of bad canaries, and one gate's word among the verdicts.
import { beginEvidence, beginStep } from '../../src/domain/judge.ts';
import type { GateVerdict, Verdict } from '../../src/domain/verdict.ts';
import { origin } from './gates/readings.ts';

/** A step of which nothing has been counted yet. */
export const fresh = beginStep(beginEvidence(origin), origin);
/** A slot in which the canary fails no more than stable. */
export const fine = { canary: [300, 1], stable: [2_700, 9] } as const;
/** A slot that condemns the canary. */
export const bad = { canary: [300, 150], stable: [2_700, 9] } as const;
/** A slot that speaks against the canary and does not condemn it alone. */
export const fishy = { canary: [300, 12], stable: [2_700, 9] } as const;

/** What one gate says; undefined when it is not among them. */
export function wordOf(gate: string, verdicts: readonly GateVerdict[]): Verdict | undefined {
  return verdicts.find((each) => each.gate === gate)?.verdict;
}
