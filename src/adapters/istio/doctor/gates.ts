// Whether custom gates can be judged at all, by one try of each.
import { someOf } from '../words.ts';
import { blocking, type Check, check, fine, type Outcome, unknown, warning } from './check.ts';
import type { TriedGate } from './facts.ts';

/** What a gate's samples lack, of those that a look needs. */
function lackOf({ gate, answer }: TriedGate, workload: string): string | undefined {
  if (answer.kind === 'down' || gate.onNoData === 'pass') return undefined;
  for (const sample of [answer.look.canary, answer.look.stable]) {
    if (sample === undefined || sample.kind === 'number') continue;
    if (sample.kind === 'none') return `${gate.name} finds no sample for ${workload}`;
    if (sample.kind === 'several')
      return `${gate.name} finds ${sample.count} samples for ${workload} where one is meant`;
    return `${gate.name} finds ${sample.text} for ${workload}`;
  }
  return undefined;
}

const custom = check('custom-gates', ['triedGates'], ({ triedGates, plan, stable }): Outcome => {
  if (triedGates.length === 0) return fine('No policy adds gates of its own.');
  const refused = triedGates.filter(({ answer }) => answer.kind === 'down' && answer.refused);
  if (refused.length > 0) {
    const found = `Prometheus refuses ${someOf(refused.map(saidOf))}`;
    const advice = 'Correct the query in the CanaryPolicy; serin lint -f FILE says more.';
    const harmless = plan.analysis === 'off' || refused.every(({ gate }) => gate.shadow);
    return harmless ? warning(found, advice) : blocking(found, advice);
  }
  const down = triedGates.filter(({ answer }) => answer.kind === 'down');
  if (down.length > 0) return unknown(`Custom gates could not be tried: ${someOf(down.map(saidOf))}`);
  const lacks = triedGates.flatMap((tried) => lackOf(tried, stable.workload) ?? []);
  if (lacks.length === 0)
    return fine(
      `Every custom gate has a value for ${stable.workload}: ${triedGates.map(({ gate }) => gate.name).join(', ')}.`,
    );
  return warning(
    `Of the custom gates, ${someOf(lacks)}; the same of a canary holds its rollout, or does what onNoData says.`,
    'Look at the labels that the query asks for, and sum or max what may be several; or set onNoData.',
  );
});

function saidOf({ gate, answer }: TriedGate): string {
  return `${gate.name}: ${answer.kind === 'down' ? answer.message : ''}`;
}

/** Whether custom gates can be judged at all. */
export const gateChecks: readonly Check[] = [custom];
