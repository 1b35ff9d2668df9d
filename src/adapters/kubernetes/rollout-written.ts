// A rollout as the API server would give it, for whoever reads it without asking the API server.
import type { Rollout } from '../../domain/rollout.ts';
import { formatInstant } from '../../domain/time.ts';
import { writeSpec, writeStatus } from './rollout-codec.ts';
import { rolloutKind } from './rollout-object.ts';

/** The object: `readRollout` makes the same rollout of it. */
export function rolloutObject({ id, uid, resourceVersion, generation, createdAt, deleting, spec, status }: Rollout) {
  return {
    ...rolloutKind,
    metadata: {
      ...id,
      uid,
      resourceVersion,
      generation,
      creationTimestamp: formatInstant(createdAt),
      // Since when is not known: its creation stands for that.
      ...(deleting ? { deletionTimestamp: formatInstant(createdAt) } : {}),
    },
    spec: writeSpec(spec),
    status: writeStatus(status),
  };
}
