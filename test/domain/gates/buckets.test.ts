import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addBuckets, mostBounds, quantileSpan, tallyLatency, timesOf } from '../../../src/domain/gates/buckets.ts';
import { sizeOf } from '../../../src/domain/statistics/latency-histogram.ts';
import { aHistogram } from '../statistics/timings.ts';
import { rowsOfTimes } from './latency-slots.ts';

describe('Cumulative buckets', () => {
  test('become the histogram that they were counted by', () => {
    fc.assert(
      fc.property(aHistogram, (histogram) => {
        fc.pre(histogram.bounds.length < mostBounds);
        const tally = tallyLatency(rowsOfTimes('cart-v2', histogram));

        expect(timesOf(tally.source?.['shop/cart-v2'] ?? {})).toEqual({ kind: 'times', histogram });
      }),
    );
  });

  test('say nothing without a count of all requests', () => {
    expect(timesOf({})).toEqual({ kind: 'none' });
    expect(timesOf({ '100': 5 })).toEqual({ kind: 'none' });
  });

  test('are mixed when they fall while the bounds rise', () => {
    expect(timesOf({ '100': 5, '250': 3, Infinity: 9 })).toEqual({ kind: 'mixed' });
    expect(timesOf({ '0.5': 1, '10': 12, Infinity: 9 })).toEqual({ kind: 'mixed' });
  });

  test('of too many bounds keep the largest, and every request', () => {
    const bounds = Array.from({ length: 100 }, (_, k) => k + 1);
    const tally = tallyLatency(rowsOfTimes('cart-v2', { bounds, counts: bounds.map(() => 1).concat(1) }));
    const times = timesOf(addBuckets(tally.source?.['shop/cart-v2'] ?? {}, {}));

    expect(times.kind === 'times' ? times.histogram.bounds : []).toEqual(bounds.slice(1 - mostBounds));
    expect(times.kind === 'times' ? sizeOf(times.histogram) : 0).toBe(101);
  });
});

describe('A quantile', () => {
  const histogram = { bounds: [100, 250, 500], counts: [50, 40, 10, 0] };

  test('lies between two bounds, and its estimate is spread evenly', () => {
    expect(quantileSpan(histogram, 0.5)).toEqual({ low: 0, high: 100, estimate: 100 });
    expect(quantileSpan(histogram, 0.7)).toEqual({ low: 100, high: 250, estimate: 175 });
    expect(quantileSpan(histogram, 0.99)).toEqual({ low: 250, high: 500, estimate: 475 });
  });

  test('beyond the largest bound has no upper one', () => {
    const slow = { bounds: [100], counts: [1, 9] };

    expect(quantileSpan(slow, 0.9)).toEqual({ low: 100, high: Number.POSITIVE_INFINITY, estimate: 100 });
  });
});
