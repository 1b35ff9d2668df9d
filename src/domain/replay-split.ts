// One workload as two: what it was before a moment is stable, what it was after is the canary.
import type { LatencyRow, RequestRow, SlotReading, Subject, UnreadableRow } from './evidence.ts';
import type { Instant } from './time.ts';

type DataReading = SlotReading & { readonly kind: 'data' };
type Row = RequestRow | LatencyRow | UnreadableRow;

/** The two halves of a workload, by names that no workload can have. */
export function halvesOf(subject: Subject, workload: string): Subject {
  return { ...subject, stable: `${workload} (before)`, canary: `${workload} (after)` };
}

/**
 * Lays the slots before `at` under those after it, the first under the first, so that both halves are judged as if they had run
 * side by side. As many as the shorter half has; a slot that `at` cuts belongs to neither. What changed with the time of day is
 * then indistinguishable from what changed with the version. Failures without a workload are kept of the later half alone.
 */
export function splitInTime(
  readings: readonly SlotReading[],
  at: Instant,
  workload: string,
  halves: Subject,
): readonly SlotReading[] {
  const earlier = readings.filter(({ slot }) => slot.end <= at);
  const later = readings.filter(({ slot }) => slot.start >= at);
  return later.slice(0, earlier.length).map((after, index) => {
    const before = earlier[index];
    if (before === undefined || after.kind === 'sourceDown') return after;
    if (before.kind === 'sourceDown') return { ...before, slot: after.slot };
    return together(before, after, workload, halves);
  });
}

/** The reading of the time before both, as the earlier half's past. */
export function beforeBoth(before: SlotReading, workload: string, { stable }: Subject): SlotReading {
  return before.kind === 'sourceDown' ? before : { ...before, ...renamed(before, workload, stable) };
}

function together(before: DataReading, after: DataReading, workload: string, halves: Subject): DataReading {
  const stable = renamed(before, workload, halves.stable);
  const canary = renamed(after, workload, halves.canary);
  const nowhere = after.requests.filter((row) => row.workload === 'unknown');
  return {
    ...after,
    requests: [...stable.requests, ...canary.requests, ...nowhere],
    latency: [...stable.latency, ...canary.latency],
    unreadable: [...stable.unreadable, ...canary.unreadable],
  };
}

function renamed({ requests, latency, unreadable }: DataReading, from: string, to: string) {
  const own = <R extends Row>(rows: readonly R[]): readonly R[] =>
    rows.filter((row) => row.workload === from).map((row) => ({ ...row, workload: to }));
  return { requests: own(requests), latency: own(latency), unreadable: own(unreadable) };
}
