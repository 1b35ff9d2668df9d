// A rollout's status after an event: the machine says the phase, this says what else changes with it.
import { advance, type RolloutEvent } from '../../machines/rollout.ts';
import { weightOf } from '../domain/plan.ts';
import { type HistoryEntry, isFinal, type Rollout, type RolloutStatus } from '../domain/rollout.ts';
import type { Instant } from '../domain/time.ts';

const historyLimit = 50;
const sentenceLimit = 1_000;

/** Why a move is made, for people. */
export interface Because {
  readonly reason: string;
  readonly message: string;
}

/**
 * The status after the event, with the phase's own beginnings (intended weight, epoch, clean-up) and a line of history;
 * undefined when the event does not apply to where the rollout stands.
 */
export function move(rollout: Rollout, event: RolloutEvent, because: Because, now: Instant): RolloutStatus | undefined {
  const { spec, status } = rollout;
  const next = advance(status, spec.plan.steps.length, event);
  if (next === status) return undefined;
  const { stalled: _s, writtenAt: _w, due: _d, ...kept } = status;
  const entered = enter(rollout, { ...kept, ...next, since: now, corrections: 0, ...sentence(because) }, now);
  return { ...entered, history: [...status.history, line(entered, event, because, now)].slice(-historyLimit) };
}

/** A situation's reason and sentence, within the bounds of the object. */
export function sentence(because: Because): Because {
  return { reason: because.reason, message: because.message.slice(0, sentenceLimit) };
}

function enter(rollout: Rollout, status: RolloutStatus, now: Instant): RolloutStatus {
  const intend = (intended: number): Pick<RolloutStatus, 'epoch' | 'weight'> => ({
    epoch: status.epoch + 1,
    weight: { ...status.weight, intended },
  });
  /** From `promoting` on, the weight is the copy's. */
  const finalize = (): RolloutStatus => ({ ...status, ...intend(100) });
  if (isFinal(status.phase)) return { ...status, finishedAt: now };
  if (status.phase === 'shifting') return { ...status, ...intend(weightOf(rollout.spec.plan, status.step)) };
  if (status.phase === 'baking') return { ...status, bakeSince: now };
  if (status.phase === 'rollingBack') return { ...status, ...intend(0), cleanUp: 'toStable' };
  if (status.phase === 'finalizing')
    return rollout.spec.mode === 'pair' ? { ...status, cleanUp: 'restore' } : finalize();
  if (status.phase === 'held') return { ...withoutCleanUp(status), ...intend(100), stalled: sentence(status) };
  return status;
}

/** A held rollout owes no clean-up; where one was under way it begins anew when it goes on. */
function withoutCleanUp({ cleanUp: _c, stage: _s, ...status }: RolloutStatus): RolloutStatus {
  return status;
}

function line(status: RolloutStatus, event: RolloutEvent, because: Because, now: Instant): HistoryEntry {
  const warrant = event.type === 'ADVANCE' || event.type === 'START' ? event.warrant.kind : undefined;
  return {
    time: now,
    phase: status.phase,
    step: status.step,
    weight: status.weight.intended,
    ...(warrant === undefined ? {} : { warrant }),
    message: because.message.slice(0, 300),
  };
}
