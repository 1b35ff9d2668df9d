// The numbers of the errors gate: canary against stable, and canary against its ceiling.
import { type Arm, addArms, errorsOf, noRequests } from '../counts.ts';
import type { GateContext } from '../gate.ts';
import {
  beyondChance,
  evidenceAbove,
  evidenceOfExcess,
  proofFailures,
  proofNats,
  rate,
  type Trial,
} from './divergence.ts';
import type { Level, ReporterState } from './errors-state.ts';

/** A canary's failures beside what they are held against. */
export interface Comparison {
  /** Its requests with everything charged to it. */
  readonly arm: Arm;
  /** How many of them are failures that no workload can be named for. */
  readonly charged: number;
  readonly canary: Trial;
  readonly stable: Trial;
  readonly margin: number;
  /** Whether stable is known only from before this step, because it has no traffic now. */
  readonly byPast: boolean;
  readonly ceiling?: { readonly limit: number; readonly trial: Trial };
}

/**
 * Compares what a reporter counted in this step. At weight 100 stable has no traffic: its counts since the evidence began
 * stand in for it, and the margin is doubled, because the times differ.
 */
export function compareErrors(state: ReporterState, { plan, weight }: GateContext): Comparison {
  const byPast = weight >= 100;
  const stable = byPast ? state.past : state.stable;
  const charged = chargedToCanary(state, state.canary.requests + state.stable.requests);
  const arm = addArms(state.canary, { ...noRequests, requests: charged, server: charged });
  const trials = errorTrials(arm, stable);
  const margin = byPast ? 2 * plan.errorMargin : plan.errorMargin;
  const limit = plan.maxErrorRate;
  const ceiling = limit === undefined ? {} : { ceiling: { limit, trial: ceilingTrial(arm, stable) } };
  return { arm, charged, ...trials, margin, byPast, ...ceiling };
}

/** What of the unattributed failures exceeds the services' level before the rollout; `placed` requests found an endpoint. */
export function chargedToCanary(
  { unattributed, level }: { readonly unattributed: number; readonly level: Level },
  placed: number,
): number {
  const usual = { n: level.requests, x: level.unattributed };
  return beyondChance({ n: placed + unattributed, x: unattributed }, usual);
}

/** Unanswered requests count as failures of both arms when the canary has the greater share of them, else of neither. */
function errorTrials(canary: Arm, stable: Arm): { readonly canary: Trial; readonly stable: Trial } {
  const share = (arm: Arm): number => rate({ n: arm.requests, x: arm.unanswered });
  const counts = share(canary) > share(stable);
  const trial = (arm: Arm): Trial => ({ n: arm.requests, x: errorsOf(arm) + (counts ? arm.unanswered : 0) });
  return { canary: trial(canary), stable: trial(stable) };
}

/** For a ceiling there is no other arm, so only what exceeds stable's share of unanswered requests beyond chance counts. */
function ceilingTrial(canary: Arm, stable: Arm): Trial {
  const usual = { n: stable.requests, x: stable.unanswered };
  const unanswered = beyondChance({ n: canary.requests, x: canary.unanswered }, usual);
  return { n: canary.requests, x: errorsOf(canary) + unanswered };
}

/** Whether there is enough of stable to hold the canary against. */
function isComparable({ stable, byPast }: Comparison, { plan }: GateContext): boolean {
  return stable.n >= (byPast ? plan.minRequests : 1);
}

/** What the counts prove by now, if anything; one slot's proof is not a verdict yet. */
export function proofIn(comparison: Comparison, context: GateContext): 'worse' | 'aboveCeiling' | undefined {
  const { canary, stable, margin, ceiling } = comparison;
  if (canary.n < context.plan.minRequests) return undefined;
  const excess = canary.x - canary.n * rate(stable);
  if (isComparable(comparison, context) && excess >= proofFailures) {
    if (evidenceOfExcess(canary, stable, margin) >= proofNats) return 'worse';
  }
  if (ceiling === undefined) return undefined;
  const above = ceiling.trial.x - ceiling.trial.n * ceiling.limit >= proofFailures;
  return above && evidenceAbove(ceiling.trial, ceiling.limit) >= proofNats ? 'aboveCeiling' : undefined;
}
