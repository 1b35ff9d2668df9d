// What a bake comes to: stay, go on with a warrant, ask a person, or go back.

import {
  approvalAt,
  approvedBy,
  askingSentence,
  asksAfter,
  expiredSentence,
  isExpired,
  questionOf,
} from './approval.ts';
import type { Approval } from './people.ts';
import { formatShare, type Plan, undecidedFactor, weightOf } from './plan.ts';
import type { Cause, Rollout, RolloutSpec, RolloutStatus, Warrant } from './rollout.ts';
import { isPaused } from './status.ts';
import { formatDuration, type Instant } from './time.ts';
import { decisive, type GateVerdict, judged, type VerdictReason } from './verdict.ts';

/** The outcome of looking at a bake. Every one carries its sentence. */
export type Decision =
  /** `reason` where it is not that of the warrant. */
  | { readonly kind: 'advance'; readonly warrant: Warrant; readonly reason?: string }
  /** The step is warranted, and the plan wants a person's word before it is left. */
  | {
      readonly kind: 'ask';
      readonly warrant: Warrant;
      readonly approval: Approval;
      readonly reason: string;
      readonly message: string;
    }
  | { readonly kind: 'rollBack'; readonly cause: Cause; readonly reason: string; readonly message: string }
  /** `stalled`: the plan's time is over and only evidence or a person can move it. */
  | { readonly kind: 'stay'; readonly reason: string; readonly message: string; readonly stalled: boolean };

/**
 * Decides from the newest verdicts, in this order: nothing overrides a fail; a pause stops forward moves; a person's full
 * promotion goes on; then the plan. A source that is down never runs out a bake, because nothing was learnt of the canary.
 */
export function decideBake(
  { id, spec, status }: Pick<Rollout, 'id' | 'spec' | 'status'>,
  verdicts: readonly GateVerdict[],
  now: Instant,
): Decision {
  const failed = judged(verdicts).find((verdict) => verdict.verdict === 'fail');
  if (failed !== undefined)
    return { kind: 'rollBack', cause: causeOf(failed), reason: failed.reason, message: failed.message };
  const worst = decisive(verdicts);
  const sentence = worst?.message ?? 'Nothing has been judged yet.';
  if (isPaused(spec, status)) {
    return {
      kind: 'stay',
      reason: 'Paused',
      message: `Paused at weight ${weight(spec, status)}%. ${sentence}`,
      stalled: false,
    };
  }
  if (status.fullWarrant !== undefined)
    return { kind: 'advance', warrant: { ...status.fullWarrant, step: status.step } };
  if (status.phase === 'awaitingApproval') return decideApproval({ id, spec, status }, sentence, now);
  const decision =
    spec.plan.analysis === 'off'
      ? decideByTime(spec, status, now)
      : decideByEvidence({ id, spec, status }, verdicts, worst, now);
  const asks = decision.kind === 'advance' && status.phase === 'baking' && asksAfter(spec.plan, status.step);
  return asks ? ask({ id, spec, status }, decision.warrant, now) : decision;
}

function ask(rollout: Pick<Rollout, 'id' | 'spec' | 'status'>, warrant: Warrant, now: Instant): Decision {
  const approval = questionOf(rollout.spec.plan, rollout.status.step, warrant, now);
  const message = `${askingSentence(rollout, approval)} ${warrant.message}`;
  return { kind: 'ask', warrant, approval, reason: 'AwaitingApproval', message };
}

