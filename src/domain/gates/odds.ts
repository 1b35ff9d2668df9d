// Odds in words, the same for every surface that explains a verdict.
import type { GateNumbers } from '../verdict.ts';
import { grouped } from './words.ts';

/** `7,300 to 1`; odds below one are told the other way round. */
export function oddsWords(odds: number): string {
  if (odds >= 1e9) return 'more than a billion to 1';
  if (odds >= 10) return `${grouped(odds)} to 1`;
  if (odds >= 1) return `${Number(odds.toFixed(1))} to 1`;
  return odds <= 1e-9 ? '1 to more than a billion' : `1 to ${grouped(1 / odds)}`;
}

/** How strong the evidence is on either side: `7,300 to 1 that it is worse; 167 to 1 would roll it back.` Nothing where it has none. */
export function evidenceWords({ worse, fine }: Pick<GateNumbers, 'worse' | 'fine'>): readonly string[] {
  return [
    ...(worse === undefined
      ? []
      : [`${oddsWords(worse.odds)} that it is worse; ${oddsWords(worse.needed)} would roll it back.`]),
    ...(fine === undefined
      ? []
      : [`${oddsWords(fine.odds)} that it is not worse than the margin; ${oddsWords(fine.needed)} pass the step.`]),
  ];
}
