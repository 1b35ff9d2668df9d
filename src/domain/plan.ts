// The plan of a rollout: its steps, how long each bakes, and what is judged.
import type { CustomGate } from './gates/custom.ts';
import type { Millis } from './time.ts';

/** What happens when `maxBakeMs` runs out without a verdict. */
export type OnUndecided = 'hold' | 'rollback' | 'advance';

/** Whose word a rollout waits for besides the gates. */
export interface ApprovalPlan {
  readonly when: 'before-start' | 'before-promotion' | 'every-step';
  /** How long it waits; for ever where absent. */
  readonly timeoutMs?: Millis;
  /** What silence means when that is over. */
  readonly onTimeout: OnUndecided;
  /** Whether whoever made the change may approve it. */
  readonly byAuthor: 'allowed' | 'refused';
  /** Who made the change, as an annotation claims. */
  readonly author?: string;
}

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
  /** Canary requests without which no step passes. */
  readonly minRequests: number;
  readonly onUndecided: OnUndecided;
  /** `off` steps on time alone, and every surface says so. */
  readonly analysis: 'auto' | 'off';
  /** The share of requests from clients outside the mesh, whom weights do not reach, that is put up with. */
  readonly maxUnmeshed: number;
  /** The probability that a release as good as stable is rolled back, over all looks, steps and gates, as a share. */
  readonly falseRollback: number;
  /** A header or cookie whose bearers see the canary from the first step on: `x-canary: true`, `cookie: canary=1`. */
  readonly testers?: string;
  /** The Slack channel in which people are told of the rollout. */
  readonly slackChannel?: string;
  /** The URL that is told of the rollout by signed letters. */
  readonly webhook?: string;
  /** The repository whose deployments show the rollout, and the commit that is released where it is not read from the image. */
  readonly github?: { readonly repository: string; readonly ref?: string };
  /** Absent where the gates alone decide. */
  readonly approval?: ApprovalPlan;
  /** What a policy has judged besides. */
  readonly gates: readonly CustomGate[];
}

/**
 * With `onUndecided` `advance` a step whose time is over is left once harm beyond so many times its margin is excluded: with the
 * margins of `marginAt` that is five times `errorMargin` of all requests, whatever the weight.
 */
export const undecidedFactor = 5;

/** The plan of a Deployment that says nothing. */
export const defaultPlan: Plan = {
  steps: [10, 25, 50, 100],
  bakeMs: 120_000,
  maxBakeMs: 720_000,
  errorMargin: 0.005,
  maxLatency: [],
  minRequests: 100,
  onUndecided: 'advance',
  analysis: 'auto',
  maxUnmeshed: 0.01,
  gates: [],
  falseRollback: 0.01,
};

/** The weight of a step; steps beyond the plan weigh what the last one does. */
export function weightOf(plan: Plan, step: number): number {
  return plan.steps[Math.min(Math.max(step, 0), plan.steps.length - 1)] ?? 100;
}

/**
 * How much worse than stable a canary at this weight may still be for the step to pass: the margin of the whole service,
 * divided by the share of people whom the next weight reaches, so that the harm to everybody stays the same. Above the
 * last weight before 100, and at 100, it is the plan's own margin.
 */
export function marginAt(plan: Plan, weight: number): number {
  const next = plan.steps.find((step) => step > weight) ?? 100;
  return Math.min(1, plan.errorMargin / (next / 100));
}

/** The margin of a step, as `marginAt` has it. */
export function marginFor(plan: Plan, step: number): number {
  return marginAt(plan, weightOf(plan, step));
}

/** A share as people read it: `0.5%`, at most two decimals. */
export function formatShare(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}