/** What the answer to the question comes to, or silence; gates that fail were looked at before. */
function decideApproval(
  { id, spec, status }: Pick<Rollout, 'id' | 'spec' | 'status'>,
  sentence: string,
  now: Instant,
): Decision {
  const approval = approvalAt(status) ?? { of: 'step' as const, step: status.step, askedAt: status.since };
  const { warrant = { kind: 'person' as const, step: status.step, message: 'Approval was waited for.' } } = approval;
  if (approval.given !== undefined) {
    const message = `${warrant.message} ${approvedBy(approval.given)}`;
    return { kind: 'advance', reason: 'Approved', warrant: { ...warrant, message } };
  }
  if (!isExpired(approval, now)) {
    const message = `${askingSentence({ id, spec, status }, approval)} ${sentence}`;
    return { kind: 'stay', reason: 'AwaitingApproval', message, stalled: false };
  }
  const expired = expiredSentence(spec.plan, approval);
  switch (spec.plan.approval?.onTimeout ?? 'hold') {
    case 'rollback':
      return { kind: 'rollBack', cause: 'approval', reason: 'ApprovalExpired', message: expired };
    case 'advance':
      return {
        kind: 'advance',
        reason: 'ApprovalExpired',
        warrant: { ...warrant, message: `${warrant.message} ${expired}` },
      };
    case 'hold': {
      const message = `${expired} An approval still counts: serin approve ${spec.target.name} -n ${id.namespace}`;
      return { kind: 'stay', reason: 'ApprovalExpired', message, stalled: true };
    }
  }
}

function causeOf(failed: GateVerdict): Cause {
  return failed.gate === 'health' ? 'health' : 'gate';
}

function weight(spec: RolloutSpec, status: RolloutStatus): number {
  return weightOf(spec.plan, status.step);
}

function decideByTime(spec: RolloutSpec, status: RolloutStatus, now: Instant): Decision {
  const left = (status.bakeSince ?? now) + spec.plan.bakeMs - now;
  const at = `weight ${weight(spec, status)}%`;
  if (left > 0) {
    const message = `Analysis is off: ${at} bakes on time alone, ${formatDuration(wholeSeconds(left))} left.`;
    return { kind: 'stay', reason: 'BakingOnTimeAlone', message, stalled: false };
  }
  const message = `Analysis is off: ${at} was kept for ${formatDuration(spec.plan.bakeMs)} and nothing was judged.`;
  return { kind: 'advance', warrant: { kind: 'time', step: status.step, message } };
}

function decideByEvidence(
  { id, spec, status }: Pick<Rollout, 'id' | 'spec' | 'status'>,
  verdicts: readonly GateVerdict[],
  worst: GateVerdict | undefined,
  now: Instant,
): Decision {
  const baked = now - (status.bakeSince ?? now);
  const passed = worst?.verdict === 'pass';
  const sentence = worst?.message ?? 'Nothing has been judged yet.';
  if (passed && baked >= spec.plan.bakeMs) {
    return { kind: 'advance', warrant: { kind: 'pass', step: status.step, message: sentence } };
  }
  if (passed) {
    const left = formatDuration(wholeSeconds(spec.plan.bakeMs - baked));
    return { kind: 'stay', reason: 'Baking', message: `${sentence} The bake goes on for ${left}.`, stalled: false };
  }
  if (baked < spec.plan.maxBakeMs || worst?.verdict === 'sourceDown') {
    return {
      kind: 'stay',
      reason: worst?.reason ?? 'Baking',
      message: sentence,
      stalled: worst?.verdict === 'sourceDown',
    };
  }
  return decideUndecided({ spec, status }, verdicts, worst, `${spec.target.name} -n ${id.namespace}`);
}

function decideUndecided(
  { spec, status }: Pick<Rollout, 'spec' | 'status'>,
  verdicts: readonly GateVerdict[],
  worst: GateVerdict | undefined,
  where: string,
): Decision {
  const sentence = worst?.message ?? 'Nothing has been judged yet.';
  const over = `max-bake (${formatDuration(spec.plan.maxBakeMs)}) is over at weight ${weight(spec, status)}%`;
  switch (spec.plan.onUndecided) {
    case 'rollback':
      return {
        kind: 'rollBack',
        cause: 'undecided',
        reason: 'Undecided',
        message: `${over} and on-undecided says rollback. ${sentence}`,
      };
    case 'advance': {
      const open = openHarm(spec.plan, verdicts);
      if (open !== undefined)
        return held(`${over} and on-undecided says advance, but ${open.why}. ${open.sentence}`, worst, where);
      const message = `${over} and on-undecided says advance: harm beyond five times the margin is excluded. ${sentence}`;
      return { kind: 'advance', warrant: { kind: 'undecided', step: status.step, message } };
    }
    case 'hold':
      return held(`${over} without a verdict. ${sentence}`, worst, where);
  }
}

