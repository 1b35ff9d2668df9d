// Whether the canary is shown not to be slower than a margin allows, at single bounds; and the share beyond a bound alone.
import { trialRatio } from './excess.ts';
import { type Histogram, type Passing, passings, shapeOf, sizeOf, slowed, tailsOf } from './latency-histogram.ts';
import type { Timings } from './latency-order.ts';

/** A bound at which the canary is compared, and how much of stable is beyond it, as it is and slowed by the margin. */
export interface Edge {
  readonly index: number;
  readonly bound: number;
  readonly tail: number;
  readonly slowTail: number;
  readonly passing: Passing;
}

/** The quantiles of stable at which a pass is earned where no limit names one. */
export const passQuantiles: readonly number[] = [0.5, 0.9, 0.99];
/** A bound that the margin moves less of all requests past could not tell anything in a reasonable time. */
const leastGap = 0.005;
/** What is excluded instead where the margin moves nothing past any bound: so much more of everything beyond one. */
const coarseGap = 0.02;
/** The alternatives of a pass: like stable, and up to here on the way to the margin. */
const ways = [0, 0.3];
/** What is bet on each alternative of `edgeRatios`. */
export const wayBets: readonly number[] = [0.7, 0.3];
const nothing: readonly number[] = [0, 0];

/**
 * Every bound as an edge, for a past of stable and a margin >= 1. Where all requests are within one bucket, being slower shows only
 * once they leave it: then the edges are against a part of that bucket beyond its bound, which no shape within it can make untrue.
 */
export function edgesOf(past: Histogram, margin: number): readonly Edge[] {
  const shape = shapeOf(past);
  const passed = passings(shape, margin);
  const [tails, slowTails] = [tailsOf(shape), tailsOf(slowed(shape, passed))];
  const edges = passed.map((passing, index) => ({
    index,
    bound: shape.bounds[index] ?? 0,
    tail: tails[index] ?? 0,
    slowTail: slowTails[index] ?? 0,
    passing,
  }));
  return edges.some(isTelling) ? edges : edges.map((edge) => coarse(edge, shape.counts[edge.index] ?? 0));
}

function isTelling({ tail, slowTail }: Edge): boolean {
  return slowTail - tail >= leastGap;
}

/** The edge against `coarseGap` more beyond it, taken from the bucket that it closes; as it was where that bucket holds too little. */
function coarse(edge: Edge, within: number): Edge {
  if (within < 2 * coarseGap) return edge;
  return { ...edge, slowTail: edge.tail + coarseGap, passing: { bucket: edge.index, share: coarseGap / within } };
}

/** The edges nearest to the quantiles of stable, each once; those that cannot tell are passed over, so that none may remain. */
export function nearestEdges(edges: readonly Edge[], quantiles: readonly number[]): readonly Edge[] {
  const telling = edges.filter(isTelling);
  const nearest = quantiles.flatMap((quantile) => nearestTo(telling, 1 - quantile) ?? []);
  return [...new Set(nearest)];
}

/** The bounds nearest to the quantiles of a past, each once, whatever they can tell. */
export function nearestBounds(past: Histogram, quantiles: readonly number[]): readonly number[] {
  const shape = shapeOf(past);
  const tails = tailsOf(shape);
  const all = shape.bounds.map((bound, index) => ({ bound, tail: tails[index] ?? 0 }));
  const nearest = quantiles.flatMap((quantile) => nearestTo(all, 1 - quantile) ?? []);
  return [...new Set(nearest.map(({ bound }) => bound))];
}

function nearestTo<T extends { readonly tail: number }>(edges: readonly T[], share: number): T | undefined {
  const distance = ({ tail }: T): number => Math.abs(logOdds(tail) - logOdds(share));
  return edges.reduce<T | undefined>(
    (best, edge) => (best === undefined || distance(edge) < distance(best) ? edge : best),
    undefined,
  );
}

/**
 * ln of each alternative's likelihood ratio for one slot, against the null that at least as many of the canary's requests
 * are beyond the edge as of stable's once those are slowed by the margin. The edge is from the past; both histograms have
 * its bounds. A canary request beyond it weighs u1 <= 0, one within u0 >= 0, and one of stable the mean of these over where
 * slowing takes it, so that E S <= exp(n_c (u1 - u0)(P_c - P_slowed)) <= 1, as in `orderRatio`.
 */
export function edgeRatios({ canary, stable }: Timings, { index, tail, slowTail, passing }: Edge): readonly number[] {
  const [n, m] = [sizeOf(canary), sizeOf(stable)];
  if (n === 0 || m === 0) return nothing;
  const beyond = beyondOf(canary, index);
  const cut = stable.counts[passing.bucket] ?? 0;
  const after = beyondOf(stable, passing.bucket);
  return ways.map((way) => {
    const alternative = tail + way * (slowTail - tail);
    const pooled = (n * alternative + m * slowTail) / (n + m);
    const [over, within] = [alternative / pooled - 1, (1 - alternative) / (1 - pooled) - 1];
    const stake = (gain: number): number => Math.log1p((-n / m) * gain);
    const arm = beyond * Math.log1p(over) + (n - beyond) * Math.log1p(within);
    const other =
      after * stake(over) + cut * stake(within + passing.share * (over - within)) + (m - after - cut) * stake(within);
    return arm + other;
  });
}

/** The same for the canary alone against a share beyond the edge that is given. */
export function edgeRatiosAlone(canary: Histogram, { index, tail, slowTail }: Edge): readonly number[] {
  const trial = { n: sizeOf(canary), x: beyondOf(canary, index) };
  return ways.map((way) => trialRatio(trial, tail + way * (slowTail - tail), slowTail));
}

/** How many requests took longer than the bound of that index. */
export function beyondOf({ counts }: Histogram, index: number): number {
  let sum = 0;
  for (let k = counts.length - 1; k > index; k--) sum += counts[k] ?? 0;
  return sum;
}

function logOdds(share: number): number {
  return Math.log(share / (1 - share));
}
