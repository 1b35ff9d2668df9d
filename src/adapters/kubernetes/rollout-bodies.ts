// What is sent when a rollout is created and when its status is saved.
import type { Rollout, RolloutId, RolloutSpec, RolloutStatus } from '../../domain/rollout.ts';
import { prefix } from '../../domain/settings-keys.ts';
import { conditionsOf, displayOf } from '../../domain/status.ts';
import { formatInstant, type Instant } from '../../domain/time.ts';
import { labelValue } from './label-value.ts';
import { writeSpec, writeStatus } from './rollout-codec.ts';
import { restoreFinalizer, rolloutKind } from './rollout-object.ts';
import type { StoredCondition } from './rollout-status-object.ts';
import { fitStatus } from './status-size.ts';

/** A new object without a status: owned by its target, so that it goes with it, but not before its route is restored. */
export function newRollout({ namespace, name }: RolloutId, spec: RolloutSpec): unknown {
  const { target } = spec;
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: target.name, uid: target.uid };
  return {
    ...rolloutKind,
    metadata: {
      namespace,
      name,
      labels: { 'app.kubernetes.io/managed-by': 'serin', [`${prefix}target`]: labelValue(target.name) },
      finalizers: [restoreFinalizer],
      ownerReferences: [{ ...owner, controller: false, blockOwnerDeletion: true }],
    },
    spec: writeSpec(spec),
  };
}

/** The object with its new status. A condition that has not changed keeps the time of its last change from `before`. */
export function statusBody(
  rollout: Rollout,
  status: RolloutStatus,
  before: readonly StoredCondition[],
  now: Instant,
): unknown {
  const { id, uid, spec, resourceVersion, generation } = rollout;
  const conditions = conditionsOf(spec, status, id.namespace).map((condition) => {
    const same = before.find((old) => old.type === condition.type && old.status === condition.status);
    return { ...condition, lastTransitionTime: same?.lastTransitionTime ?? formatInstant(now) };
  });
  const display = { ...displayOf(spec, status) };
  const full = { ...writeStatus(status), observedGeneration: generation, display, conditions };
  return {
    ...rolloutKind,
    metadata: { ...id, uid, resourceVersion },
    status: fitStatus(full, writeSpec(spec)),
  };
}
