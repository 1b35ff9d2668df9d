// The attempts of a Deployment, and the whole past of one.
import { isFinal, type Rollout } from '../../domain/rollout.ts';
import { displayOf } from '../../domain/status.ts';
import { formatDuration, formatInstant, type Instant } from '../../domain/time.ts';
import type { Paint } from '../terminal.ts';
import { paintedPhase } from './rollouts.ts';
import { factLines, gateLines } from './status.ts';
import { age, table } from './table.ts';

/** One line for each attempt, the newest first, numbered from the oldest; the columns are those of kubectl, and why it ended so. */
export function historyTable(
  rollouts: readonly Rollout[],
  wide: boolean,
  now: Instant,
  paint: Paint,
): readonly string[] {
  const heading = ['ATTEMPT', 'NAME', 'PHASE', 'STEP', 'WEIGHT', 'VERDICT', 'AGE', 'TOOK'];
  const more = wide ? ['REVISION', 'REASON', 'STABLE', 'CANARY'] : [];
  return table(
    [...heading, ...more, 'WHY'],
    rollouts.map((rollout, index) => row(rollout, rollouts.length - index, { wide, now, paint })),
  );
}

interface Look {
  readonly wide: boolean;
  readonly now: Instant;
  readonly paint: Paint;
}

function row(rollout: Rollout, attempt: number, { wide, now, paint }: Look): readonly string[] {
  const { id, spec, status, createdAt } = rollout;
  const shown = displayOf(spec, status);
  return [
    String(attempt),
    id.name,
    paintedPhase(rollout, paint),
    shown.step,
    shown.weight,
    shown.verdict,
    age(now - createdAt),
    isFinal(status.phase) && status.finishedAt !== undefined ? age(status.finishedAt - createdAt) : '-',
    ...(wide ? [shown.revision, status.reason, shown.stable, shown.canary] : []),
    status.message,
  ];
}

/** Everything that is recorded of one attempt: where it stands, its gates, each request with its answer, each change of phase. */
export function pastLines(rollout: Rollout, now: Instant, paint: Paint): readonly string[] {
  const { status } = rollout;
  return [
    ...factLines(rollout, now, paint),
    '',
    status.message,
    ...gateLines(status.verdicts, paint),
    ...requestLines(rollout),
    ...changeLines(rollout),
  ];
}

function requestLines({ spec, status }: Rollout): readonly string[] {
  const rows = spec.requests.map(({ id, verb, step, actor, surface, reason, time }) => {
    const answer = status.answers.find((given) => given.id === id);
    const what = step === undefined ? verb : `${verb} step ${step + 1}`;
    return [moment(time), what, `${actor} (${surface})`, reason ?? '-', answer?.message ?? 'Not answered yet.'];
  });
  return rows.length === 0 ? [] : ['', ...table(['ASKED', 'FOR', 'BY', 'REASON', 'ANSWER'], rows)];
}

function changeLines({ status }: Rollout): readonly string[] {
  const { history } = status;
  const rows = history.map((entry, index) => [
    moment(entry.time),
    lasted(entry.time, history[index + 1]?.time),
    entry.phase,
    String(entry.step + 1),
    `${entry.weight}%`,
    entry.warrant ?? '-',
    entry.message,
  ]);
  if (rows.length === 0) return ['', 'No change of phase is recorded yet.'];
  return ['', ...table(['WHEN', 'LASTED', 'PHASE', 'STEP', 'WEIGHT', 'WARRANT', 'WHAT'], rows)];
}

function lasted(from: Instant, to: Instant | undefined): string {
  return to === undefined ? '-' : formatDuration(Math.round((to - from) / 1_000) * 1_000);
}

function moment(at: Instant): string {
  return formatInstant(at).replace(/\.\d+Z$/, 'Z');
}
