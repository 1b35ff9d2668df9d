// The explanation of a rollout's verdicts, as text and as a record.
import { isFinal, type Rollout } from '../../domain/rollout.ts';
import { displayOf } from '../../domain/status.ts';
import { formatDuration, formatInstant, type Instant } from '../../domain/time.ts';
import type { GateVerdict } from '../../domain/verdict.ts';
import type { Paint } from '../terminal.ts';
import { isGivingBack, namedVerdicts } from './giving-back.ts';
import { numberRows, type Sides } from './numbers.ts';
import { verdictWord } from './status.ts';
import { age } from './table.ts';

/** Every gate: its verdict and sentence, then its numbers and its query. */
export function explanationLines(
  rollout: Rollout,
  verdicts: readonly GateVerdict[],
  now: Instant,
  paint: Paint,
): readonly string[] {
  const sides = isGivingBack(rollout) ? ({ canary: 'Promoted', stable: 'Copy' } as const) : undefined;
  return [
    `${paint.strong(rollout.id.name)}: ${momentWords(rollout, now)}`,
    rollout.status.message,
    ...namedVerdicts(rollout, verdicts).flatMap((verdict) => ['', ...gateLines(verdict, sides, paint)]),
    ...(verdicts.length === 0 ? ['', 'No gate has said anything of this step yet.'] : []),
    ...riskLines(rollout),
  ];
}

/** The record for programs. */
export function explanationRecord(rollout: Rollout, verdicts: readonly GateVerdict[]): unknown {
  const { id, spec, status } = rollout;
  return {
    schema: 'serin.dev/explanation/v1',
    name: id.name,
    namespace: id.namespace,
    target: spec.target.name,
    phase: status.phase,
    reason: status.reason,
    message: status.message,
    step: status.step + 1,
    weight: status.weight.intended,
    ...(status.evidence === undefined ? {} : { through: formatInstant(status.evidence.through) }),
    falseRollback: spec.plan.falseRollback,
    gates: verdicts,
  };
}

function momentWords({ spec, status }: Rollout, now: Instant): string {
  const { step, weight } = displayOf(spec, status);
  const ended = isFinal(status.phase);
  const when = ended ? `${age(now - (status.finishedAt ?? status.since))} ago` : `for ${age(now - status.since)}`;
  const through =
    status.evidence === undefined
      ? ''
      : `; counted up to ${formatInstant(status.evidence.through).replace(/\.\d+Z$/, 'Z')}`;
  return `${status.phase} ${when}, step ${step} at ${weight}${through}.`;
}

function gateLines(
  { gate, verdict, reason, message, numbers, query, shadow }: GateVerdict,
  sides: Sides | undefined,
  paint: Paint,
): readonly string[] {
  const besides = shadow === true ? ', shown and not judged' : '';
  return [
    `${paint.strong(gate)}: ${verdictWord(verdict, paint)} (${reason}${besides})`,
    `  ${message}`,
    ...(numbers === undefined ? [] : numberRows(numbers, sides).map(([name, words]) => `  ${name.padEnd(11)}${words}`)),
    ...(query === undefined ? [] : [`  ${'Query'.padEnd(11)}${query}`]),
  ];
}

/** What the plan spends on being wrong. */
function riskLines({ spec }: Rollout): readonly string[] {
  const { plan } = spec;
  if (plan.analysis === 'off') return ['', 'Analysis is off: time alone moves the weights.'];
  const percent = Number((plan.falseRollback * 100).toFixed(2));
  const own = plan.gates.some(({ shadow }) => !shadow) ? ", the policy's own gates not counted" : '';
  return [
    '',
    `By errors, 4xx and latency a release that is as good as stable is rolled back with a probability of ${percent}% at most, over all steps and looks together${own}; a step is left ${formatDuration(plan.bakeMs)} after its beginning at the earliest.`,
  ];
}
