// The one thing the controller owes the world, read from a rollout's saved state and from nothing else.
import { weightOf } from './plan.ts';
import type { Mode, RolloutSpec, RolloutStatus } from './rollout.ts';
import type { Instant, Millis } from './time.ts';

/** What is owed. Doing a duty twice is the same as doing it once. With `after`, not before then: the mesh is still following a write. */
export type Duty =
  /** Look whether anything stands in the way of the start. */
  | { readonly kind: 'clear' }
  /** Take the rollout back, as was saved: it has touched nothing, and is begun anew from what is asked for now. */
  | { readonly kind: 'withdraw' }
  /** Define the subsets that the lanes are going to name. */
  | { readonly kind: 'define' }
  /** Split every lane, all of it to the version that serves. */
  | { readonly kind: 'pin'; readonly after: Instant }
  /** See that the canary's pods are ready before any weight moves. */
  | { readonly kind: 'prepare'; readonly after: Instant }
  /** Write the intended weight. */
  | { readonly kind: 'shift'; readonly weight: number }
  /** Give the mesh time to follow what was written. */
  | { readonly kind: 'settle'; readonly until: Instant }
  /** Judge the canary at every slot. */
  | { readonly kind: 'judge' }
  /** Make the new version the stable one. */
  | { readonly kind: 'promote' }
  /** Give traffic back to the promoted Deployment, part by part. */
  | { readonly kind: 'giveBack'; readonly after: Instant }
  /** Keep all traffic on the healthy copy until a way on is found. */
  | { readonly kind: 'hold' }
  /** Stable at 100: the first act of a rollback, one patch. */
  | { readonly kind: 'backToStable' }
  /** The canary's pods gone, and absent from every endpoint. */
  | { readonly kind: 'drain' }
  /** Put back the weights as they were before. */
  | { readonly kind: 'restore' }
  /** Delete what was made for the rollout. */
  | { readonly kind: 'remove' }
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
      return preparingDuty(spec.mode, status, settleMs);
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
      return spec.mode === 'managed' ? finalizingDuty(status, settleMs) : keepWeightsDuty(status);
    case 'held':
      return spec.mode === 'managed' ? { kind: 'hold' } : { kind: 'await' };
    case 'rollingBack':
      return cleanUpDuty(status, settleMs);
    case 'promoted':
    case 'rolledBack':
      return { kind: 'rest' };
  }
}

function settledAt({ writtenAt, since }: RolloutStatus, settleMs: Millis): Instant {
  return (writtenAt ?? since) + settleMs;
}

function preparingDuty(mode: Mode, status: RolloutStatus, settleMs: Millis): Duty {
  if (mode === 'pair') return { kind: 'prepare', after: status.since };
  switch (status.stage ?? 'subsets') {
    case 'subsets':
      return { kind: 'define' };
    case 'pins':
      return { kind: 'pin', after: settledAt(status, settleMs) };
    case 'pods':
    case 'return':
      return { kind: 'prepare', after: settledAt(status, settleMs) };
  }
}

function finalizingDuty(status: RolloutStatus, settleMs: Millis): Duty {
  if (status.cleanUp !== undefined) return cleanUpDuty(status, settleMs);
  switch (status.stage ?? 'subsets') {
    case 'subsets':
      return { kind: 'define' };
    case 'pins':
      return { kind: 'pin', after: settledAt(status, settleMs) };
    case 'pods':
    case 'return':
      return status.writtenAt === undefined
        ? { kind: 'shift', weight: status.weight.intended }
        : { kind: 'giveBack', after: settledAt(status, settleMs) };
  }
}

/** A pair's end: the weights stay. */
function keepWeightsDuty({ cleanUp }: RolloutStatus): Duty {
  return cleanUp === 'release' ? { kind: 'disown' } : { kind: 'unclaim' };
}

function cleanUpDuty(status: RolloutStatus, settleMs: Millis): Duty {
  switch (status.cleanUp ?? 'toStable') {
    case 'toStable':
      return { kind: 'backToStable' };
    case 'settleStable':
    case 'settleDrained':
    case 'settleRestored':
      return { kind: 'settle', until: settledAt(status, settleMs) };
    case 'drain':
      return { kind: 'drain' };
    case 'restore':
      return { kind: 'restore' };
    case 'remove':
      return { kind: 'remove' };
    case 'release':
      return { kind: 'disown' };
  }
}

/** The part of a clean-up that follows a settle time. A pair has no pods and objects of Serin's to take away. */
export function afterSettling(mode: Mode, cleanUp: RolloutStatus['cleanUp']): NonNullable<RolloutStatus['cleanUp']> {
  switch (cleanUp) {
    case 'settleStable':
      return mode === 'managed' ? 'drain' : 'restore';
    case 'settleRestored':
      return 'remove';
    case 'settleDrained':
    case undefined:
    case 'toStable':
    case 'drain':
    case 'restore':
    case 'remove':
    case 'release':
      return 'restore';
  }
}
