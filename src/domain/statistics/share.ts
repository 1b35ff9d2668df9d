// Whether traffic is split as the weights say: the sample-ratio test, at any time.
import type { Trial } from './excess.ts';
import { evidenceAgainst } from './rate-bounds.ts';

/** How much the mixture takes for granted: Lindon and Malek's (2022) concentration k. */
const concentration = 100;

/**
 * ln of the evidence that of `n` requests the `x` of one arm are not a share from `low` to `high`. The multinomial mixture of
 * Lindon and Malek (2022, "Anytime-valid inference for multinomial count data"), here of two arms, against the share
 * of that span that is nearest to what was seen: it is an e-process for every share of the span, because the evidence
 * against each of them is at least as great.
 */
export function evidenceOfMismatch(split: Trial, low: number, high: number): number {
  if (split.n === 0) return 0;
  const seen = split.x / split.n;
  if (seen >= low && seen <= high) return 0;
  return evidenceAgainst(split, seen < low ? low : high, concentration);
}
