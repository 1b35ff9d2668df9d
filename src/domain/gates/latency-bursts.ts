// By how much evidence on latencies is tempered, because slow requests come in bursts.
import { doubtOf, phiOf } from '../statistics/dispersion.ts';
import type { Bursts } from './latency-state.ts';

/** Farther out than it is measured, burstiness is greater still. */
const fartherOut = 1.3;
/** A single slot needs this power of the odds that make a catastrophe. */
const leastDoubt = 4;

/** For a test that bets on every bound: more than the largest factor that was measured; 1 when slow requests look independent. */
export function phiIn(bursts: readonly Bursts[]): number {
  const most = Math.max(1, ...bursts.map(({ dispersion }) => phiOf(dispersion)));
  return most > 1 ? fartherOut * most : 1;
}

/** For a test at one bound: the factor at the nearest measured bound up to it, or at the first one. */
export function phiAt(bursts: readonly Bursts[], bound: number): number {
  const nearest = bursts.findLast((each) => each.bound <= bound) ?? bursts[0];
  return nearest === undefined ? 1 : phiOf(nearest.dispersion);
}

/**
 * How large bursts may be for all that is known, before a single slot may roll back: one pause of a pod makes all requests of a
 * second slow, which happens to equal releases too.
 */
export function doubtIn(bursts: readonly Bursts[]): number {
  return Math.max(leastDoubt, ...bursts.map(({ dispersion }) => doubtOf(dispersion)));
}
