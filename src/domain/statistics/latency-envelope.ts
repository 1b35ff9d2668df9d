// How slow a past may really have been, of which only a sample is known.
import { type Histogram, tailsOf } from './latency-histogram.ts';
import { wilson } from './rate-bounds.ts';

/** Three standard errors. */
const deviations = 3;
/** So little that no number of requests makes it tell: a share that only keeps buckets from being impossible is no evidence. */
const least = 1e-15;

/** A shape of which every tail is at its upper bound, known from `n` requests. Owes a shape. */
export function upperTails(shape: Histogram, n: number): Histogram {
  const tails = tailsOf(shape).map((tail) => upperShare(tail, n));
  const shares = shape.counts.map((_, k) => Math.max(least, (tails[k - 1] ?? 1) - (tails[k] ?? 0)));
  const all = shares.reduce((sum, share) => sum + share, 0);
  return { bounds: shape.bounds, counts: shares.map((share) => share / all) };
}

/** An upper bound for a share that was seen in `n` requests: Wilson's score interval (1927). */
export function upperShare(share: number, n: number): number {
  return wilson(share, n, deviations);
}

/** A lower bound for it. */
export function lowerShare(share: number, n: number): number {
  return wilson(share, n, -deviations);
}
