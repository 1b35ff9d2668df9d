// One latency limit held against one reporter's buckets. A bucket says how many requests took at most so long; of a time
// between two bounds it only says that it lies between them.
import type { GateContext } from '../gate.ts';
import type { LatencyLimit } from '../plan.ts';
import {
  type Buckets,
  boundAtLeast,
  boundAtMost,
  type QuantileSpan,
  quantileSpan,
  requestsIn,
  slowerThan,
} from './buckets.ts';
import { evidenceAbove, evidenceOfExcess, proofFailures, proofNats } from './divergence.ts';
import type { TimedState } from './latency-state.ts';

/** What is held against what: at weight 100 stable is known only from before. */
export interface Timed {
  readonly canary: Buckets;
  readonly stable: Buckets;
  readonly byPast: boolean;
}

/** How a limit stands. `proven`: the canary is above it beyond chance. `between`: the limit lies inside a bucket. */
export interface Standing {
  readonly limit: LatencyLimit;
  readonly kind: 'kept' | 'above' | 'between' | 'noStable';
  readonly proven: boolean;
  readonly canary: QuantileSpan;
  /** Where a relative limit stands. */
  readonly relative?: { readonly stable: QuantileSpan; readonly factor: number };
}

/** Chooses what a reporter's canary is held against. */
export function timedOf(state: TimedState, { weight }: GateContext): Timed {
  const byPast = weight >= 100;
  return { canary: state.canary, stable: byPast ? state.past : state.stable, byPast };
}

/** Holds the canary to every limit of the plan. Owes at least one canary request. */
export function standings(timed: Timed, { plan }: GateContext): readonly Standing[] {
  return plan.maxLatency.map((limit) =>
    limit.kind === 'absolute' ? absolute(limit, timed.canary) : relative(limit, timed, plan.minRequests),
  );
}

/** Whether any limit is exceeded beyond chance on enough requests; one slot's proof is not a verdict yet. */
export function provesSlow(timed: Timed, context: GateContext): boolean {
  if (requestsIn(timed.canary) < context.plan.minRequests) return false;
  return standings(timed, context).some(({ proven }) => proven);
}

/** Exact when the limit is a bound. Else the bound below can show that it is kept, and the bound above that it is not. */
function absolute(limit: LatencyLimit & { readonly kind: 'absolute' }, canary: Buckets): Standing {
  const n = requestsIn(canary);
  const allowed = 1 - limit.quantile;
  const below = boundAtMost(canary, limit.millis);
  const slowAtMost = below === undefined ? n : slowerThan(canary, below);
  const slowAtLeast = slowerThan(canary, boundAtLeast(canary, limit.millis));
  const fits = (slow: number): boolean => slow <= n * allowed + 1e-9;
  const kind = fits(slowAtMost) ? 'kept' : fits(slowAtLeast) ? 'between' : 'above';
  const exceeds = slowAtLeast - n * allowed >= proofFailures;
  const proven = exceeds && evidenceAbove({ n, x: slowAtLeast }, allowed) >= proofNats;
  return { limit, kind, proven, canary: quantileSpan(canary, limit.quantile) };
}

/**
 * Kept when the estimates within the buckets say so. Proven to be exceeded only by bounds: were the canary at most `factor`
 * slower, then over b' >= factor * b it could not have a greater share than stable has over b.
 */
function relative(limit: LatencyLimit & { readonly kind: 'relative' }, timed: Timed, minRequests: number): Standing {
  const factor = timed.byPast ? 1 + 2 * (limit.factor - 1) : limit.factor;
  const canary = quantileSpan(timed.canary, limit.quantile);
  if (requestsIn(timed.stable) < minRequests) return { limit, kind: 'noStable', proven: false, canary };
  const stable = quantileSpan(timed.stable, limit.quantile);
  const told = { limit, canary, relative: { stable, factor } };
  if (!Number.isFinite(stable.high)) return { ...told, kind: 'between', proven: false };
  if (canary.estimate <= factor * stable.estimate) return { ...told, kind: 'kept', proven: false };
  return { ...told, kind: 'above', proven: provenSlower(timed, stable.high, factor, 1 - limit.quantile) };
}

function provenSlower({ canary, stable }: Timed, stableBound: number, factor: number, allowed: number): boolean {
  const bound = boundAtLeast(canary, factor * stableBound);
  const slow = { n: requestsIn(canary), x: slowerThan(canary, bound) };
  const usual = { n: requestsIn(stable), x: slowerThan(stable, stableBound) };
  if (slow.x - slow.n * allowed < proofFailures) return false;
  return evidenceOfExcess(slow, usual, 0) >= proofNats;
}
