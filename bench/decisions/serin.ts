// Serin: the judgement that the controller runs, driven as the controller drives it (perform/judge.ts, perform/shift.ts).
import { decideBake } from '../../src/domain/decide.ts';
import type { Evidence, Reporter, SlotReading } from '../../src/domain/evidence.ts';
import { gridAfter } from '../../src/domain/evidence.ts';
import { beginEvidence, beginStep, judge } from '../../src/domain/judge.ts';
import { defaultPlan, type Plan, weightOf } from '../../src/domain/plan.ts';
import type { Rollout, RolloutSpec, RolloutStatus } from '../../src/domain/rollout.ts';
import type { Instant } from '../../src/domain/time.ts';
import type { GateVerdict } from '../../src/domain/verdict.ts';
import { type Counting, origin, readingBefore, readingOf, slotMs, subject } from './readings.ts';
import type { Rule, Run, Word } from './rule.ts';
import type { World } from './service.ts';

/** The controller's own defaults: settle time, the scrape that a slot waits for, the time read before the rollout. */
const settleMs = 5_000;
const lagMs = slotMs;
const slotsBefore = 20;

/** What a run of Serin may differ in. */
export interface SerinOptions {
  readonly id: string;
  readonly title: string;
  readonly plan?: Plan;
  readonly reporters?: readonly Reporter[];
  readonly latency?: boolean;
  /** Told of every look, for measures besides the outcome. */
  readonly watch?: (verdicts: readonly GateVerdict[], index: number, evidence: Evidence) => void;
}

/** Serin as a rule; over the default plan, counted by clients and servers, unless told otherwise. */
export function serin({
  id,
  title,
  plan = defaultPlan,
  reporters = ['source', 'destination'],
  latency = true,
  watch,
}: SerinOptions): Rule {
  return {
    id,
    title,
    source: import.meta.filename,
    settings: JSON.stringify({ plan, reporters, latency }),
    begin: (world) => {
      const counting: Counting = { reporters, latency, unreachable: world.scenario.harm.dead === true };
      return rollout(world, plan, counting, watch);
    },
  };
}

interface Stand {
  readonly evidence: Evidence;
  readonly step: number;
  readonly bakeSince: Instant;
}

function rollout(world: World, plan: Plan, counting: Counting, watch: SerinOptions['watch']): Run {
  const before = Array.from({ length: slotsBefore }, (_, index) => world.slot(index - slotsBefore, 0));
  let stand = shifted(
    { evidence: beginEvidence(origin - lagMs, readingBefore(before, counting)), step: 0, bakeSince: 0 },
    origin,
  );
  let unread: readonly SlotReading[] = [];
  let newest: SlotReading | undefined;

  function see(now: Instant, index: number): Word {
    if (now < stand.bakeSince) return 'stay';
    const readings = unread.filter(({ slot }) => slot.end <= now - lagMs);
    unread = unread.slice(readings.length);
    const weight = weightOf(plan, stand.step);
    const context = { plan, subject, weight, pods: { ready: 2, wanted: 2, troubles: [] } };
    const judged = judge(stand.evidence, readings, context);
    stand = { ...stand, evidence: judged.evidence };
    watch?.(judged.verdicts, index, judged.evidence);
    return decided(judged.verdicts, now);
  }

  function decided(verdicts: readonly GateVerdict[], now: Instant): Word {
    const decision = decideBake(imagined(plan, stand), verdicts, now);
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
      return see(origin + (index + 1) * slotMs, index);
    },
  };
}

/** A weight was written: the mesh gets its time to follow, then the step is counted from the next whole slot on. */
function shifted(stand: Stand, now: Instant): Stand {
  const settled = now + settleMs;
  return { ...stand, evidence: beginStep(stand.evidence, gridAfter(settled, slotMs) + slotMs), bakeSince: settled };
}

/** A rollout that bakes, as far as a decision looks at it. */
function imagined(plan: Plan, { step, bakeSince }: Stand): Pick<Rollout, 'id' | 'spec' | 'status'> {
  const spec: RolloutSpec = {
    mode: 'pair',
    target: { name: subject.canary, uid: '' },
    stable: { workload: subject.stable, hash: '', images: [] },
    canary: { workload: subject.canary, hash: '', images: [] },
    attempt: 1,
    plan,
    route: {},
    requests: [],
    paused: false,
    abort: false,
  };
  const weight = weightOf(plan, step);
  const status: RolloutStatus = {
    phase: 'baking',
    step,
    epoch: 0,
    weight: { intended: weight, observed: weight },
    since: bakeSince,
    bakeSince,
    verdicts: [],
    checkpointAt: bakeSince,
    corrections: 0,
    history: [],
    answers: [],
    reason: 'Baking',
    message: '',
  };
  return { id: { namespace: subject.namespace, name: subject.canary }, spec, status };
}
