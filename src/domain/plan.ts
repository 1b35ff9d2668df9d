// The plan of a rollout: its steps, how long each bakes, and what is judged.
import type { Millis } from './time.ts';

/** What happens when `maxBakeMs` runs out without a verdict. */
export type OnUndecided = 'hold' | 'rollback' | 'advance';

/** A ceiling on a latency quantile of the canary: so many milliseconds, or so many times stable's. */
export type LatencyLimit =
  | { readonly kind: 'absolute'; readonly quantile: number; readonly millis: Millis; readonly text: string }
  | { readonly kind: 'relative'; readonly quantile: number; readonly factor: number; readonly text: string };

/** Pinned when a rollout is created; a later edit of the annotations concerns the next rollout. */
export interface Plan {
  /** Canary weights in percent, rising, the last one 100. */
  readonly steps: readonly [number, ...number[]];
  /** The least time per step. */
  readonly bakeMs: Millis;
  /** The most time per step, after which `onUndecided` applies. */
  readonly maxBakeMs: Millis;
  /** How much worse than stable still counts as not worse, as a share (0.005 is half a percentage point). */
  readonly errorMargin: number;
  /** An absolute ceiling on the canary's error rate, as a share. */
  readonly maxErrorRate?: number;
  readonly maxLatency: readonly LatencyLimit[];
  /** Canary requests without which no step passes or fails. */
  readonly minRequests: number;
  readonly onUndecided: OnUndecided;
  /** `off` steps on time alone, and every surface says so. */
  readonly analysis: 'auto' | 'off';
  /** The share of requests from clients outside the mesh, whom weights do not reach, that is put up with. */
  readonly maxUnmeshed: number;
  /** A header or cookie whose bearers see the canary from the first step on: `x-canary: true`, `cookie: canary=1`. */
  readonly testers?: string;
}

/** The plan of a Deployment that says nothing. */
export const defaultPlan: Plan = {
  steps: [10, 25, 50, 100],
  bakeMs: 120_000,
  maxBakeMs: 900_000,
  errorMargin: 0.005,
  maxLatency: [],
  minRequests: 100,
  onUndecided: 'hold',
  analysis: 'auto',
  maxUnmeshed: 0.01,
};

/** The weight of a step; steps beyond the plan weigh what the last one does. */
export function weightOf(plan: Plan, step: number): number {
  return plan.steps[Math.min(Math.max(step, 0), plan.steps.length - 1)] ?? 100;
}

/** A share as people read it: `0.5%`, at most two decimals. */
export function formatShare(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}
