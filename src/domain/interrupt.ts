// What ends a rollout from outside: the world is no longer the one it was begun in.
import { causeOfAbort } from './approval.ts';
import { type Cause, isAbortable, type Rollout } from './rollout.ts';
import { prefix } from './settings-keys.ts';

/** A Deployment as far as it can end a rollout. */
export interface Present {
  readonly uid: string;
  readonly deleting: boolean;
  readonly hash?: string;
  readonly revision: string;
  readonly replicas: number;
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
 * What ends the rollout, given the user's Deployment under rollout, stable and the canary as they are now (undefined: gone); undefined when nothing does. A hash
 * that the cluster has not yet computed is no difference. From `promoting` on nothing here ends it.
 */
export function interruptOf(
  rollout: Rollout,
  target: Present | undefined,
  stable: Present | undefined,
  canary: Pick<Present, 'deleting'> | undefined,
): Interrupt | undefined {
  if (!isAbortable(rollout.status.phase)) return undefined;
  const { spec } = rollout;
  if (rollout.deleting) return byPerson('Deleted', `The rollout ${rollout.id.name} was deleted.`);
  if (spec.abort) return aborted(rollout);
  if (target === undefined || target.deleting || target.uid !== spec.target.uid) {
    return byPerson('TargetDeleted', `Deployment ${spec.target.name} was deleted.`);
  }
  return spec.mode === 'managed'
    ? (managedInterrupt(rollout, target, stable) ?? copyInterrupt(rollout, canary))
    : pairInterrupt(rollout, target, stable);
}

/** One that waits for approval is refused by it. */
function aborted({ status }: Rollout): Interrupt {
  if (causeOfAbort(status) === 'person') return byPerson('Aborted', 'Aborted by spec.abort on the rollout.');
  const message = 'Approval refused by spec.abort on the rollout.';
  return { cause: 'approval', reason: 'ApprovalRefused', message, final: true };
}

function pairInterrupt(rollout: Rollout, target: Present, stable: Present | undefined): Interrupt | undefined {
  const { spec } = rollout;
  const { workload } = spec.canary;
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

/** Stable is the Deployment itself, held at what it ran, or a copy left over from a promotion that could not be finished. */
function managedInterrupt(rollout: Rollout, target: Present, stable: Present | undefined): Interrupt | undefined {
  const { spec } = rollout;
  const { name } = spec.target;
  if (target.annotations[`${prefix}canary`] !== 'enabled') {
    const message = `The annotation ${prefix}canary=enabled on Deployment ${name} was removed.`;
    return { ...byPerson('AnnotationRemoved', message), final: false };
  }
  if (target.revision !== spec.canary.hash) return newerTemplate(rollout, target);
  if (target.replicas === 0) {
    return byPerson(
      'ScaledToZero',
      `Deployment ${name} was scaled to 0, so that nothing serves and nothing can be judged.`,
    );
  }
  if (stable !== undefined && !stable.deleting) return undefined;
  const message = `Deployment ${spec.stable.workload}, which serves as stable, was deleted.`;
  return { cause: 'stableChanged', reason: 'StableChanged', message, final: false };
}

/** Somebody deleted the copy while it was served from; one that carries no traffic yet is made again. */
function copyInterrupt(
  { spec, status }: Rollout,
  canary: Pick<Present, 'deleting'> | undefined,
): Interrupt | undefined {
  const weight = status.weight.observed ?? 0;
  if (weight === 0 || (canary !== undefined && !canary.deleting)) return undefined;
  const message = `Deployment ${spec.canary.workload}, which carried the canary and ${weight}% of the traffic, was deleted.`;
  return { cause: 'health', reason: 'CanaryDeleted', message, final: true };
}

/** A paused Deployment has the hash of its ReplicaSet only while its template is that of the ReplicaSet. */
function newerTemplate({ spec }: Rollout, target: Present): Interrupt {
  const { name } = spec.target;
  const message =
    target.hash === spec.stable.hash
      ? `The pod template of ${name} is again the one that runs, so that there is nothing to release.`
      : `The pod template of ${name} changed from ${spec.canary.hash} to ${target.revision}; the newer one is released next.`;
  const reason = target.hash === spec.stable.hash ? 'TemplateTakenBack' : 'Superseded';
  return { cause: 'superseded', reason, message, final: false };
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
