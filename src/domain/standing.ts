// How an adopted Deployment stands between rollouts: whether it runs what it is told to run, and what is owed to it.

/** A template that a Deployment has run, and its pods. */
export interface Ran {
  readonly hash: string;
  readonly revision: string;
  readonly replicas: number;
  readonly readyReplicas: number;
}

/** A Deployment as far as its standing goes. */
export interface Stands<R extends Ran = Ran> {
  /** Hash of the template it is told to run. */
  readonly revision: string;
  /** The pod-template hash of that template, once the cluster has made its ReplicaSet. */
  readonly hash?: string;
  readonly replicas: number;
  readonly complete: boolean;
  readonly paused: boolean;
  readonly held: boolean;
  /** The recorded stable; undefined before it is adopted. */
  readonly stableHash?: string;
  readonly generations: readonly R[];
  /** Revisions that were rejected against the present stable. */
  readonly rejected: readonly string[];
}

/** What a Deployment's standing comes to. */
export type Standing<R extends Ran = Ran> =
  /** In the middle of a rolling update of its own, or the cluster has not taken note: look again. */
  | { readonly kind: 'unsettled' }
  /** Everything it has runs one template: that is its stable from now on. `slipped` when another was stable before and nobody judged this one. */
  | { readonly kind: 'adopt'; readonly hash: string; readonly slipped: boolean }
  /** It runs what it is told. */
  | { readonly kind: 'rest' }
  /** It is told to run another template: that is the next rollout. */
  | { readonly kind: 'changed'; readonly stable: R }
  /** It is told to run a template that was rejected. */
  | { readonly kind: 'rejected'; readonly stable: R }
  /** It has no pods, so that nothing serves and nothing can be judged. */
  | { readonly kind: 'empty' }
  /** A person has paused it and has not finished changing it. */
  | { readonly kind: 'pausedByPerson' };

/** The standing of a Deployment. Stable is the recorded template, never whatever runs. */
export function standingOf<R extends Ran>(seen: Stands<R>): Standing<R> {
  const { hash, complete, revision, stableHash } = seen;
  const stable = seen.generations.find((each) => each.hash === stableHash);
  if (stable === undefined) {
    return complete && hash !== undefined ? { kind: 'adopt', hash, slipped: false } : { kind: 'unsettled' };
  }
  if (revision === stable.revision) return { kind: 'rest' };
  if (seen.rejected.includes(revision)) return { kind: 'rejected', stable };
  if (seen.replicas === 0) return { kind: 'empty' };
  if (complete && hash !== undefined && stable.replicas === 0) return { kind: 'adopt', hash, slipped: true };
  return seen.paused && !seen.held ? { kind: 'pausedByPerson' } : { kind: 'changed', stable };
}
