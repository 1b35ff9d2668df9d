// What the latency gate says of drawn traffic.
import type { JudgeContext } from '../../../src/domain/gate.ts';
import { beginEvidence, beginStep } from '../../../src/domain/judge.ts';
import type { LatencyLimit } from '../../../src/domain/plan.ts';
import type { GateVerdict } from '../../../src/domain/verdict.ts';
import { logNormal } from '../statistics/timings.ts';
import { type Traffic, timedBefore, timedSlots } from './latency-slots.ts';
import { aContext, lastOf, looksAt, origin } from './readings.ts';

/** At most a fifth slower than stable, as far as the slowest twentieth goes. */
export const p95: LatencyLimit = { kind: 'relative', quantile: 0.95, factor: 1.2, text: 'p95<1.2x' };
/** The times of a service that is well. */
export const usual = logNormal(80, 0.6);
/** Both versions alike, at weight 10. */
export const traffic: Traffic = { canary: usual, stable: usual, canaryRequests: 150, stableRequests: 1_350, slots: 12 };

/** The latency gate's verdicts of the usual traffic but for what differs, look by look. */
export function verdictsOf(more: Partial<Traffic>, context: JudgeContext = aContext()): readonly GateVerdict[] {
  const evidence = beginStep(beginEvidence(origin, timedBefore(usual, 20_000)), origin);
  const looks = looksAt(timedSlots({ ...traffic, ...more }), context, evidence);
  return looks.map((_, index) => lastOf('latency', looks.slice(0, index + 1)));
}

/** The last of them. */
export function lastVerdict(more: Partial<Traffic>, context?: JudgeContext): GateVerdict {
  const last = verdictsOf(more, context).at(-1);
  if (last === undefined) throw new Error('There was no look.');
  return last;
}
