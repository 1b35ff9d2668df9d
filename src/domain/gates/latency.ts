// The latency gate: the plan's limits on quantiles, held against bucket counts.
import { type ByReporter, reporters } from '../counts.ts';
import type { Reporter } from '../evidence.ts';
import type { Gate, GateContext, GateSlot, Opinion } from '../gate.ts';
import { requestsIn } from './buckets.ts';
import { proofSlots } from './divergence.ts';
import { eachReporter } from './errors-state.ts';
import { provesSlow, timedOf } from './latency-limit.ts';
import { latencyOpinion, nobodyTimes } from './latency-opinion.ts';
import {
  addTimed,
  foldTimedBefore,
  type LatencyState,
  nothingTimed,
  reviveLatency,
  type TimedState,
} from './latency-state.ts';
import { worst } from './words.ts';

/** Judges each reporter apart; the worst decides. A failure has to be proven at two counted slots in a row. */
export const latencyGate: Gate<LatencyState> = {
  id: 'latency',
  version: 1,
  begin: (before) => ({ before: before?.buckets ?? {}, reporters: {} }),
  revive: reviveLatency,
  beginStep: (state) => ({
    ...state,
    reporters: eachReporter(state.reporters, ({ past, present }) => ({ ...nothingTimed, past, present })),
  }),
  count: countLatency,
  say: sayLatency,
};

function countLatency(state: LatencyState, slot: GateSlot, context: GateContext): LatencyState {
  const { reporters: known } = foldTimedBefore(state, context.subject);
  const next: Partial<Record<Reporter, TimedState>> = {};
  for (const reporter of reporters) {
    const [before, buckets] = [known[reporter], slot.buckets[reporter]];
    if (buckets !== undefined) {
      const after = addTimed(before ?? nothingTimed, buckets, slot.inStep);
      next[reporter] = prove(before ?? nothingTimed, after, context);
    } else if (before !== undefined) {
      next[reporter] = { ...before, present: false };
    }
  }
  return { before: {}, reporters: next };
}

/** Slots that prove it in a row; one without canary requests neither adds to them nor interrupts. */
function prove(before: TimedState, after: TimedState, context: GateContext): TimedState {
  if (requestsIn(after.canary) <= requestsIn(before.canary)) return after;
  const proven = provesSlow(timedOf(after, context), context) ? Math.min(before.proven + 1, proofSlots) : 0;
  return { ...after, proven };
}

function sayLatency(state: LatencyState, context: GateContext): Opinion {
  const [first, ...others] = opinions(state.reporters, context);
  return first === undefined ? nobodyTimes(context) : worst([first, ...others]);
}

function opinions(known: ByReporter<TimedState>, context: GateContext): readonly Opinion[] {
  return reporters.flatMap((reporter) => {
    const state = known[reporter];
    return state === undefined ? [] : [latencyOpinion(reporter, state, context)];
  });
}
