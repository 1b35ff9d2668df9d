// Slots as a metrics source would give them, and judgements over several of them.
import type { LatencyRow, Reporter, RequestRow, SlotReading, Subject } from '../../../src/domain/evidence.ts';
import { beginEvidence, beginStep, type JudgeContext, judge } from '../../../src/domain/judge.ts';
import { defaultPlan, type Plan } from '../../../src/domain/plan.ts';
import type { GateVerdict } from '../../../src/domain/verdict.ts';

export const slotMs = 15_000;
export const origin = 1_700_000_010_000;

export const subject: Subject = {
  namespace: 'shop',
  stable: 'cart-v1',
  canary: 'cart-v2',
  services: ['cart.shop.svc.cluster.local'],
  latency: true,
};

/** Requests of both versions as one reporter counted them: `[requests, of which failed with 503]`. */
export interface Seen {
  readonly reporter?: Reporter;
  readonly canary?: readonly [requests: number, failed: number];
  readonly stable?: readonly [requests: number, failed: number];
  /** Failures without a workload (UH). */
  readonly lost?: number;
}

/** A judgement's context at weight 10 with one ready pod. */
export function aContext(plan: Partial<Plan> = {}, more: Partial<JudgeContext> = {}): JudgeContext {
  const pods = { ready: 1, wanted: 1, troubles: [] };
  return { plan: { ...defaultPlan, ...plan }, subject, weight: 10, pods, ...more };
}

/** A row of successful requests to stable, as clients saw them. */
export function aRow(more: Partial<RequestRow> = {}): RequestRow {
  return {
    reporter: 'source',
    workload: 'cart-v1',
    namespace: 'shop',
    service: 'cart.shop.svc.cluster.local',
    protocol: 'http',
    code: '200',
    grpcStatus: '',
    flags: '-',
    count: 1,
    ...more,
  };
}

/** The rows of what one reporter saw. An arm that is not given has no rows. */
export function rowsOf({ reporter = 'source', canary, stable, lost }: Seen): readonly RequestRow[] {
  const arm = (workload: string, counts: Seen['canary']): RequestRow[] =>
    counts === undefined
      ? []
      : [
          aRow({ reporter, workload, count: counts[0] - counts[1] }),
          aRow({ reporter, workload, code: '503', count: counts[1] }),
        ];
  const unattributed = { workload: 'unknown', namespace: 'unknown', code: '503', flags: 'UH' };
  const nowhere = lost === undefined ? [] : [aRow({ reporter, ...unattributed, count: lost })];
  return [...arm('cart-v1', stable), ...arm('cart-v2', canary), ...nowhere];
}

/** Slot `index` of a step that starts at `origin`. */
export function aReading(index: number, ...seen: readonly Seen[]): SlotReading & { kind: 'data' } {
  return readingOf(index, seen.flatMap(rowsOf));
}

/** Slot `index` with these rows. */
export function readingOf(
  index: number,
  requests: readonly RequestRow[],
  latency: readonly LatencyRow[] = [],
): SlotReading & { kind: 'data' } {
  const start = origin + index * slotMs;
  const queries = { requests: 'the requests', latency: 'the latencies' };
  return { kind: 'data', slot: { start, end: start + slotMs }, requests, latency, unreadable: [], queries };
}

/** A slot that could not be read. */
export function aDownReading(index: number): SlotReading {
  const start = origin + index * slotMs;
  return { kind: 'sourceDown', slot: { start, end: start + slotMs }, message: 'Prometheus cannot be reached.' };
}

/** What five minutes before the rollout looked like. */
export function aBefore(requests: readonly RequestRow[], latency: readonly LatencyRow[] = []): SlotReading {
  return { ...readingOf(0, requests, latency), slot: { start: origin - 300_000, end: origin } };
}

/** Judges slots one after another, each in a look of its own, as a bake does; gives the verdicts of every look. */
export function looksAt(
  readings: readonly SlotReading[],
  context: JudgeContext,
  evidence = beginStep(beginEvidence(origin), origin),
): readonly (readonly GateVerdict[])[] {
  let stand = evidence;
  return readings.map((reading) => {
    const judged = judge(stand, [reading], context);
    stand = judged.evidence;
    return judged.verdicts;
  });
}

/** One gate's verdict after the last look. */
export function lastOf(gate: string, looks: readonly (readonly GateVerdict[])[]): GateVerdict {
  const verdict = looks.at(-1)?.find((each) => each.gate === gate);
  if (verdict === undefined) throw new Error(`There is no verdict of ${gate}.`);
  return verdict;
}

/** The same counts in slots 0, 1, ..., `slots - 1`. */
export function steadily(slots: number, ...seen: readonly Seen[]): readonly SlotReading[] {
  return Array.from({ length: slots }, (_, index) => aReading(index, ...seen));
}
