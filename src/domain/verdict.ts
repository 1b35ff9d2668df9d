// What a judgement says: one of five words, a reason, a sentence and the numbers.

/**
 * `pass`: the evidence suffices and the canary is not worse than the margin allows.
 * `fail`: it is worse. `undecided`: there is evidence, not enough. `noData`: there is nothing to judge.
 * `sourceDown`: the metrics could not be read. Only `pass` warrants a forward move; only `fail` rolls back.
 */
export type Verdict = 'pass' | 'fail' | 'undecided' | 'noData' | 'sourceDown';

/** Why a gate said what it said: a closed list, the same words in status, events and docs. */
export type VerdictReason =
  | 'NotWorse'
  | 'ErrorRateWorse'
  | 'ErrorRateAboveCeiling'
  | 'ClientErrorsWorse'
  | 'LatencyWorse'
  | 'LatencyAboveLimit'
  | 'StableSick'
  | 'WithinLimit'
  | 'TooFewRequests'
  | 'TooFewFailures'
  | 'LooksAboveCeiling'
  | 'MarginNotMet'
  | 'NoRequests'
  | 'NoComparison'
  | 'ReporterVanished'
  | 'SlotUnreadable'
  | 'SourceUnreachable'
  | 'WeightsNotInEffect'
  | 'WeightsInEffect'
  | 'PodsHealthy'
  | 'PodsNotReady'
  | 'PodsFailing'
  | 'AnalysisOff'
  | 'OutsideLimit'
  | 'NotAsked'
  | 'NoSample'
  | 'SeveralSamples'
  | 'NotANumber';

/** Requests of one side of a comparison, and how many of them count against it. */
export interface Counted {
  readonly requests: number;
  readonly failures: number;
}

/** The numbers behind a verdict, for whoever asks why and for plots. Shares are of 1, odds are "so many to one". */
export interface GateNumbers {
  readonly canary: Counted;
  readonly stable?: Counted;
  /** Where the difference canary minus stable lies, at every moment at once, with probability `level`. */
  readonly interval?: { readonly low: number; readonly high: number; readonly level: number };
  /** What the difference has to stay below for a pass. */
  readonly margin?: number;
  /** Odds that the canary is worse than is tolerated, and the odds that roll it back. */
  readonly worse?: { readonly odds: number; readonly needed: number };
  /** Odds that it is not worse than the margin, and the odds that pass the step. */
  readonly fine?: { readonly odds: number; readonly needed: number };
  /** Canary requests counted and about how many a verdict takes at this rate; `leftMs` where a rate is known. */
  readonly progress?: { readonly have: number; readonly need: number; readonly leftMs?: number };
}

/** One gate's judgement at one moment. */
export interface GateVerdict {
  readonly gate: string;
  readonly verdict: Verdict;
  readonly reason: VerdictReason;
  /** One plain sentence with the numbers behind the verdict. */
  readonly message: string;
  /** The query behind the numbers, as it can be pasted into the metrics source; absent where there is none. */
  readonly query?: string;
  readonly numbers?: GateNumbers;
  /** Shown and not judged. */
  readonly shadow?: true;
}

const severity: Readonly<Record<Verdict, number>> = { fail: 4, sourceDown: 3, noData: 2, undecided: 1, pass: 0 };

/** The verdicts that count: those of gates that are not in shadow. */
export function judged(verdicts: readonly GateVerdict[]): readonly GateVerdict[] {
  return verdicts.filter(({ shadow }) => shadow !== true);
}

/** How much a verdict weighs against others: the greater decides. */
export function verdictRank(verdict: Verdict): number {
  return severity[verdict];
}

/**
 * The verdict that decides among several: any `fail` first, then what hinders judging, and `pass` only when all pass.
 * Undefined for an empty list, which judges nothing and so warrants nothing. What is in shadow decides nothing.
 */
export function decisive(verdicts: readonly GateVerdict[]): GateVerdict | undefined {
  return judged(verdicts).reduce<GateVerdict | undefined>(
    (worst, next) => (worst === undefined || severity[next.verdict] > severity[worst.verdict] ? next : worst),
    undefined,
  );
}
