// The one thing the controller owes the world, read from a rollout's saved state and from nothing else.
import { weightOf } from './plan.ts';
import type { RolloutSpec, RolloutStatus } from './rollout.ts';
import type { Instant, Millis } from './time.ts';

/** What is owed. Doing a duty twice is the same as doing it once. */
export type Duty =
  /** Look whether anything stands in the way of the start. */
  | { readonly kind: 'clear' }
  /** Take the rollout back, as was saved: it has touched nothing, and is begun anew from what is asked for now. */
  | { readonly kind: 'withdraw' }
  /** See that the canary's pods are ready before any weight moves. */
  | { readonly kind: 'prepare' }
  /** Write the intended weight. */
  | { readonly kind: 'shift'; readonly weight: number }
  /** Give the mesh time to follow what was written. */
  | { readonly kind: 'settle'; readonly until: Instant }
  /** Judge the canary at every slot. */
  | { readonly kind: 'judge' }
  /** Make the new version the stable one. */
  | { readonly kind: 'promote' }
  /** Stable at 100: the first act of a rollback, one patch. */
  | { readonly kind: 'backToStable' }
  /** Put back the weights as they were before. */
  | { readonly kind: 'restore' }
  /** Take the rollout's claim off the route and leave its weights as they are. */
  | { readonly kind: 'unclaim' }
  /** Give up ownership of every field. */
  | { readonly kind: 'disown' }
  /** Only a person can move this. */
  | { readonly kind: 'await' }
  /** Nothing, ever again. */
  | { readonly kind: 'rest' };

/** The duty of the phase at hand. `settleMs` is how long the mesh may take to follow a write. */
export function dutyOf(spec: RolloutSpec, status: RolloutStatus, settleMs: Millis): Duty {
  switch (status.phase) {
    case 'pending':
      return status.cleanUp === 'release' ? { kind: 'withdraw' } : { kind: 'clear' };
    case 'preparing':
      return { kind: 'prepare' };
    case 'shifting':
      return status.writtenAt === undefined
        ? { kind: 'shift', weight: weightOf(spec.plan, status.step) }
        : { kind: 'settle', until: status.writtenAt + settleMs };
    case 'baking':
    case 'awaitingApproval':
      return { kind: 'judge' };
    case 'promoting':
      return { kind: 'promote' };
    case 'finalizing':
      return status.cleanUp === 'release' ? { kind: 'disown' } : { kind: 'unclaim' };
    case 'held':
      return { kind: 'await' };
    case 'rollingBack':
      return cleanUpDuty(status, settleMs);
    case 'promoted':
    case 'rolledBack':
      return { kind: 'rest' };
  }
}

function cleanUpDuty(status: RolloutStatus, settleMs: Millis): Duty {
  switch (status.cleanUp ?? 'toStable') {
    case 'toStable':
      return { kind: 'backToStable' };
    case 'settleStable':
      return { kind: 'settle', until: (status.writtenAt ?? status.since) + settleMs };
    case 'restore':
      return { kind: 'restore' };
    case 'release':
      return { kind: 'disown' };
  }
}
