// The numbers behind a verdict in words, for explain and replay.
import { evidenceWords } from '../../domain/gates/odds.ts';
import { grouped } from '../../domain/gates/words.ts';
import { formatShare } from '../../domain/plan.ts';
import { formatDuration } from '../../domain/time.ts';
import type { Counted, GateNumbers } from '../../domain/verdict.ts';

/** What the two that are compared are called. */
export interface Sides {
  readonly canary: string;
  readonly stable: string;
}

/** Each number with its name: `Canary`, `Stable`, `Difference`, `Odds`, and `Progress` while anything is missing. */
export function numberRows(
  numbers: GateNumbers,
  sides: Sides = { canary: 'Canary', stable: 'Stable' },
): readonly (readonly [name: string, words: string])[] {
  const { canary, stable, interval, margin, progress } = numbers;
  return [
    [sides.canary, counted(canary)],
    ...(stable === undefined ? [] : [[sides.stable, counted(stable)] as const]),
    ...(interval === undefined ? [] : [['Difference', intervalWords(interval, margin)] as const]),
    ...evidenceWords(numbers).map((words, index) => [index === 0 ? 'Odds' : '', words] as const),
    ...(progress === undefined || progress.leftMs === 0 ? [] : [['Progress', progressWords(progress)] as const]),
  ];
}

/** `412 of about 900 requests, 6m left at this rate`. */
export function progressWords({ have, need, leftMs }: NonNullable<GateNumbers['progress']>): string {
  const left = leftMs === undefined ? '' : `, ${formatDuration(rough(leftMs))} left at this rate`;
  return `${grouped(have)} of about ${grouped(Math.max(have, need))} canary requests${have >= need ? '' : left}.`;
}

/** The interval in percentage points, and what it has to stay below. */
export function intervalWords({ low, high, level }: NonNullable<GateNumbers['interval']>, margin?: number): string {
  const certain = `with ${formatShare(level)} certainty`;
  const bound = margin === undefined ? '' : ` A pass takes less than ${points(margin)} points.`;
  if (low <= -1 && high >= 1) return `nothing is known of it yet.${bound}`;
  if (low <= -1) return `at most ${points(high)} points, ${certain}.${bound}`;
  if (high >= 1) return `at least ${points(low)} points, ${certain}.${bound}`;
  return `between ${points(low)} and ${points(high)} points, ${certain}.${bound}`;
}

/** A share as percentage points with its sign. */
export function points(share: number): string {
  const value = Number((share * 100).toFixed(2));
  return value > 0 ? `+${value}` : String(value);
}

function counted({ requests, failures }: Counted): string {
  if (requests === 0) return 'no requests';
  return `${grouped(failures)} of ${grouped(requests)} requests count against it (${formatShare(failures / requests)})`;
}

function rough(millis: number): number {
  return millis < 60_000 ? Math.ceil(millis / 1_000) * 1_000 : Math.ceil(millis / 60_000) * 60_000;
}
