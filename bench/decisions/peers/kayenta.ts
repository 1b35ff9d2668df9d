// Kayenta's NetflixACAJudge-v1.0 (spinnaker/kayenta, MannWhitneyClassifier.scala, NetflixACAJudge.scala) against fresh
// baseline pods of stable's version, as its documentation demands, on points of 15 s.
import { histogramQuantile } from '../latency.ts';
import type { Rule, Run, Word } from '../rule.ts';
import type { ArmDraw, SlotDraw } from '../service.ts';
import { mannWhitney } from './mann-whitney.ts';

/** Which way a metric may not go. */
export type Direction = 'increase' | 'decrease' | 'either';

/** What the classifier says of a metric. */
export type Classification = 'pass' | 'high' | 'low' | 'noData';

/** Classifies a metric. `fraction` of the estimated shift is the tolerance; the judge uses 0.25 and 0.98. */
export function classify(
  control: readonly number[],
  experiment: readonly number[],
  { direction, fraction, level }: { direction: Direction; fraction: number; level: number },
): Classification {
  if (experiment.length === 0 || control.length === 0) return 'noData';
  if (isSame(sorted(experiment), sorted(control)) || new Set([...experiment, ...control]).size === 1) return 'pass';
  const { low, high, estimate } = mannWhitney(experiment, control, level);
  const tolerance = fraction * Math.abs(estimate);
  const ratio = mean(experiment) / mean(control);
  if (direction !== 'decrease' && low > tolerance && (ratio >= 1 || Number.isNaN(ratio))) return 'high';
  if (direction !== 'increase' && high < -tolerance && ratio <= 1) return 'low';
  return 'pass';
}

/** Points of one arm, NaN removed. */
interface Series {
  readonly errors: number[];
  readonly median: number[];
  readonly slow: number[];
}

/** The documented thresholds are pass 95 and marginal 75; a final score has to reach the former, and each step is judged once. */
const pass = 95;
const slotsPerMinute = 4;

/** How a judgement is asked for. */
export interface KayentaOptions {
  readonly id: string;
  readonly title: string;
  readonly weights: readonly [number, ...number[]];
  readonly minutesPerStep: number;
}

/** Judged once at the end of each step, on that step's points. A score below 95 rolls back; else the next step. */
export function kayenta({ id, title, weights, minutesPerStep }: KayentaOptions): Rule {
  return {
    id,
    title,
    withBaseline: true,
    source: import.meta.filename,
    settings: JSON.stringify({ weights, minutesPerStep }),
    begin: () => begin(weights, minutesPerStep * slotsPerMinute),
  };
}

function begin(weights: readonly [number, ...number[]], slotsPerStep: number): Run {
  let [step, seen] = [0, 0];
  let [canary, baseline] = [emptySeries(), emptySeries()];

  function judged(): Word {
    const score = scoreOf(baseline, canary);
    if (score !== undefined && score < pass) return 'rollBack';
    if (step === weights.length - 1) return 'promote';
    step++;
    seen = 0;
    [canary, baseline] = [emptySeries(), emptySeries()];
    return 'stay';
  }

  return {
    weight: () => weights[step] ?? 100,
    see: (slot: SlotDraw) => {
      note(canary, slot.canary);
      if (slot.baseline !== undefined) note(baseline, slot.baseline);
      seen++;
      return seen === slotsPerStep ? judged() : 'stay';
    },
  };
}

/**
 * The weighted score of two groups, errors and latency (median and 99th percentile), of equal weight. Undefined when half of
 * the metrics or more have no data, which Kayenta scores 0; a rule that did so would roll back every service without traffic.
 */
function scoreOf(control: Series, experiment: Series): number | undefined {
  const said = (key: keyof Series): Classification =>
    classify(control[key], experiment[key], { direction: 'increase', fraction: 0.25, level: 0.98 });
  const groups = [[said('errors')], [said('median'), said('slow')]];
  const all = groups.flat();
  if (all.filter((one) => one === 'noData').length * 2 >= all.length) return undefined;
  const scores = groups
    .map((group) => group.filter((one) => one !== 'noData'))
    .filter((group) => group.length > 0)
    .map((group) => (100 * group.filter((one) => one === 'pass').length) / group.length);
  return mean(scores);
}

function emptySeries(): Series {
  return { errors: [], median: [], slow: [] };
}

function note(series: Series, { requests, errors, buckets }: ArmDraw): void {
  if (requests === 0) return;
  series.errors.push(errors / requests);
  series.median.push(histogramQuantile(buckets, 0.5) ?? 0);
  series.slow.push(histogramQuantile(buckets, 0.99) ?? 0);
}

function sorted(values: readonly number[]): readonly number[] {
  return [...values].sort((a, b) => a - b);
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
