// The errors gate: the canary must not fail more often than stable does, nor than its ceiling allows.
import { type ByReporter, reporters } from '../counts.ts';
import type { Reporter } from '../evidence.ts';
import type { Gate, GateContext, GateSlot, Opinion } from '../gate.ts';
import { burstsKept } from './bursts.ts';
import { countSlot, enterErrorsStep, reporterHarm } from './errors-compare.ts';
import { errorsBlame, errorsOpinion, nobodyReports, type Seen } from './errors-opinion.ts';
import {
  type ErrorsState,
  eachReporter,
  foldBefore,
  nothingCounted,
  type ReporterState,
  reviveErrors,
} from './errors-state.ts';
import { askedOf, unaskedText } from './hearing.ts';
import { gateShares, reporterShares, sharedHarm } from './shares.ts';
import { worst } from './words.ts';

/**
 * Judges each reporter apart. Harm is an e-process over the whole rollout, averaged over the reporters with weights that are
 * fixed before anything is counted; a pass is a second test, of this step alone, that every reporter has to grant.
 */
export const errorsGate: Gate<ErrorsState> = {
  id: 'errors',
  version: 3,
  since: 2,
  begin: (before) => ({ before: before?.tallies ?? {}, ...burstsKept(before), reporters: {} }),
  revive: reviveErrors,
  beginStep: (state) => ({ ...state, reporters: eachReporter(state.reporters, enterErrorsStep) }),
  count: countErrors,
  say: sayErrors,
  harm: { share: gateShares.errors, logE: errorsHarm, blame: blameErrors },
};

function countErrors(state: ErrorsState, slot: GateSlot, context: GateContext): ErrorsState {
  const { reporters: known, shares: fixed } = foldBefore(state, context.subject);
  const next: Partial<Record<Reporter, ReporterState>> = {};
  for (const reporter of reporters) {
    const [before, counts] = [known[reporter], slot.counts[reporter]];
    if (counts !== undefined) {
      next[reporter] = countSlot(before ?? nothingCounted(), counts, slot, context);
    } else if (before !== undefined) {
      next[reporter] = { ...before, present: false };
    }
  }
  return { before: {}, reporters: next, shares: fixed ?? reporterShares(firstSeen(known, next)) };
}

/** Those that were seen before the rollout, or else in the first slot. */
function firstSeen(known: ByReporter<ReporterState>, now: ByReporter<ReporterState>): readonly Reporter[] {
  const before = reporters.filter((reporter) => known[reporter] !== undefined);
  return before.length > 0 ? before : reporters.filter((reporter) => now[reporter] !== undefined);
}

function errorsHarm({ reporters: known, shares }: ErrorsState): number {
  return sharedHarm(known, shares, reporterHarm);
}

function sayErrors(state: ErrorsState, context: GateContext): Opinion {
  const [first, ...others] = askedOf(seenOf(state), context).map((seen) => errorsOpinion(seen, context));
  if (first === undefined) return nobodyReports(context);
  const said = worst([first, ...others]);
  return { ...said, message: `${said.message}${unaskedText(context)}` };
}

/** The reporter that holds most against the canary speaks for the gate. */
function blameErrors(state: ErrorsState, context: GateContext): Opinion {
  const [first, ...others] = seenOf(state);
  if (first === undefined) return nobodyReports(context);
  const weighed = ({ reporter, state: own }: Seen): number =>
    Math.log(state.shares?.[reporter] ?? 1) + reporterHarm(own);
  return errorsBlame(
    others.reduce((most, next) => (weighed(next) > weighed(most) ? next : most), first),
    context,
  );
}

function seenOf(state: ErrorsState): readonly Seen[] {
  const harm = errorsHarm(state);
  const seenElsewhere = Math.max(...reporters.map((reporter) => state.reporters[reporter]?.canary.requests ?? 0));
  return reporters.flatMap((reporter) => {
    const own = state.reporters[reporter];
    return own === undefined ? [] : [{ reporter, state: own, seenElsewhere, harm }];
  });
}
