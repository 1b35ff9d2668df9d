// The latency gate: the canary must not be slower than stable, nor than the plan's limits allow.
import { type ByReporter, reporters } from '../counts.ts';
import type { Reporter } from '../evidence.ts';
import type { Before, Gate, GateContext, GateSlot, Opinion } from '../gate.ts';
import type { Plan } from '../plan.ts';
import { eachReporter } from './errors-state.ts';
import { askedOf } from './hearing.ts';
import { countTimed, enterTimedStep, timedHarm } from './latency-count.ts';
import { latencyBlame, latencyOpinion, nobodyTimes } from './latency-opinion.ts';
import { reviveLatency } from './latency-saved.ts';
import { foldTimedBefore, type LatencyState, nothingTimed, type TimedState } from './latency-state.ts';
import type { Seen } from './latency-words.ts';
import { gateShares, reporterShares, sharedHarm } from './shares.ts';
import { worst } from './words.ts';

/**
 * Judges each reporter apart. Harm is an e-process over the whole rollout, averaged over the reporters and over what is asked; a
 * pass is a second test, of this step alone, that every reporter has to grant for everything that is asked.
 */
export const latencyGate: Gate<LatencyState> = {
  id: 'latency',
  version: 3,
  since: 2,
  begin,
  revive: reviveLatency,
  beginStep: (state) => ({ ...state, reporters: eachReporter(state.reporters, enterTimedStep) }),
  count: countLatency,
  say: sayLatency,
  applies,
  harm: { share: gateShares.latency, logE: latencyHarm, blame: blameLatency },
};

function begin(before?: Before): LatencyState {
  const bursts = before?.timedBursts;
  return { before: before?.buckets ?? {}, ...(bursts === undefined ? {} : { bursts }), reporters: {} };
}

/** Without limits, a mesh that has no latency histograms is judged without them. */
function applies({ before, reporters: known }: LatencyState, { maxLatency }: Plan): boolean {
  return maxLatency.length > 0 || Object.keys(before).length > 0 || Object.keys(known).length > 0;
}

function countLatency(state: LatencyState, slot: GateSlot, context: GateContext): LatencyState {
  const { reporters: known, shares } = foldTimedBefore(state, context.subject);
  const next: Partial<Record<Reporter, TimedState>> = {};
  for (const reporter of reporters) {
    const [before, buckets] = [known[reporter], slot.buckets[reporter]];
    if (buckets !== undefined) {
      next[reporter] = countTimed(before ?? nothingTimed, { ...slot, buckets }, context);
    } else if (before !== undefined) {
      next[reporter] = { ...before, present: false };
    }
  }
  const seen = Object.keys(known).length > 0 ? known : next;
  const fixed = shares ?? sharesOf(seen);
  return { before: {}, reporters: next, ...(fixed === undefined ? {} : { shares: fixed }) };
}

/** Undefined as long as nobody has timed anything. */
function sharesOf(seen: ByReporter<TimedState>): LatencyState['shares'] {
  const present = reporters.filter((reporter) => seen[reporter] !== undefined);
  return present.length === 0 ? undefined : reporterShares(present);
}

function latencyHarm({ reporters: known, shares }: LatencyState): number {
  return sharedHarm(known, shares, timedHarm);
}

function sayLatency(state: LatencyState, context: GateContext): Opinion {
  const [first, ...others] = askedOf(seenOf(state), context).map((seen) => latencyOpinion(seen, context));
  return first === undefined ? nobodyTimes(context) : worst([first, ...others]);
}

/** The reporter that holds most against the canary speaks for the gate. */
function blameLatency(state: LatencyState, context: GateContext): Opinion {
  const [first, ...others] = seenOf(state);
  if (first === undefined) return nobodyTimes(context);
  const weighed = ({ reporter, state: own }: Seen): number => Math.log(state.shares?.[reporter] ?? 1) + timedHarm(own);
  return latencyBlame(
    others.reduce((most, next) => (weighed(next) > weighed(most) ? next : most), first),
    context,
  );
}

function seenOf(state: LatencyState): readonly Seen[] {
  const harm = latencyHarm(state);
  return reporters.flatMap((reporter) => {
    const own = state.reporters[reporter];
    return own === undefined ? [] : [{ reporter, state: own, harm }];
  });
}
