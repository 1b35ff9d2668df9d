// A rollout as the cluster keeps it.
import { newRollout, statusBody } from '../../../src/adapters/kubernetes/rollout-bodies.ts';
import type { Rollout } from '../../../src/domain/rollout.ts';
import { formatInstant } from '../../../src/domain/time.ts';
import { dawn } from '../../support/builders.ts';

/** An object of the API server's. */
export type Raw = Readonly<Record<string, unknown>>;

/** As the API server would give it back: created, then its status written. */
export function stored(rollout: Rollout): Raw {
  const { id, uid, resourceVersion, generation, createdAt } = rollout;
  const { metadata, ...fresh } = newRollout(id, rollout.spec) as Raw & { readonly metadata: Raw };
  const { status } = statusBody(rollout, rollout.status, [], dawn) as Raw;
  const own = { uid, resourceVersion, generation, creationTimestamp: formatInstant(createdAt) };
  return JSON.parse(JSON.stringify({ ...fresh, metadata: { ...metadata, ...own }, status })) as Raw;
}
