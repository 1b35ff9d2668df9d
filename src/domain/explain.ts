// The verdicts of a rollout with everything behind them. What is saved with a rollout are words; its evidence tells the numbers
// again.
import type { JudgeContext } from './gate.ts';
import { judge } from './judge.ts';
import { isFinal, type Rollout, trackOf } from './rollout.ts';
import { subjectOf } from './subject.ts';
import type { GateVerdict } from './verdict.ts';

/**
 * Every gate's verdict as it was last said, with the numbers and the query that the evidence still holds. A gate that speaks
 * differently by now (its evidence was begun anew, or the rollout has ended) keeps its words and goes without numbers.
 */
export function explained(rollout: Rollout): readonly GateVerdict[] {
  const { verdicts } = rollout.status;
  const again = judgedAgain(rollout);
  const said = verdicts.map((verdict) => withNumbers(verdict, again));
  const unsaid =
    verdicts.length === 0 && !isFinal(rollout.status.phase) ? again.filter(({ gate }) => gate !== 'health') : [];
  return [...said, ...unsaid];
}

function judgedAgain(rollout: Rollout): readonly GateVerdict[] {
  const { spec, status } = rollout;
  const track = trackOf(status);
  if (status.evidence === undefined || track === undefined || spec.plan.analysis === 'off') return [];
  const intended = status.weight.intended;
  const context: JudgeContext = {
    plan: spec.plan,
    subject: subjectOf(rollout, track),
    weight: status.phase === 'finalizing' ? 100 - intended : intended,
    pods: { ready: 1, wanted: 1, troubles: [] },
  };
  return judge(status.evidence, [], context).verdicts;
}

function withNumbers(verdict: GateVerdict, again: readonly GateVerdict[]): GateVerdict {
  const same = again.find(({ gate }) => gate === verdict.gate);
  const numbers =
    verdict.numbers ?? (same?.verdict === verdict.verdict && same.reason === verdict.reason ? same.numbers : undefined);
  const query = verdict.query ?? same?.query;
  return { ...verdict, ...(numbers === undefined ? {} : { numbers }), ...(query === undefined ? {} : { query }) };
}
