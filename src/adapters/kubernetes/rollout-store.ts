// Where rollouts stand: CanaryRollout objects, read live and written by compare-and-set.
import type { Clock, RolloutStore, Saved } from '../../controller/ports.ts';
import type { Rollout, RolloutId, RolloutSpec, RolloutStatus } from '../../domain/rollout.ts';
import type { ClusterRequests } from './connection.ts';
import { listAll } from './list.ts';
import { objectSchema } from './metadata.ts';
import { refused } from './refused.ts';
import { newRollout, statusBody } from './rollout-bodies.ts';
import { readRollout, rolloutPath, rolloutsPath } from './rollout-codec.ts';
import { restoreFinalizer, rolloutObjectSchema } from './rollout-object.ts';
import { conditionsSchema, type StoredCondition } from './rollout-status-object.ts';

/** What the store needs besides the cluster. */
export interface RolloutStoreOptions {
  readonly clock: Clock;
  /** Told of objects that a list leaves out because they cannot be read. */
  readonly trouble: (message: string, error?: unknown) => void;
}

const writer = { fieldManager: 'serin' };
const releaseTries = 5;

/** Rollouts as objects of the cluster. Throws when the cluster cannot be reached, refuses, or holds an unreadable object. */
export function clusterRollouts(cluster: ClusterRequests, { clock, trouble }: RolloutStoreOptions): RolloutStore {
  /** The conditions a rollout was read with: their times of change are no part of its value. */
  const conditionsRead = new WeakMap<Rollout, readonly StoredCondition[]>();

  function read(object: unknown): Rollout {
    const rollout = readRollout(object);
    const { status } = rolloutObjectSchema.pick({ status: true }).parse(object);
    conditionsRead.set(rollout, conditionsSchema.parse(status));
    return rollout;
  }

  async function get(id: RolloutId): Promise<Rollout | undefined> {
    const answer = await cluster.request('GET', rolloutPath(id));
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw refused(`Reading CanaryRollout ${id.namespace}/${id.name}`, answer);
    return read(answer.body);
  }

  async function list(namespace?: string): Promise<readonly Rollout[]> {
    const { objects } = await listAll(cluster, { path: rolloutsPath(namespace), metadataOnly: false });
    return objects.flatMap((object) => {
      try {
        return [read(object)];
      } catch (error) {
        trouble('A CanaryRollout cannot be read and is left out of the list', error);
        return [];
      }
    });
  }

  async function save(rollout: Rollout, status: RolloutStatus): Promise<Saved> {
    const { id } = rollout;
    const before = conditionsRead.get(rollout) ?? (await conditionsNow(rollout));
    if (before === undefined) return { kind: 'stale' };
    const body = statusBody(rollout, status, before, clock.now());
    const answer = await cluster.request('PUT', `${rolloutPath(id)}/status`, { body, query: writer });
    if (answer.status === 409) return { kind: 'stale' };
    if (answer.status === 404) return { kind: 'gone' };
    if (answer.status !== 200) throw refused(`Saving CanaryRollout ${id.namespace}/${id.name}`, answer);
    return { kind: 'saved', rollout: read(answer.body) };
  }

  /** For a rollout that was not read here. Undefined when it has changed since, so that saving would fail anyway. */
  async function conditionsNow({ id, resourceVersion }: Rollout): Promise<readonly StoredCondition[] | undefined> {
    const now = await get(id);
    return now?.resourceVersion === resourceVersion ? conditionsRead.get(now) : undefined;
  }

  async function create(id: RolloutId, spec: RolloutSpec, status: RolloutStatus): Promise<'created' | 'exists'> {
    const body = newRollout(id, spec);
    const answer = await cluster.request('POST', rolloutsPath(id.namespace), { body, query: writer });
    if (answer.status === 409) return 'exists';
    if (answer.status !== 201) throw refused(`Creating CanaryRollout ${id.namespace}/${id.name}`, answer);
    // Should this be the last thing this process does, the object without a status is read as pending since its creation.
    await save(read(answer.body), status);
    return 'created';
  }

  async function release({ id, uid }: Pick<Rollout, 'id' | 'uid'>): Promise<void> {
    for (let tries = 0; tries < releaseTries; tries += 1) {
      const answer = await cluster.request('GET', rolloutPath(id));
      if (answer.status === 404) return;
      if (answer.status !== 200) throw refused(`Reading CanaryRollout ${id.namespace}/${id.name}`, answer);
      const { metadata } = objectSchema.parse(answer.body);
      const index = metadata.finalizers.indexOf(restoreFinalizer);
      if (metadata.uid !== uid || index < 0) return;
      if (await takeAway(id, uid, index)) return;
    }
    throw new Error(
      `CanaryRollout ${id.namespace}/${id.name} changed ${releaseTries} times while its finalizer was to be taken away.`,
    );
  }

  /** Whether it was taken away; false when somebody changed the finalizers meanwhile. */
  async function takeAway(id: RolloutId, uid: string, index: number): Promise<boolean> {
    const path = `/metadata/finalizers/${index}`;
    const body = [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'test', path, value: restoreFinalizer },
      { op: 'remove', path },
    ];
    const contentType = 'application/json-patch+json';
    const answer = await cluster.request('PATCH', rolloutPath(id), { body, contentType, query: writer });
    if (answer.status === 200 || answer.status === 404) return true;
    if (answer.status === 409 || answer.status === 422) return false;
    throw refused(`Releasing CanaryRollout ${id.namespace}/${id.name}`, answer);
  }

  async function remove({ id, uid }: Pick<Rollout, 'id' | 'uid'>): Promise<void> {
    const body = { preconditions: { uid } };
    const answer = await cluster.request('DELETE', rolloutPath(id), { body });
    // 409: that one is gone, and another of its name is there.
    if (![200, 202, 404, 409].includes(answer.status))
      throw refused(`Removing CanaryRollout ${id.namespace}/${id.name}`, answer);
  }

  return { get, list, create, save, release, remove };
}
