// Many rollouts: as a table, as names, or as records for programs.
import { recordOf } from '../../domain/record.ts';
import type { Rollout } from '../../domain/rollout.ts';
import { displayOf, isPaused } from '../../domain/status.ts';
import type { Instant } from '../../domain/time.ts';
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

/** The record that the HTTP API gives, and at the end the exit code that stands for it. */
export function recordFor(rollout: Rollout): Readonly<Record<string, unknown>> {
  const record = recordOf(rollout);
  return { ...record, ...(record.finished ? { exitCode: exitCodeOf(rollout.status) } : {}) };
}
