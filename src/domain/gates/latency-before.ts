// How burstily slow requests came before the rollout, slot by slot, so that the first pause of a pod surprises nobody.
import { type ByReporter, reporters } from '../counts.ts';
import type { Reporter, SlotReading } from '../evidence.ts';
import { addDispersion, noDispersion } from '../statistics/dispersion.ts';
import { beyondOf, nearestBounds } from '../statistics/latency-edge.ts';
import { leastPrediction } from '../statistics/latency-harm.ts';
import { type Histogram, sizeOf } from '../statistics/latency-histogram.ts';
import { type Buckets, type BucketTally, tallyLatency, timesOf } from './buckets.ts';
import type { Bursts } from './latency-state.ts';

/** By reporter and `namespace/workload`. */
export type TimedBursts = ByReporter<Readonly<Record<string, readonly Bursts[]>>>;

/** The quantiles of stable next to which burstiness is measured. */
const burstyQuantiles = [0.9, 0.995];

/** Where burstiness of a past is measured; nowhere as long as that is too short. */
export function burstyBounds(past: Histogram): readonly number[] {
  return sizeOf(past) < leastPrediction ? [] : nearestBounds(past, burstyQuantiles);
}

/** Adds a slot of stable to what was measured. Owes a histogram that has the bounds. */
export function measure(bursts: readonly Bursts[], slot: Histogram): readonly Bursts[] {
  const n = sizeOf(slot);
  return bursts.map(({ bound, dispersion }) => {
    const x = beyondOf(slot, slot.bounds.indexOf(bound));
    return { bound, dispersion: addDispersion(dispersion, { n, x }) };
  });
}

/**
 * Measures the workloads of `before`, a wide reading of the time before, over short slots of that time in their order. Slots that
 * could not be read, or count by other bounds, are passed over.
 */
export function timedBurstsIn(before: ByReporter<BucketTally>, slots: readonly SlotReading[]): TimedBursts {
  const tallies = slots.flatMap((slot) => (slot.kind === 'data' ? [tallyLatency(slot.latency)] : []));
  const measured: Partial<Record<Reporter, Record<string, readonly Bursts[]>>> = {};
  for (const reporter of reporters) {
    for (const [workload, buckets] of Object.entries(before[reporter] ?? {})) {
      const bursts = burstsOver(
        buckets,
        tallies.map((tally) => tally[reporter]?.[workload] ?? {}),
      );
      if (bursts.length > 0) measured[reporter] = { ...measured[reporter], [workload]: bursts };
    }
  }
  return measured;
}

function burstsOver(past: Buckets, slots: readonly Buckets[]): readonly Bursts[] {
  const whole = timesOf(past);
  if (whole.kind !== 'times') return [];
  const none = burstyBounds(whole.histogram).map((bound) => ({ bound, dispersion: noDispersion }));
  return slots.map(timesOf).reduce<readonly Bursts[]>((bursts, times) => {
    if (times.kind !== 'times') return bursts;
    const { histogram } = times;
    return bursts.every(({ bound }) => histogram.bounds.includes(bound)) ? measure(bursts, histogram) : bursts;
  }, none);
}
