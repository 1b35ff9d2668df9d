// Rollouts in memory, for unit tests: the same promises as the cluster's, and what people do with kubectl.

import type { Appended, RequestDesk } from '../../controller/people-port.ts';
import type { Clock, RolloutStore, Saved } from '../../controller/ports.ts';
import { asksTheSame } from '../../domain/asked-before.ts';
import type { Request } from '../../domain/people.ts';
import { openRequests } from '../../domain/requests.ts';
import type { Rollout, RolloutId, RolloutSpec, RolloutStatus } from '../../domain/rollout.ts';

/** The store and the desk in one, because they share their objects. */
export interface MemoryRollouts extends RolloutStore, RequestDesk {
  /** Edits the spec, as `kubectl edit` does; nothing happens without the rollout. */
  edit(id: RolloutId, change: Partial<RolloutSpec>): void;
  /** Deletes the rollout, as `kubectl delete` does: it goes once it is released. */
  discard(id: RolloutId): void;
}

/** What rollouts in memory need. `actor` is who the desk takes everybody for, `ada` unless given. */
export interface MemoryRolloutsOptions {
  readonly clock: Clock;
  readonly actor?: string;
}

interface Kept {
  readonly rollout: Rollout;
  /** Whether the finalizer is there. */
  readonly held: boolean;
}

const mostRequests = 20;

/** An empty store. What it gives is frozen. */
export function memoryRollouts({ clock, actor = 'ada' }: MemoryRolloutsOptions): MemoryRollouts {
  const shelf = new Map<string, Kept>();
  let versions = 0;
  let uids = 0;

  function keep(rollout: Rollout, held: boolean): Rollout {
    versions += 1;
    const next = ownCopyOf({ ...rollout, resourceVersion: String(versions) });
    shelf.set(keyOf(rollout.id), { rollout: next, held });
    return next;
  }

  function respecify({ rollout, held }: Kept, change: Partial<RolloutSpec>): void {
    keep({ ...rollout, spec: { ...rollout.spec, ...change }, generation: rollout.generation + 1 }, held);
  }

  function discard(id: RolloutId): void {
    const kept = shelf.get(keyOf(id));
    if (kept === undefined || kept.rollout.deleting) return;
    if (kept.held) keep({ ...kept.rollout, deleting: true, generation: kept.rollout.generation + 1 }, true);
    else shelf.delete(keyOf(id));
  }

  function create(id: RolloutId, spec: RolloutSpec, status: RolloutStatus): 'created' | 'exists' {
    if (shelf.has(keyOf(id))) return 'exists';
    uids += 1;
    const identity = { id, uid: `uid-rollout-${uids}00`, resourceVersion: '', generation: 1 };
    keep({ ...identity, createdAt: clock.now(), deleting: false, spec, status }, true);
    return 'created';
  }

  function save({ id, resourceVersion }: Rollout, status: RolloutStatus): Saved {
    const kept = shelf.get(keyOf(id));
    if (kept === undefined) return { kind: 'gone' };
    if (kept.rollout.resourceVersion !== resourceVersion) return { kind: 'stale' };
    return { kind: 'saved', rollout: keep({ ...kept.rollout, status }, kept.held) };
  }

  function release({ id, uid }: Pick<Rollout, 'id' | 'uid'>): void {
    const kept = shelf.get(keyOf(id));
    if (kept?.held !== true || kept.rollout.uid !== uid) return;
    if (kept.rollout.deleting) shelf.delete(keyOf(id));
    else keep(kept.rollout, false);
  }

  function append(id: RolloutId, request: Omit<Request, 'actor' | 'time'>, as: string = actor): Appended {
    const kept = shelf.get(keyOf(id));
    if (kept === undefined) return { kind: 'gone' };
    const { spec, status } = kept.rollout;
    const { requests } = spec;
    if (requests.some((each) => each.id === request.id)) return { kind: 'appended' };
    const twin = openRequests(spec, status).find((each) => asksTheSame(each, request));
    if (twin !== undefined) return { kind: 'behind', id: twin.id };
    if (requests.length >= mostRequests) return { kind: 'full' };
    respecify(kept, { requests: [...requests, { ...request, actor: as, time: clock.now() }] });
    return { kind: 'appended' };
  }

  return {
    get: async (id) => shelf.get(keyOf(id))?.rollout,
    list: async (namespace) =>
      [...shelf.values()]
        .map(({ rollout }) => rollout)
        .filter(({ id }) => namespace === undefined || id.namespace === namespace),
    create: async (id, spec, status) => create(id, spec, status),
    save: async (rollout, status) => save(rollout, status),
    release: async (rollout) => release(rollout),
    remove: async ({ id, uid }) => {
      if (shelf.get(keyOf(id))?.rollout.uid === uid) discard(id);
    },
    append: async (id, request, as) => append(id, request, as),
    edit(id, change) {
      const kept = shelf.get(keyOf(id));
      if (kept !== undefined) respecify(kept, change);
    },
    discard,
  };
}

function keyOf({ namespace, name }: RolloutId): string {
  return `${namespace}/${name}`;
}

/** As it comes back from a cluster: plain JSON, and nobody can change it. */
function ownCopyOf<T>(value: T): T {
  return frozen(JSON.parse(JSON.stringify(value)) as T);
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
