// The errors gate: the canary must not fail more often than stable does, nor than its ceiling allows.
import { type ByReporter, reporters } from '../counts.ts';
import type { Reporter } from '../evidence.ts';
import type { Gate, GateContext, GateSlot, Opinion } from '../gate.ts';
import { proofSlots } from './divergence.ts';
import { compareErrors, proofIn } from './errors-compare.ts';
import { errorsOpinion, nobodyReports } from './errors-opinion.ts';
import {
  addCounts,
  type ErrorsState,
  eachReporter,
  foldBefore,
  nothingCounted,
  type ReporterState,
  reviveErrors,
} from './errors-state.ts';
import { worst } from './words.ts';

/**
 * Judges each reporter apart; the worst decides. A failure has to be proven at two counted slots in a row, over all of the
 * step; a pass is the canary being no worse than the margin allows on at least the plan's number of requests.
 */
export const errorsGate: Gate<ErrorsState> = {
  id: 'errors',
  version: 1,
  begin: (before) => ({ before: before?.tallies ?? {}, reporters: {} }),
  revive: reviveErrors,
  beginStep: (state) => ({ ...state, reporters: eachReporter(state.reporters, beginReporterStep) }),
  count: countErrors,
  say: sayErrors,
};

function beginReporterStep({ past, level, present }: ReporterState): ReporterState {
  return { ...nothingCounted, past, level, present };
}

function countErrors(state: ErrorsState, slot: GateSlot, context: GateContext): ErrorsState {
  const { reporters: known } = foldBefore(state, context.subject);
  const next: Partial<Record<Reporter, ReporterState>> = {};
  for (const reporter of reporters) {
    const [before, counts] = [known[reporter], slot.counts[reporter]];
    if (counts !== undefined) {
      const after = addCounts(before ?? nothingCounted, counts, slot.inStep);
      next[reporter] = slot.inStep ? prove(before ?? nothingCounted, after, context) : after;
    } else if (before !== undefined) {
      next[reporter] = { ...before, present: false };
    }
  }
  return { before: {}, reporters: next };
}

/** Slots that prove the same in a row; one without canary requests neither adds to them nor interrupts. */
function prove(before: ReporterState, after: ReporterState, context: GateContext): ReporterState {
  const now = compareErrors(after, context);
  if (now.canary.n <= compareErrors(before, context).canary.n) return after;
  const proven = proofIn(now, context) === undefined ? 0 : Math.min(before.proven + 1, proofSlots);
  return { ...after, proven };
}

function sayErrors(state: ErrorsState, context: GateContext): Opinion {
  const [first, ...others] = opinions(state.reporters, context);
  return first === undefined ? nobodyReports(context) : worst([first, ...others]);
}

function opinions(known: ByReporter<ReporterState>, context: GateContext): readonly Opinion[] {
  const canaryRequests = reporters.map((reporter) => known[reporter]?.canary.requests ?? 0);
  return reporters.flatMap((reporter) => {
    const state = known[reporter];
    return state === undefined
      ? []
      : [errorsOpinion({ reporter, state, seenElsewhere: Math.max(...canaryRequests) }, context)];
  });
}
