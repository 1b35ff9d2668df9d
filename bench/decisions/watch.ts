// A canary that stays at one weight and is watched: the gates alone, without plan, lag or settling.
import type { Evidence, Reporter } from '../../src/domain/evidence.ts';
import { beginEvidence, beginStep, judge } from '../../src/domain/judge.ts';
import { defaultPlan } from '../../src/domain/plan.ts';
import type { GateVerdict } from '../../src/domain/verdict.ts';
import { type Counting, origin, readingOf, subject, timeBefore } from './readings.ts';
import type { Scenario } from './scenarios.ts';
import { worldOf } from './service.ts';

/** What is watched. */
export interface Watched {
  readonly scenario: Scenario;
  readonly weight: number;
  readonly reporters: readonly Reporter[];
  readonly latency: boolean;
}

/** A look after a slot. */
export interface Look {
  readonly evidence: Evidence;
  readonly verdicts: readonly GateVerdict[];
  /** Requests of both versions so far, since the canary has been as the scenario says. */
  readonly requests: number;
}

/** Watches until `isEnough`, or for `slots` slots; the last look, and whether it was enough. */
export function watch(
  { scenario, weight, reporters, latency }: Watched,
  { seed, draw, slots }: { readonly seed: number; readonly draw: number; readonly slots: number },
  isEnough: (look: Look) => boolean,
): { readonly look: Look; readonly enough: boolean } {
  const world = worldOf(scenario, seed, draw);
  const counting: Counting = { reporters, latency, unreachable: false };
  const context = { plan: defaultPlan, subject, weight, pods: { ready: 2, wanted: 2, troubles: [] } };
  const { before, pattern } = timeBefore(world, counting);
  let evidence = beginStep(beginEvidence(origin, before, pattern), origin);
  let look: Look = { evidence, verdicts: [], requests: 0 };
  for (let index = 0; index < slots; index++) {
    const slot = world.slot(index, weight);
    const judged = judge(evidence, [readingOf(slot, index, counting)], context);
    evidence = judged.evidence;
    const requests = look.requests + (slot.harmful ? slot.canary.requests + slot.stable.requests : 0);
    look = { evidence, verdicts: judged.verdicts, requests };
    if (isEnough(look)) return { look, enough: true };
  }
  return { look, enough: false };
}
