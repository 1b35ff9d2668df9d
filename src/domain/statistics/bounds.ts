// Where the difference of two failure rates lies, at every moment at once: a confidence sequence by inverting tests.
import { type Block, logRatio, possible, type Rates } from './excess.ts';
import { intervalLevel } from './levels.ts';
import { rounded } from './race.ts';

/**
 * For every difference of the grid: ln of the evidence that the true one is greater (`above`), and that it is less (`below`).
 * What was once refuted stays so.
 */
export interface Bounds {
  readonly above: readonly number[];
  readonly below: readonly number[];
}

/** The grid in units of the margin. The ends of an interval are among these. */
const multiples = [0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 20, 50];
const grid = [...multiples.map((times) => -times).reverse(), 0, ...multiples];

/** The length of the grid. */
export const gridSize = grid.length;

const refuted = Math.log(2 / (1 - intervalLevel));
const isRefuted = 99;

/** Nothing is known. */
export const noBounds: Bounds = { above: grid.map(() => 0), below: grid.map(() => 0) };

/**
 * Counts one block. At every difference d of the grid the two nulls "at most d" and "at least d" are each held against the
 * rates that the past suggests, `guess`, as far as they lie on the other side (Waudby-Smith and Ramdas 2024: a predictable
 * plug-in is a valid bet). Both are e-processes, so that by Ville's inequality the differences that neither refutes at
 * 2/(1 - level) contain the truth at all times with probability `level`. When the difference changes over time, they
 * contain the span of what it was on average.
 */
export function addBlock(bounds: Bounds, block: Block, guess: Rates, scale: number, phi: number): Bounds {
  const bet = { canary: possible(guess.canary), stable: possible(guess.stable) };
  const above = [...bounds.above];
  const below = [...bounds.below];
  for (const [index, times] of grid.entries()) {
    const d = Math.min(0.999, Math.max(-0.999, times * scale));
    const side = bet.canary - bet.stable > d ? above : below;
    const log = side[index] ?? 0;
    if (log === isRefuted) continue;
    const next = log + logRatio(block, bet, { factor: 1, offset: d }) / phi;
    side[index] = next >= refuted ? isRefuted : rounded(next);
  }
  return { above, below };
}

/** The interval for canary minus stable; an end that nothing refutes yet is -1 or 1. */
export function intervalOf({ above, below }: Bounds, scale: number): { readonly low: number; readonly high: number } {
  const lowest = above.lastIndexOf(isRefuted);
  const highest = below.indexOf(isRefuted);
  const at = (index: number, otherwise: number): number => {
    const times = grid[index];
    return times === undefined ? otherwise : Math.min(1, Math.max(-1, Number((times * scale).toFixed(7))));
  };
  return { low: at(lowest, -1), high: at(highest, 1) };
}
