// Many rollouts: as a table, as names, or as records for programs.
import { isFinal, type Rollout } from '../../domain/rollout.ts';
import { displayOf, isPaused } from '../../domain/status.ts';
import { formatInstant, type Instant } from '../../domain/time.ts';
import { exitCodeOf } from '../exit.ts';
import type { Paint } from '../terminal.ts';
import { age, table } from './table.ts';

/** Which columns a table has. */
export interface Columns {
  readonly namespace: boolean;
  readonly wide: boolean;
}

/** One line per rollout, under a heading. */
export function rolloutTable(
  rollouts: readonly Rollout[],
  columns: Columns,
  now: Instant,
  paint: Paint,
): readonly string[] {
  const heading = [
    ...(columns.namespace ? ['NAMESPACE'] : []),
    'NAME',
    'TARGET',
    'PHASE',
    'STEP',
    'WEIGHT',
    'VERDICT',
    'AGE',
    ...(columns.wide ? ['REVISION', 'REASON', 'STABLE', 'CANARY'] : []),
  ];
  return table(
    heading,
    rollouts.map((rollout) => row(rollout, columns, now, paint)),
  );
}

function row(rollout: Rollout, columns: Columns, now: Instant, paint: Paint): readonly string[] {
  const { id, spec, status } = rollout;
  const display = displayOf(spec, status);
  return [
    ...(columns.namespace ? [id.namespace] : []),
    id.name,
    display.target,
    paintedPhase(rollout, paint),
    display.step,
    display.weight,
    paintedVerdict(display.verdict, paint),
    age(now - rollout.createdAt),
    ...(columns.wide ? [display.revision, status.reason, display.stable, display.canary] : []),
  ];
}

/** The phase in one word, with a pause beside it. */
export function paintedPhase({ spec, status }: Rollout, paint: Paint): string {
  const word = isPaused(spec, status) ? `${status.phase} (paused)` : status.phase;
  if (status.phase === 'promoted') return paint.good(word);
  if (status.phase === 'rolledBack' || status.phase === 'rollingBack' || status.phase === 'held')
    return paint.bad(word);
  return paint.waiting(word);
}

function paintedVerdict(verdict: string, paint: Paint): string {
  if (verdict === 'pass') return paint.good(verdict);
  return verdict.startsWith('fail') ? paint.bad(verdict) : verdict;
}

/** The resource name as kubectl spells it. */
export function resourceName(rollout: Rollout): string {
  return `canaryrollout.serin.dev/${rollout.id.name}`;
}

/** A rollout for programs: stable keys, times as RFC 3339, and the display strings people see. */
export function recordOf(rollout: Rollout): Readonly<Record<string, unknown>> {
  const { id, spec, status } = rollout;
  return {
    schema: 'serin.dev/rollout/v1',
    namespace: id.namespace,
    name: id.name,
    uid: rollout.uid,
    createdAt: formatInstant(rollout.createdAt),
    target: spec.target.name,
    attempt: spec.attempt,
    stable: spec.stable,
    canary: spec.canary,
    phase: status.phase,
    reason: status.reason,
    message: status.message,
    paused: isPaused(spec, status),
    step: Math.min(status.step + 1, spec.plan.steps.length),
    steps: spec.plan.steps,
    weight: status.weight,
    ...endOf(rollout),
    verdicts: status.verdicts,
    history: status.history.map((entry) => ({ ...entry, time: formatInstant(entry.time), step: entry.step + 1 })),
    answers: status.answers.map((answer) => ({ ...answer, time: formatInstant(answer.time) })),
    display: displayOf(spec, status),
  };
}

function endOf({ status }: Rollout): Readonly<Record<string, unknown>> {
  if (!isFinal(status.phase)) return { finished: false };
  return {
    finished: true,
    ...(status.finishedAt === undefined ? {} : { finishedAt: formatInstant(status.finishedAt) }),
    ...(status.cause === undefined ? {} : { cause: status.cause }),
    exitCode: exitCodeOf(status),
  };
}
