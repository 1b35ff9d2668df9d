// Several alternatives in a race against one null, begun anew now and then: a mixture of likelihood ratios that stays an
// e-process, in a state of a few numbers.
import { isCount, isRecord } from '../gate.ts';
import { capGrowth, catastrophe, restartMs, startShares } from './levels.ts';

/** Where the race stands. Logarithms are natural; -Infinity is written as null by JSON, so the floor is finite. */
export interface Race {
  /** By alternative: ln of its likelihood ratio, summed over the times it was begun, each with that start's weight. */
  readonly logs: readonly number[];
  /** The weight of starts still to come; as long as they have not begun they count as 1. */
  readonly reserve: number;
  /** How many steps and restarts have begun. */
  readonly steps: number;
  readonly restarts: number;
  /** Since the last restart, or the beginning. */
  readonly sinceMs: number;
  /** ln of the e-value. */
  readonly whole: number;
  /** The same with what one slot may add kept within bounds; at most `whole`. */
  readonly capped: number;
}

/** Lower than this no logarithm is kept: what that adds to the mean is less than one in 10^26 per slot. */
const floor = -60;
/** Logarithms are kept to so many parts, rounded down, because they are saved with the rollout. */
const parts = 1e4;
const mostStarts = 1_000_000;

/** A race of so many alternatives that has not begun. */
export function beginRace(alternatives: number): Race {
  const logs = Array.from({ length: alternatives }, () => floor);
  return begun({ logs, reserve: 1, steps: 0, restarts: 0, sinceMs: 0, whole: 0, capped: 0 }, startShares.first);
}

/** A step begins, so that what stable and canary earned before it counts less. The k-th step has the weight 1/(k(k+1)) of its share. */
export function enterStep(race: Race): Race {
  const steps = Math.min(race.steps + 1, mostStarts);
  return { ...begun(race, startShares.steps / (steps * (steps + 1))), steps };
}

/**
 * One slot more: `increments` are the logarithms of each alternative's likelihood ratio for it, of which exp has a mean of
 * at most 1 under the null given all slots before; `weights` are the alternatives' own and sum to 1.
 *
 * With start weights c_s the mixture over starts is M_j(t) = sum_s c_s prod_{s<i<=t} S_j(i), and since S_j(i) does not depend
 * on the start, M_j(t) = (M_j(t-1) + c_t) S_j(t): one number instead of one per start. (Shin, Ramdas and Rinaldo 2022 build
 * e-detectors by this recursion, with c_t = 1; with sum c_t = 1 it remains an e-process, by Fubini.)
 */
export function advance(race: Race, increments: readonly number[], weights: readonly number[], widthMs: number): Race {
  const started = restarted({ ...race, sinceMs: race.sinceMs + widthMs });
  const logs = started.logs.map((log, j) => rounded(log + (increments[j] ?? 0)));
  const whole = rounded(logSum([Math.log(Math.max(started.reserve, 1e-300)), ...weighted(logs, weights)]));
  return { ...started, logs, whole, capped: rounded(capped(race, whole)) };
}

/**
 * ln of the e-value to decide by: what one slot may add is bounded, unless the odds are catastrophic, and would be so too if
 * failures came in clusters of `doubt`. Both are at most `whole`, hence as valid.
 */
export function evidenceOf(race: Race, doubt: number): number {
  return race.whole >= doubt * Math.log(catastrophe) ? race.whole : race.capped;
}

/** ln of the sum of exponentials. */
export function logSum(logs: readonly number[]): number {
  const most = Math.max(...logs);
  return Number.isFinite(most) ? most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0)) : most;
}

/** A slot multiplies by `capGrowth` at most, so that `capped` never exceeds `whole` and inherits its guarantee. */
function capped(before: Race, whole: number): number {
  return Math.min(whole, before.capped + Math.min(whole - before.whole, Math.log(capGrowth)));
}

function restarted(race: Race): Race {
  if (race.sinceMs < restartMs) return race;
  const restarts = Math.min(race.restarts + 1, mostStarts);
  return { ...begun(race, startShares.restarts / (restarts * (restarts + 1))), restarts, sinceMs: 0 };
}

/** Moves weight from the reserve to every alternative, where it begins with 1. */
function begun(race: Race, weight: number): Race {
  const added = Math.min(weight, race.reserve);
  if (added <= 0) return race;
  const logs = race.logs.map((log) => logSum([log, Math.log(added)]));
  return { ...race, logs, reserve: Math.round((race.reserve - added) * 1e9) / 1e9 };
}

/** Rounded down and kept above the floor. */
export function rounded(log: number): number {
  return Math.max(floor, Math.floor(log * parts) / parts);
}

function weighted(logs: readonly number[], weights: readonly number[]): readonly number[] {
  return logs.map((log, j) => log + Math.log(weights[j] ?? 0));
}

/** A race as it was saved; undefined when this is none of so many alternatives. */
export function reviveRace(saved: unknown, alternatives: number): Race | undefined {
  if (!isRecord(saved)) return undefined;
  const { reserve, steps, restarts, sinceMs, whole, capped: bounded } = saved;
  const logs = reviveLogs(saved['logs'], alternatives);
  if (logs === undefined || !isLog(whole) || !isLog(bounded) || bounded > whole) return undefined;
  if (!isCount(reserve) || reserve > 1 || !isCount(steps) || !isCount(restarts) || !isCount(sinceMs)) return undefined;
  return { logs, reserve, steps, restarts, sinceMs, whole, capped: bounded };
}

/** Saved logarithms; undefined when these are not so many. */
export function reviveLogs(saved: unknown, count: number): readonly number[] | undefined {
  return Array.isArray(saved) && saved.length === count && saved.every(isLog) ? saved : undefined;
}

function isLog(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
