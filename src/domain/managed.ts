// What is particular to a managed Deployment: the copy that carries its canary, the copy's size, and the way back of traffic.
import type { LaneNames } from './lanes.ts';
import type { Plan } from './plan.ts';
import type { RolloutSpec, RolloutStatus, Version } from './rollout.ts';

/** Longest name of a Deployment that still leaves room for a revision. */
const longestName = 240;

/** The name of the copy that carries a revision of a Deployment. */
export function copyName(target: string, revision: string): string {
  return `${target.slice(0, longestName)}-${revision}`;
}

/** The stem of the subset of pods with a pod-template hash. */
export function stableStem(hash: string): string {
  return `serin-stable-${hash}`;
}

/** The stem of the subset of a copy's pods. */
export function canaryStem(revision: string): string {
  return `serin-canary-${revision}`;
}

/** The labels of the pods that a stem stands for. */
export function labelsOf(stem: string): Readonly<Record<string, string>> {
  const [, kind, hash = ''] = /^serin-(stable|canary)-(.*)$/.exec(stem) ?? [];
  return kind === 'stable' ? { 'pod-template-hash': hash } : { 'serin.dev/revision': hash };
}

/** Whether stable is a copy that Serin made, left over from a promotion that could not be finished. */
export function isStableCopy({ target, stable }: Pick<RolloutSpec, 'target' | 'stable'>): boolean {
  return stable.workload !== target.name;
}

/** The names of a rollout's subsets while it is judged. */
export function laneNames(spec: RolloutSpec): LaneNames {
  const { stable, canary } = spec;
  return {
    stable: isStableCopy(spec) ? canaryStem(stable.hash) : stableStem(stable.hash),
    canary: canaryStem(canary.hash),
  };
}

/**
 * The version that the user's own Deployment is to run from `promoting` on, and whose copy serves until it does: the canary, or, after
 * a rejected canary whose stable was itself a copy, that stable.
 */
export function toPromote(spec: RolloutSpec, status: Pick<RolloutStatus, 'cause'>): Version {
  return status.cause === undefined ? spec.canary : spec.stable;
}

/** How many pods carry a weight in percent, given the pods that carry all: rounded up, at least one, at most all. */
export function replicasFor(weight: number, all: number): number {
  return Math.min(Math.max(all, 1), Math.max(1, Math.ceil((weight * all) / 100)));
}

/** The share in percent that goes back to the promoted Deployment next, in the plan's own weights; undefined when all is back. */
export function nextReturn(plan: Plan, returned: number): number | undefined {
  return plan.steps.find((weight) => weight > returned);
}
