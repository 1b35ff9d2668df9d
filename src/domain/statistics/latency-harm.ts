// The alternatives to "not slower", and what one slot says for each of them.
import { upperTails } from './latency-envelope.ts';
import {
  type Histogram,
  heavier,
  onBounds,
  passings,
  shapeOf,
  sizeOf,
  slowed,
  sumOf,
  tailsOf,
} from './latency-histogram.ts';
import { type Null, orderRatio, orderRatioAlone, type Timings } from './latency-order.ts';

/** How much slower than what is tolerated everything may be, and what is bet on each. */
const factors = [1.07, 1.2, 1.45, 2.1, 4.8];
const factorBets = [0.13, 0.15, 0.15, 0.09, 0.05];
/** How much more of all requests may be in the tail. */
const extras = [0.01, 0.05];
/** The tail begins at the first edges that less than this is beyond. */
const tailShare = 0.2;
const tailEdges = 3;
/** So much of every alternative is as it was, so that a few fast requests do not refute it. */
const unharmed = 0.05;
/** So many times beyond the slowest request of stable a canary's are told apart. */
const reach = 12;
/** Requests of stable without which its histogram is no prediction. */
export const leastPrediction = 20;

/** What is bet on the canary going on as it did, whatever its shape: it finds what no other alternative has thought of. */
const habitBet = 0.1;
/** Until the canary has had so many requests, more than half of that shape is stable's. */
const habitWeight = 50;

/** How many alternatives there are. */
export const slowRacers = factors.length + 1 + extras.length * tailEdges;
/** What is bet on each: they sum to 1. */
export const slowBets: readonly number[] = [
  ...factorBets,
  habitBet,
  ...Array.from(
    { length: extras.length * tailEdges },
    () => (1 - habitBet - sumOf(factorBets)) / (extras.length * tailEdges),
  ),
];
const nothing: readonly number[] = slowBets.map(() => 0);

/** The null hypothesis "no slower than stable slowed by a factor", and where it is looked at. */
export interface Tolerance {
  readonly factor: number;
  /** Only what is at or beyond this quantile of stable is looked at; 0 for everything. */
  readonly from: number;
}

/**
 * ln of every alternative's likelihood ratio for one slot of both arms. `past` is what both were before the slot: whatever that is,
 * the means are at most 1 under the null; without enough of stable they are 1.
 */
export function slowRatios(slot: Timings, past: Timings, tolerance: Tolerance): readonly number[] {
  if (sizeOf(past.stable) < leastPrediction || sizeOf(slot.canary) === 0 || sizeOf(slot.stable) === 0) return nothing;
  const bounds = tellingBounds(past.stable);
  const shape = shapeOf(onBounds(past.stable, bounds));
  const timings = { canary: onBounds(slot.canary, bounds), stable: onBounds(slot.stable, bounds) };
  const against = nullOf(shape, tolerance);
  const alternatives = alternativesTo(shape, against.tolerated, onBounds(past.canary, bounds), tolerance);
  return padded(alternatives.map((each) => orderRatio(timings, each, against)));
}

/**
 * The same for the canary alone, with stable's past in place of stable: the null is "no slower than the slowest that stable's past,
 * slowed, may have been", by an upper bound of each of its tails, because a past is a sample itself.
 */
export function slowRatiosAlone(canary: Histogram, past: Timings, tolerance: Tolerance): readonly number[] {
  if (sizeOf(past.stable) < leastPrediction || sizeOf(canary) === 0) return nothing;
  const bounds = tellingBounds(past.stable);
  const shape = shapeOf(onBounds(past.stable, bounds));
  const { tolerated, from } = nullOf(shape, tolerance);
  const against = { tolerated: upperTails(tolerated, sizeOf(past.stable)), from };
  const alternatives = alternativesTo(shape, against.tolerated, onBounds(past.canary, bounds), tolerance);
  return padded(alternatives.map((each) => orderRatioAlone(onBounds(canary, bounds), each, against)));
}

/** The bounds among which stable's requests lie, and those to which a canary may be slower; the others cost time and tell nothing. */
function tellingBounds({ bounds, counts }: Histogram): readonly number[] {
  const first = counts.findIndex((count) => count > 0);
  const last = bounds[counts.findLastIndex((count) => count > 0)] ?? Number.POSITIVE_INFINITY;
  return bounds.filter((bound, k) => k >= first - 1 && bound <= reach * last);
}

function nullOf(shape: Histogram, { factor, from }: Tolerance): Null {
  const passed = passings(shape, factor);
  const pooled = from === 0 ? 0 : Math.min(shape.bounds.length, firstBeyond(shape, 1 - from) + 1);
  return { tolerated: slowed(shape, passed), passed, from: pooled };
}

function alternativesTo(
  shape: Histogram,
  tolerated: Histogram,
  habit: Histogram,
  { factor }: Tolerance,
): readonly Histogram[] {
  const slower = factors.map((more) => mixed(slowed(shape, passings(shape, factor * more)), tolerated, unharmed));
  const known = sizeOf(habit);
  const usual = mixed(scaled(habit, 1 / Math.max(1, known)), tolerated, habitWeight / (known + habitWeight));
  const first = firstBeyond(tolerated, tailShare);
  const edges = Array.from({ length: Math.min(tailEdges, shape.bounds.length - first) }, (_, index) => first + index);
  return [...slower, usual, ...edges.flatMap((edge) => extras.map((extra) => heavier(tolerated, edge, extra)))];
}

/** The first bound that less than a share is beyond; as many as there are bounds when more is beyond all of them. */
function firstBeyond(shape: Histogram, share: number): number {
  const first = tailsOf(shape).findIndex((tail) => tail < share);
  return first === -1 ? shape.bounds.length : first;
}

function mixed({ bounds, counts }: Histogram, tolerated: Histogram, part: number): Histogram {
  return { bounds, counts: counts.map((share, k) => (1 - part) * share + part * (tolerated.counts[k] ?? 0)) };
}

function scaled({ bounds, counts }: Histogram, times: number): Histogram {
  return { bounds, counts: counts.map((count) => times * count) };
}

function padded(ratios: readonly number[]): readonly number[] {
  return nothing.map((none, j) => ratios[j] ?? none);
}
