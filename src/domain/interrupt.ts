// What ends a rollout from outside: the world is no longer the one it was begun in.
import { type Cause, isAbortable, type Rollout } from './rollout.ts';
import { prefix } from './settings.ts';

/** A Deployment as far as it can end a rollout. */
export interface Present {
  readonly uid: string;
  readonly deleting: boolean;
  readonly hash?: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Why a rollout must go back. */
export interface Interrupt {
  readonly cause: Cause;
  readonly reason: string;
  readonly message: string;
  /** Whether it ends the attempt for good; else a rollout that has touched nothing is begun anew instead. */
  readonly final: boolean;
}

/**
 * What ends the rollout, given the two Deployments as they are now (undefined: gone); undefined when nothing does. A hash
 * that the cluster has not yet computed is no difference. From `promoting` on nothing here ends it.
 */
export function interruptOf(
  rollout: Rollout,
  target: Present | undefined,
  stable: Present | undefined,
): Interrupt | undefined {
  if (!isAbortable(rollout.status.phase)) return undefined;
  const { spec } = rollout;
  const { workload } = spec.canary;
  if (rollout.deleting) return byPerson('Deleted', `The rollout ${rollout.id.name} was deleted.`);
  if (spec.abort) return byPerson('Aborted', 'Aborted by spec.abort on the rollout.');
  if (target === undefined || target.deleting || target.uid !== spec.target.uid) {
    return byPerson('TargetDeleted', `Deployment ${workload} was deleted.`);
  }
  const canaryOf = target.annotations[`${prefix}canary-of`];
  if (canaryOf !== spec.stable.workload) {
    const now = canaryOf === undefined ? 'was removed' : `now says "${canaryOf}"`;
    return {
      ...byPerson('AnnotationRemoved', `The annotation ${prefix}canary-of on Deployment ${workload} ${now}.`),
      final: false,
    };
  }
  if (target.hash !== undefined && target.hash !== spec.canary.hash) {
    const message = `The pod template of ${workload} changed from ${spec.canary.hash} to ${target.hash}; the newer one is released next.`;
    return { cause: 'superseded', reason: 'Superseded', message, final: false };
  }
  return stableInterrupt(rollout, stable);
}

function stableInterrupt(rollout: Rollout, stable: Present | undefined): Interrupt | undefined {
  const { workload, hash } = rollout.spec.stable;
  if (stable === undefined || stable.deleting) {
    return {
      cause: 'stableChanged',
      reason: 'StableChanged',
      message: `The stable Deployment ${workload} was deleted.`,
      final: false,
    };
  }
  if (stable.hash === undefined || stable.hash === hash) return undefined;
  const message = `The pod template of the stable Deployment ${workload} changed from ${hash} to ${stable.hash}, so that there is nothing left to compare with.`;
  return { cause: 'stableChanged', reason: 'StableChanged', message, final: false };
}

function byPerson(reason: string, message: string): Interrupt {
  return { cause: 'person', reason, message, final: true };
}
