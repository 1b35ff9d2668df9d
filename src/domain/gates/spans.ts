// Which counts an accusation names. Harm adds up over the whole rollout, so what convicts need not be of the present step.
import { phiOf } from '../statistics/dispersion.ts';
import type { Duel, Terms } from '../statistics/duel.ts';
import { addBlocks, type Block, noBlock, type Trial } from '../statistics/excess.ts';
import { intervalLevel } from '../statistics/levels.ts';
import { rateBounds } from '../statistics/rate-bounds.ts';

/** Counts of both arms, and since when they were made. */
export interface Span extends Block {
  /** `step`: of the step; `weight`: of the slots before its start too; `rollout`: of all steps. */
  readonly kind: 'step' | 'weight' | 'rollout';
  /** Ends a clause that names stable's counts; empty where it is the step's. */
  readonly when: string;
}

const sinceChange = ' since the last change of its weight';
/** Ends a clause about all that was counted of the rollout. */
export const sinceFirst = ' since the canary first had traffic';

/** The counts of the step. At weight 100 stable's past stands in for it. */
export function stepSpan({ canary, stable, past }: Duel, { alone }: Pick<Terms, 'alone'>): Span {
  return { kind: 'step', canary, stable: alone ? past : stable, when: alone ? ' before weight 100%' : '' };
}

/** The counts in which the canary stands out most; those of the step where more of them say no more. `eve` are those of the slots before its start. */
export function accusingSpan(duel: Duel, terms: Pick<Terms, 'alone'>, eve: Block = noBlock): Span {
  const weight = addBlocks(duel, eve);
  const isFirst = duel.ago.canary.n === 0;
  const wider: readonly Span[] = [
    { ...weight, kind: 'weight', when: isFirst ? sinceFirst : sinceChange },
    { ...addBlocks(weight, duel.ago), kind: 'rollout', when: sinceFirst },
  ];
  return wider.reduce((most, next) => (standsOut(next) > standsOut(most) ? next : most), stepSpan(duel, terms));
}

/** By how many standard errors the canary's share is above stable's; 0 without a stable, and -Infinity without a canary. */
export function standsOut({ canary, stable }: Block): number {
  if (canary.n === 0) return Number.NEGATIVE_INFINITY;
  if (stable.n === 0) return 0;
  const all = canary.n + stable.n;
  const share = (canary.x + stable.x + 0.5) / (all + 1);
  return (canary.x / canary.n - stable.x / stable.n) / Math.sqrt(share * (1 - share) * (1 / canary.n + 1 / stable.n));
}

/**
 * Where the difference lies in a span that is more than the step: each arm's own bounds, at half the risk each, tempered by
 * stable's bursts. Undefined for several steps, because rates are not the same for so long.
 */
export function widerInterval(
  { kind, canary, stable }: Span,
  { dispersion }: Duel,
): { readonly low: number; readonly high: number } | undefined {
  if (kind === 'rollout') return undefined;
  const phi = phiOf(dispersion);
  const bounds = ({ n, x }: Trial) => rateBounds({ n: n / phi, x: x / phi }, (1 + intervalLevel) / 2);
  const [mine, usual] = [bounds(canary), bounds(stable)];
  return { low: Number((mine.low - usual.high).toFixed(6)), high: Number((mine.high - usual.low).toFixed(6)) };
}