function held(why: string, worst: GateVerdict | undefined, where: string): Decision {
  const verbs = `go on with "serin promote ${where}" or back with "serin abort ${where}"`;
  const message = `Held: ${why} It goes on by itself when the evidence suffices; or ${verbs}.`;
  return { kind: 'stay', reason: worst?.reason ?? 'Undecided', message, stalled: true };
}

/** Gates that compare the canary with stable: undecided, they have to exclude the worst before a step is taken all the same. */
const comparing: readonly string[] = ['errors', '4xx', 'latency'];
/** What may be missing then: evidence, and nothing else. */
const lacking: readonly VerdictReason[] = ['TooFewRequests', 'TooFewFailures', 'MarginNotMet'];

/** Why a step is not taken although its time is over, and the sentence of the gate that it hangs on. */
interface Open {
  readonly why: string;
  readonly sentence: string;
}

/** What stands against a step that is taken all the same: a gate that has to pass, or harm that is not out of the question. */
function openHarm(plan: Plan, verdicts: readonly GateVerdict[]): Open | undefined {
  const all = judged(verdicts);
  if (!all.some(({ gate }) => comparing.includes(gate)))
    return {
      why: 'nothing was compared with stable',
      sentence: decisive(all)?.message ?? 'Nothing has been judged yet.',
    };
  for (const verdict of all) {
    if (verdict.verdict === 'pass') continue;
    const why = hasToPass(plan, verdict) ? `the ${verdict.gate} gate has not passed` : possibleHarm(verdict);
    if (why !== undefined) return { why, sentence: verdict.message };
  }
  return undefined;
}

/** Whether only a pass of this gate will do: it compares nothing, keeps a limit of the plan, or lacks more than evidence. */
function hasToPass({ maxLatency }: Plan, { gate, verdict, reason }: GateVerdict): boolean {
  if (!comparing.includes(gate) || (gate === 'latency' && maxLatency.length > 0)) return true;
  return verdict !== 'undecided' || !lacking.includes(reason);
}

/** Odds that the canary is worse at which no step is left for want of evidence. */
const suspicious = 10;

/** What harm the gate holds likely, or still possible beyond the wider margin; undefined when it is excluded. */
function possibleHarm({ gate, numbers }: GateVerdict): string | undefined {
  const { interval, margin, worse } = numbers ?? {};
  if (interval === undefined || margin === undefined) return `the ${gate} gate excludes no harm yet`;
  if (interval.low > interval.high) return `the ${gate} gate has seen too different things to say where the harm lies`;
  if (interval.low > margin)
    return `the ${gate} gate shows more harm than its margin (${formatShare(margin)}): ${formatShare(interval.low)} at least`;
  if ((worse?.odds ?? 0) >= suspicious)
    return `the ${gate} gate holds the canary for worse, at odds of ${Math.floor(worse?.odds ?? 0)} to 1`;
  const [limit, name] = widerMargin(margin);
  if (interval.high <= limit + 1e-9) return undefined;
  const known =
    interval.high >= 1 ? 'nothing is excluded yet' : `up to ${formatShare(interval.high)} is still possible`;
  return `only once the ${gate} gate excludes harm beyond ${formatShare(limit)}, ${name}; ${known}`;
}

/** Five times the margin; where that would be (nearly) everything, half of what the margin leaves. */
function widerMargin(margin: number): readonly [number, string] {
  const [five, half] = [undecidedFactor * margin, (1 + margin) / 2];
  return five <= half ? [five, 'five times the margin'] : [half, 'as its margin is so wide'];
}

function wholeSeconds(millis: number): number {
  return Math.max(1_000, Math.ceil(millis / 1_000) * 1_000);
}
