// Stable that is sick itself: then a comparison with it says little, and going on would hide it.
import type { GateContext } from '../gate.ts';
import { formatShare } from '../plan.ts';
import { rate } from '../statistics/excess.ts';
import { upperRate } from '../statistics/rate-bounds.ts';
import { evidenceAbove } from './divergence.ts';
import type { ReporterState } from './errors-state.ts';

/** Without a ceiling stable is sick at three times its own level before the rollout, and at two points more than that. */
const times = 3;
const more = 0.02;
/** Requests of the time before that make stable's own level known. */
const knownRequests = 100;
/** Odds of a hundred, so that a few failures make nobody sick. */
const certain = Math.log(100);

/** What is wrong with stable, as the beginning of a sentence; undefined when nothing is, or nobody knows what is usual. */
export function sickness({ recent, answered }: ReporterState, { plan, weight }: GateContext): string | undefined {
  if (weight >= 100) return undefined;
  const { before } = answered;
  const own = before.n < knownRequests ? undefined : Math.max(times * upperRate(before), upperRate(before) + more);
  const limit = plan.maxErrorRate ?? own;
  if (limit === undefined || evidenceAbove(recent, limit) < certain) return undefined;
  const usual =
    plan.maxErrorRate === undefined
      ? `it was ${formatShare(rate(before))} before the rollout`
      : `max-error-rate allows ${formatShare(limit)}`;
  return `Stable itself fails: about ${formatShare(rate(recent))} of its requests in the last minutes, where ${usual}`;
}
