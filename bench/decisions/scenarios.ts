// What is simulated: services, what disturbs them, and what is wrong with their releases.

/** What is wrong with the canary; nothing when all is at its default. */
export interface Harm {
  /** Added to the error probability, as a share. */
  readonly lift?: number;
  /** Every request fails, at once. */
  readonly dead?: true;
  /** Every request takes so many times as long. */
  readonly slower?: number;
  /** The slowest 5% take so many times as long. */
  readonly tail?: number;
  /** Only while the canary's weight is at least so many percent. */
  readonly fromWeight?: number;
  /** Only from so many minutes after the start on. */
  readonly afterMinutes?: number;
}

/** What disturbs both versions, or looks like harm and is none. */
export type Nuisance =
  | 'none'
  /** Arrivals per slot with a gamma-distributed rate of shape 2 (coefficient of variation 0.7). */
  | 'burstyArrivals'
  /** Rate +-70%, errors +-90%, latency +-15%, with a period of an hour: a day in fast motion. */
  | 'swing'
  /** 6 points more errors on both sides for five minutes. */
  | 'incident'
  /** The new pods start with +3 points of errors and twice the latency, decaying with 30 s. */
  | 'coldStart'
  /** Errors come in clusters of 15 requests of which 80% fail (variance 12 times Poisson's). */
  | 'errorBursts'
  /** One of nine stable pods has 5 points more errors for ten minutes. */
  | 'badStablePod'
  /** One of four canary pods has 5 points more errors for ten minutes. */
  | 'badCanaryPod';

/** What the report takes a rollback for. `grey`: too little harm to call either answer wrong; `pod`: no rule can tell. */
export type Truth = 'equal' | 'grey' | 'pod' | 'errors' | 'latency';

/** One row of the report. */
export interface Scenario {
  readonly id: string;
  /** Requests per second of the whole service. */
  readonly rate: number;
  /** Stable's error probability, as a share. */
  readonly base: number;
  readonly harm: Harm;
  readonly nuisance: Nuisance;
  readonly truth: Truth;
  /** Log-normal alone, or 1% of a Pareto tail besides. */
  readonly latency: 'plain' | 'heavy';
}

const usual = 0.005;
const rates = [0.1, 1, 10, 100, 1000] as const;

function scenario(id: string, given: Partial<Scenario> & Pick<Scenario, 'rate'>): Scenario {
  const truth = given.truth ?? (given.harm === undefined ? 'equal' : 'errors');
  return { base: usual, harm: {}, nuisance: 'none', latency: 'heavy', ...given, truth, id };
}

function at(rate: number): string {
  return `${rate}rps`;
}

function over(some: readonly number[], name: string, given: Omit<Partial<Scenario>, 'rate'>): readonly Scenario[] {
  return some.map((rate) => scenario(`${name}-${at(rate)}`, { ...given, rate }));
}

/** Releases as good as stable. */
const equal: readonly Scenario[] = [
  ...over(rates, 'equal', {}),
  ...over(rates, 'equal-base1.2', { base: 0.012 }),
  ...over([1, 10, 100], 'equal-bursty', { nuisance: 'burstyArrivals' }),
  ...over([1, 10, 100, 1000], 'equal-swing', { nuisance: 'swing' }),
  ...over([1, 10, 100, 1000], 'equal-incident', { nuisance: 'incident' }),
  ...over([1, 10, 100, 1000], 'equal-cold', { nuisance: 'coldStart' }),
  ...over([10, 100, 1000], 'equal-errorbursts', { nuisance: 'errorBursts' }),
  ...over([10, 100], 'equal-badstablepod', { nuisance: 'badStablePod' }),
  ...over([10, 100], 'equal-badcanarypod', { nuisance: 'badCanaryPod', truth: 'pod' }),
];

/** Releases with more errors. */
const failing: readonly Scenario[] = [
  ...over([10, 100, 1000], 'errors+0.1', { harm: { lift: 0.001 }, truth: 'grey' }),
  ...over([1, 10, 100, 1000], 'errors+0.5', { harm: { lift: 0.005 } }),
  ...over([1, 10, 100, 1000], 'errors+1', { harm: { lift: 0.01 } }),
  ...over(rates, 'errors+5', { harm: { lift: 0.05 } }),
  ...over(rates, 'dead', { harm: { dead: true } }),
  ...over([10, 100], 'errors+2-from25', { harm: { lift: 0.02, fromWeight: 25 } }),
  ...over([10, 100], 'errors+2-after20m', { harm: { lift: 0.02, afterMinutes: 20 } }),
  ...over([100], 'errors+1-errorbursts', { harm: { lift: 0.01 }, nuisance: 'errorBursts' }),
];

/** Releases that are slower. */
const slow: readonly Scenario[] = [
  ...over([1, 10, 100, 1000], 'slower-1.1x', { harm: { slower: 1.1 }, truth: 'latency' }),
  ...over([1, 10, 100, 1000], 'slower-1.5x', { harm: { slower: 1.5 }, truth: 'latency' }),
  ...over([1, 10, 100, 1000], 'tail-2x', { harm: { tail: 2 }, truth: 'latency' }),
];

/** The cells of the first figures in plain latency, to see whether the peers' ports give the same. */
const conformance: readonly Scenario[] = [
  ...over(rates, 'plain-equal', { latency: 'plain' }),
  ...over([10], 'plain-equal-base1.2', { base: 0.012, latency: 'plain' }),
  ...over([100], 'plain-equal-incident', { nuisance: 'incident', latency: 'plain' }),
  ...over([100], 'plain-equal-swing', { nuisance: 'swing', latency: 'plain' }),
  ...over([10, 100], 'plain-errors+0.5', { harm: { lift: 0.005 }, latency: 'plain' }),
  ...over([10, 100], 'plain-errors+1', { harm: { lift: 0.01 }, latency: 'plain' }),
  ...over([0.1, 1, 10, 100], 'plain-errors+5', { harm: { lift: 0.05 }, latency: 'plain' }),
  ...over([10], 'plain-dead', { harm: { dead: true }, latency: 'plain' }),
  ...over([10, 100], 'plain-slower-1.5x', { harm: { slower: 1.5 }, truth: 'latency', latency: 'plain' }),
  ...over([10, 100], 'plain-tail-2x', { harm: { tail: 2 }, truth: 'latency', latency: 'plain' }),
];

/** The rows of the report, in its order. */
export const scenarios: readonly Scenario[] = [...equal, ...failing, ...slow];

/** All that can be asked for by name. */
export const allScenarios: readonly Scenario[] = [...scenarios, ...conformance];
