// A slot of the simulated service as the controller reads it from a metrics source.
import type { LatencyRow, Reporter, RequestRow, SlotReading, Subject } from '../../src/domain/evidence.ts';
import { bounds } from './latency.ts';
import { type ArmDraw, type SlotDraw, slotSeconds, type World } from './service.ts';

const service = 'checkout.shop.svc.cluster.local';

/** The rollout that is simulated. */
export const subject: Subject = {
  namespace: 'shop',
  stable: 'checkout-v1',
  canary: 'checkout-v2',
  services: [service],
  latency: true,
};

/** A slot's width. */
export const slotMs = slotSeconds * 1_000;
/** When the simulated rollouts begin; any instant on the grid would do. */
export const origin = 1_767_225_600_000;

const slotsBefore = 20;

/** How a slot is counted: by whom, and whether a dead canary is unreachable, so that only clients count its failures. */
export interface Counting {
  readonly reporters: readonly Reporter[];
  readonly unreachable: boolean;
  readonly latency: boolean;
}

/** The reading of the slot at `index`. */
export function readingOf(draw: Pick<SlotDraw, 'canary' | 'stable'>, index: number, counting: Counting): SlotReading {
  return reading(draw, origin + index * slotMs, slotMs, counting);
}

/** The five minutes that end at the origin, of stable alone: as one wide reading, and slot by slot. */
export interface TimeBefore {
  readonly before: SlotReading;
  readonly pattern: readonly SlotReading[];
}

/** What the controller reads before it begins. */
export function timeBefore(world: World, counting: Counting): TimeBefore {
  const slots = Array.from({ length: slotsBefore }, (_, index) => world.slot(index - slotsBefore, 0).stable);
  const width = slotsBefore * slotMs;
  return {
    before: reading({ stable: slots.reduce(addArms), canary: noDraw }, origin - width, width, counting),
    pattern: slots.map((stable, index) => readingOf({ stable, canary: noDraw }, index - slotsBefore, counting)),
  };
}

const noDraw: ArmDraw = { requests: 0, errors: 0, buckets: [] };

function addArms(a: ArmDraw, b: ArmDraw): ArmDraw {
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    buckets: a.buckets.map((count, index) => count + (b.buckets[index] ?? 0)),
  };
}

function reading(
  { canary, stable }: Pick<SlotDraw, 'canary' | 'stable'>,
  start: number,
  width: number,
  { reporters, unreachable, latency }: Counting,
): SlotReading {
  const sides = [
    [subject.canary, canary],
    [subject.stable, stable],
  ] as const;
  const seen = reporters.flatMap((reporter) =>
    sides
      .filter(([workload]) => !(unreachable && reporter === 'destination' && workload === subject.canary))
      .map(([workload, arm]) => ({ reporter, workload, arm })),
  );
  return {
    kind: 'data',
    slot: { start, end: start + width },
    requests: seen.flatMap(({ reporter, workload, arm }) => requestRows(reporter, workload, arm)),
    latency: latency ? seen.flatMap(({ reporter, workload, arm }) => latencyRows(reporter, workload, arm)) : [],
    unreadable: [],
    queries: { requests: '' },
  };
}

function requestRows(reporter: Reporter, workload: string, { requests, errors }: ArmDraw): readonly RequestRow[] {
  const row = {
    reporter,
    workload,
    namespace: subject.namespace,
    service,
    protocol: 'http',
    grpcStatus: '',
    flags: '-',
  };
  const failed = errors > 0 ? [{ ...row, code: '503', count: errors }] : [];
  return requests > 0 ? [{ ...row, code: '200', count: requests - errors }, ...failed] : [];
}

function latencyRows(reporter: Reporter, workload: string, { requests, buckets }: ArmDraw): readonly LatencyRow[] {
  if (requests === 0) return [];
  let upTo = 0;
  return [...bounds, Number.POSITIVE_INFINITY].map((bound, index) => {
    upTo += buckets[index] ?? 0;
    return { reporter, workload, namespace: subject.namespace, bound, count: upTo };
  });
}
