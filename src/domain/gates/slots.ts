// The judgement's own memory of slots: how many of the step could be counted, and what hinders judging right now.
import type { ByReporter } from '../counts.ts';
import type { Slot, SlotReading } from '../evidence.ts';
import { type GateContext, isCount, isRecord, type Opinion } from '../gate.ts';
import { formatDuration, formatInstant, type Instant } from '../time.ts';
import type { GateVerdict } from '../verdict.ts';
import { type Heard, reviveHeard } from './hearing.ts';
import { grouped, opinion } from './words.ts';

/** The version of `Slots` as saved. */
export const slotsVersion = 1;

/** What became of the newest slot of the step. */
type LastSlot =
  | { readonly kind: 'none' }
  | { readonly kind: 'counted' }
  | { readonly kind: 'empty'; readonly end: Instant }
  | {
      readonly kind: 'unreadable';
      readonly end: Instant;
      readonly widthMs: number;
      readonly workloads: readonly string[];
    };

/** Slots of the present step, and what every reporter has counted in all of the rollout. */
export interface Slots {
  readonly heard: ByReporter<Heard>;
  readonly counted: number;
  /** Slots without any count of the rollout's workloads, or with counts that cannot be trusted. */
  readonly lost: number;
  readonly last: LastSlot;
  /** The queries behind the newest slot. */
  readonly queries?: { readonly requests: string; readonly latency?: string };
}

/** No slot yet. */
export const noSlots: Slots = { heard: {}, counted: 0, lost: 0, last: { kind: 'none' } };

const mostWorkloads = 4;
/** Longer queries are of no use to a person, and a rollout's status is bounded. */
const longestQuery = 4_000;

/** A step has begun: nothing of it was seen yet. */
export function beginSlotStep(slots: Slots): Slots {
  return { ...slots, counted: 0, lost: 0, last: { kind: 'none' } };
}

/** A slot of the step was read. */
export function noteSlot(
  { heard, counted, lost }: Slots,
  {
    slot,
    unreadable,
    fit,
    queries,
  }: {
    readonly slot: Slot;
    readonly unreadable: readonly string[];
    readonly fit: boolean;
    readonly queries: { readonly requests: string; readonly latency?: string };
  },
): Slots {
  const last = fit ? ({ kind: 'counted' } as const) : lostSlot(slot, unreadable);
  return { heard, counted: counted + (fit ? 1 : 0), lost: lost + (fit ? 0 : 1), last, ...shortQueries(queries) };
}

function lostSlot({ start, end }: Slot, unreadable: readonly string[]): LastSlot {
  if (unreadable.length === 0) return { kind: 'empty', end };
  return { kind: 'unreadable', end, widthMs: end - start, workloads: unreadable.slice(0, mostWorkloads) };
}

function shortQueries({
  requests,
  latency,
}: {
  readonly requests: string;
  readonly latency?: string;
}): Pick<Slots, 'queries'> {
  if (requests === '' || requests.length > longestQuery) return {};
  return { queries: latency === undefined || latency.length > longestQuery ? { requests } : { requests, latency } };
}

/**
 * A gate's verdict in the light of the newest slot: a source that is down, a slot without data or a step without slots
 * overshadow it, unless it is a proven failure. Adds the query behind the numbers.
 */
export function overshadowed(
  verdict: GateVerdict,
  slots: Slots,
  down: (SlotReading & { readonly kind: 'sourceDown' }) | undefined,
  context: GateContext,
): GateVerdict {
  const query = verdict.gate === 'latency' ? slots.queries?.latency : slots.queries?.requests;
  const shown = query === undefined ? {} : { query };
  if (verdict.verdict === 'fail') return { ...verdict, ...shown };
  if (down !== undefined) {
    const standing = slots.counted > 0 ? ` What was counted before stands: ${verdict.message}` : '';
    return {
      gate: verdict.gate,
      verdict: 'sourceDown',
      reason: 'SourceUnreachable',
      message: `${down.message}${standing}`,
    };
  }
  return { ...verdict, ...lastSlotOpinion(slots, context), ...shown };
}

function lastSlotOpinion({ counted, lost, last }: Slots, { subject, weight }: GateContext): Opinion | undefined {
  switch (last.kind) {
    case 'counted':
      return undefined;
    case 'none':
      return opinion(
        'noData',
        'NoRequests',
        `No slot of the step at weight ${weight}% has been read yet; slots are read one scrape interval after their end.`,
      );
    case 'empty': {
      const message =
        `The metrics source has no counts at all of ${subject.stable} and ${subject.canary} for the slot that ended ${formatInstant(last.end)} ` +
        `(${grouped(lost)} of ${grouped(counted + lost)} slots of this step lost). Look whether their proxies, or those of their clients, are scraped.`;
      return opinion('noData', counted > 0 ? 'ReporterVanished' : 'NoRequests', message);
    }
    case 'unreadable': {
      const message =
        `Some counts of ${last.workloads.join(', ')} in the slot that ended ${formatInstant(last.end)} may be a lifetime of requests, because their proxies ` +
        `were not scraped in the slot before; the slot is left out (${grouped(lost)} of ${grouped(counted + lost)} of this step). If this goes on, scrape ` +
        `at least every ${formatDuration(last.widthMs)}, or give Serin wider slots (--slot).`;
      return opinion('noData', 'SlotUnreadable', message);
    }
  }
}

/** The saved memory; undefined when it is none. */
export function reviveSlots(saved: unknown): Slots | undefined {
  if (!isRecord(saved) || !isCount(saved['counted']) || !isCount(saved['lost'])) return undefined;
  const last = reviveLast(saved['last']);
  if (last === undefined) return undefined;
  const heard = reviveHeard(saved['heard']);
  return { heard, counted: saved['counted'], lost: saved['lost'], last, ...reviveQueries(saved['queries']) };
}

function reviveLast(saved: unknown): LastSlot | undefined {
  if (!isRecord(saved)) return undefined;
  const { kind, end, widthMs, workloads } = saved;
  if (kind === 'none' || kind === 'counted') return { kind };
  if (!isCount(end)) return undefined;
  if (kind === 'empty') return { kind, end };
  if (kind !== 'unreadable' || !isCount(widthMs) || !Array.isArray(workloads)) return undefined;
  return {
    kind,
    end,
    widthMs,
    workloads: workloads.filter((name) => typeof name === 'string').slice(0, mostWorkloads),
  };
}

function reviveQueries(saved: unknown): Pick<Slots, 'queries'> {
  if (!isRecord(saved) || typeof saved['requests'] !== 'string') return {};
  const { requests, latency } = saved;
  return { queries: typeof latency === 'string' ? { requests, latency } : { requests } };
}
