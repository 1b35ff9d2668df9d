// What a metrics source would answer peers: shares and quantiles of the canary over the last slots.
import { histogramQuantile } from '../latency.ts';
import type { ArmDraw, SlotDraw } from '../service.ts';

/** The last slots, newest last. */
export interface Window {
  readonly push: (slot: SlotDraw) => void;
  /** The share of successes in percent over the last `slots`; undefined without requests, where Prometheus says NaN or nothing. */
  readonly success: (slots: number) => number | undefined;
  /** A quantile in milliseconds over the last `slots`, as histogram_quantile has it. */
  readonly quantile: (slots: number, share: number) => number | undefined;
}

/**
 * The canary's slots, as its own proxies count them (`reporter="destination"`): a canary that cannot be reached counts nothing.
 * Rates are taken for exact, which flatters the peers: Prometheus' `rate()` loses the first value of every series.
 */
export function windowOf(longest: number, isUnreachable: boolean): Window {
  const slots: ArmDraw[] = [];
  const last = (count: number): readonly ArmDraw[] => slots.slice(-count);
  return {
    push: ({ canary }) => {
      slots.push(isUnreachable ? { requests: 0, errors: 0, buckets: [] } : canary);
      if (slots.length > longest) slots.shift();
    },
    success: (count) => {
      const requests = sum(last(count).map((arm) => arm.requests));
      return requests === 0 ? undefined : 100 * (1 - sum(last(count).map((arm) => arm.errors)) / requests);
    },
    quantile: (count, share) => histogramQuantile(added(last(count)), share),
  };
}

function added(arms: readonly ArmDraw[]): readonly number[] {
  return Array.from({ length: 20 }, (_, index) => sum(arms.map(({ buckets }) => buckets[index] ?? 0)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
