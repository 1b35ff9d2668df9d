// The names of rollouts, and from a name that somebody gave to the rollout that is meant.
import type { Rollout } from './rollout.ts';

/** What is asked for besides the name; what is left out does not matter. */
export interface Wanted {
  /** The canary's pod-template hash. */
  readonly revision?: string;
  /** An image that the canary runs. */
  readonly image?: string;
}

/** Newest first; attempts created in the same second by their number. */
export function newestFirst(rollouts: readonly Rollout[]): readonly Rollout[] {
  return rollouts.toSorted((a, b) => b.createdAt - a.createdAt || b.spec.attempt - a.spec.attempt);
}

/** The rollout of that name, or else the newest of the Deployment of that name; undefined when there is none as wanted. */
export function namedRollout(rollouts: readonly Rollout[], name: string, wanted: Wanted = {}): Rollout | undefined {
  const fitting = rollouts.filter((rollout) => isWanted(rollout, wanted));
  const own = fitting.find(({ id }) => id.name === name);
  return own ?? newestFirst(fitting.filter(({ spec }) => spec.target.name === name))[0];
}

function isWanted({ spec: { canary } }: Rollout, { revision, image }: Wanted): boolean {
  return (revision === undefined || canary.hash === revision) && (image === undefined || canary.images.includes(image));
}

/** The name of an attempt's rollout: the same for everybody who begins it, so that it can be begun only once. */
export function rolloutName(target: string, revision: string, attempt: number): string {
  return `${target.slice(0, 230)}-${revision}-${attempt}`;
}
