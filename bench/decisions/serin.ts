// Serin: the judgement that the controller runs, driven as the controller drives it (perform/judge.ts, perform/shift.ts).
import { decideBake } from '../../src/domain/decide.ts';
import { type Evidence, gridAfter, type SlotReading } from '../../src/domain/evidence.ts';
import { beginEvidence, beginStep, judge } from '../../src/domain/judge.ts';
import { defaultPlan, type Plan, weightOf } from '../../src/domain/plan.ts';
import { imagined } from '../../src/domain/replay-rollout.ts';
import type { Instant } from '../../src/domain/time.ts';
import type { GateVerdict } from '../../src/domain/verdict.ts';
import { type Counting, origin, readingOf, slotMs, subject, timeBefore } from './readings.ts';
import type { Rule, Run, Word } from './rule.ts';
import type { World } from './service.ts';

/** The controller's own defaults: settle time, and the scrape that a slot waits for. */
const settleMs = 5_000;
const lagMs = slotMs;

/** Serin over the default plan, counted by clients and servers. */
export const serin: Rule = serinUnder({ id: 'serin', title: 'Serin' });

/** What is to be moved of the default plan. */
export interface Moved {
  readonly id: string;
  readonly title: string;
  readonly change?: Partial<Plan>;
}

/** Serin over the default plan with something of it moved. */
export function serinUnder({ id, title, change }: Moved): Rule {
  const settings = change === undefined ? '' : JSON.stringify(change);
  const plan = { ...defaultPlan, ...change };
  return { id, title, source: import.meta.filename, settings, begin: (world) => begin(world, plan) };
}

interface Stand {
  readonly evidence: Evidence;
  readonly step: number;
  readonly bakeSince: Instant;
}

function begin(world: World, plan: Plan): Run {
  const isDead = world.scenario.harm.dead === true;
  const counting: Counting = { reporters: ['source', 'destination'], latency: true, unreachable: isDead };
  const { before, pattern } = timeBefore(world, counting);
  const evidence = beginEvidence(origin - lagMs, before, pattern);
  let stand = shifted({ evidence, step: 0, bakeSince: 0 }, origin);
  let unread: readonly SlotReading[] = [];
  let newest: SlotReading | undefined;

  function see(now: Instant): Word {
    if (now < stand.bakeSince) return 'stay';
    const readings = unread.filter(({ slot }) => slot.end <= now - lagMs);
    unread = unread.slice(readings.length);
    const weight = weightOf(plan, stand.step);
    const context = { plan, subject, weight, pods: { ready: 2, wanted: 2, troubles: [] } };
    const judged = judge(stand.evidence, readings, context);
    stand = { ...stand, evidence: judged.evidence };
    return decided(judged.verdicts, now);
  }

  function decided(verdicts: readonly GateVerdict[], now: Instant): Word {
    const decision = decideBake(imagined(subject, plan, stand), verdicts, now);
    if (decision.kind === 'rollBack') return 'rollBack';
    if (decision.kind === 'stay') return 'stay';
    if (stand.step >= plan.steps.length - 1) return 'promote';
    stand = shifted({ ...stand, step: stand.step + 1 }, now);
    return 'stay';
  }

  return {
    weight: () => weightOf(plan, stand.step),
    see: (slot, index) => {
      if (newest !== undefined) unread = [...unread, newest];
      newest = readingOf(slot, index, counting);
      return see(origin + (index + 1) * slotMs);
    },
  };
}

/** A weight was written: the mesh gets its time to follow, then the step is counted from the next whole slot on. */
function shifted(stand: Stand, now: Instant): Stand {
  const settled = now + settleMs;
  return { ...stand, evidence: beginStep(stand.evidence, gridAfter(settled, slotMs) + slotMs), bakeSince: settled };
}
