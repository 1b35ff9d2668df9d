// What the controller is told of as it happens: annotated Deployments, rollouts, and the objects that hold routes.
import type { Rollout, RolloutId } from '../../domain/rollout.ts';
import { prefix } from '../../domain/settings-keys.ts';
import type { Instant } from '../../domain/time.ts';
import type { Cluster } from './connection.ts';
import { type FollowTimes, type ListWatch, listWatch, type Surroundings } from './list-watch.ts';
import { type Metadata, objectSchema } from './metadata.ts';
import { readRollout, rolloutsPath } from './rollout-codec.ts';
import { type Identity, placeKey, seenSink } from './seen.ts';
import type { Sink } from './sink.ts';

/** A Deployment that speaks to Serin, or has just ceased to. */
export interface TargetSeen {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Those of Serin's alone. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly generation: number;
  readonly resourceVersion: string;
  /** Whether the Deployment is no more. */
  readonly deleted: boolean;
}

/** A rollout as it is now, or that it is no more. */
export type RolloutSeen =
  | {
      readonly kind: 'changed';
      readonly rollout: Rollout;
      /** Whether somebody other than Serin's own status writes changed it: it is new, its spec changed, or it is to be deleted. */
      readonly byOthers: boolean;
    }
  | { readonly kind: 'gone'; readonly id: RolloutId };

/** An object that holds routes. */
export interface RouteSeen {
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly deleted: boolean;
}

/** How the watches look at a cluster. Without a namespace they see all. */
export interface WatchOptions {
  readonly cluster: Pick<Cluster, 'request' | 'watch'>;
  readonly around: Surroundings;
  readonly namespace?: string;
  readonly times?: Partial<FollowTimes>;
}

/** Keys that Serin itself writes; they are no news. A hold is: the admission policy sets it in the very write that changes the template. */
const ownKeys = new Set(['phase', 'rollout', 'last', 'stable'].map((key) => `${prefix}${key}`));
/** The Deployment controller's own mark of a new template. */
const revisionKey = 'deployment.kubernetes.io/revision';
/**
 * For so long after a change every further event of the Deployment counts: that the cluster has taken note of the change shows
 * in the status alone, which metadata do not carry.
 */
const takingNoteMs = 5_000;

/** What was last told of a Deployment. */
interface Told {
  readonly asked: string;
  readonly own: string;
  readonly since: Instant;
  readonly target: TargetSeen;
}

/**
 * Watches Deployments by their metadata. Told are those with an annotation of Serin's: each once at the start, when such an
 * annotation, the template or the size changes, when the last such annotation is gone (once), and when it is deleted.
 */
export function watchTargets(options: WatchOptions, onChange: (target: TargetSeen) => void): ListWatch {
  const { clock } = options.around;
  const told = new Map<string, Told>();

  function forget(key: string, deleted: boolean, now?: TargetSeen): void {
    const before = told.get(key);
    told.delete(key);
    if (before !== undefined) onChange({ ...(now ?? before.target), deleted });
  }

  function changed(object: Metadata): void {
    const key = placeKey(object);
    const target = targetOf(object);
    if (Object.keys(target.annotations).length === 0) {
      forget(key, false, target);
      return;
    }
    const before = told.get(key);
    const seen = { asked: askedOf(object, target), own: ownOf(target), target };
    const isNew = before === undefined || isNews(before, seen);
    const since = isNew ? clock.now() : before.since;
    told.set(key, { ...seen, since });
    if (isNew || clock.now() - since <= takingNoteMs) onChange(target);
  }

  const sink = seenSink<Metadata>({
    idOf: (object) => object,
    changed,
    gone: (was) => forget(placeKey(was), true),
  });
  return follow(options, '/apis/apps/v1', 'deployments', sink);
}

/** A Deployment's generation also counts changes of annotations, and so every mark that Serin itself writes. */
function isNews(before: Told, seen: Omit<Told, 'since'>): boolean {
  const newer = seen.target.generation - before.target.generation;
  const isOwnMark = newer === 1 && before.own !== seen.own;
  return before.asked !== seen.asked || (newer !== 0 && !isOwnMark);
}

function targetOf({ namespace, name, uid, annotations, generation, resourceVersion }: Metadata): TargetSeen {
  const ours = Object.entries(annotations).filter(([key]) => key.startsWith(prefix));
  return { namespace, name, uid, annotations: Object.fromEntries(ours), generation, resourceVersion, deleted: false };
}

/** What of a Deployment others decide, as far as metadata show it. */
function askedOf({ deletionTimestamp, annotations }: Metadata, target: TargetSeen): string {
  const revision = annotations[revisionKey] ?? '';
  return JSON.stringify([target.uid, deletionTimestamp ?? '', revision, sorted(target, (key) => !ownKeys.has(key))]);
}

function ownOf(target: TargetSeen): string {
  return JSON.stringify(sorted(target, (key) => ownKeys.has(key)));
}

function sorted(
  { annotations }: TargetSeen,
  isMeant: (key: string) => boolean,
): readonly (readonly [string, string])[] {
  return Object.entries(annotations)
    .filter(([key]) => isMeant(key))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Watches rollouts whole. Each version is told once. */
export function watchRollouts(options: WatchOptions, onChange: (change: RolloutSeen) => void): ListWatch {
  const known = new Map<string, Pick<Rollout, 'uid' | 'generation' | 'deleting'>>();
  const sink = seenSink<Rollout>({
    idOf: ({ id, uid, resourceVersion }) => ({ ...id, uid, resourceVersion }),
    changed(rollout) {
      const key = placeKey(rollout.id);
      const before = known.get(key);
      const { uid, generation, deleting } = rollout;
      known.set(key, { uid, generation, deleting });
      const same = before?.uid === uid && before.generation === generation && before.deleting === deleting;
      onChange({ kind: 'changed', rollout, byOthers: !same });
    },
    gone({ namespace, name }) {
      known.delete(placeKey({ namespace, name }));
      onChange({ kind: 'gone', id: { namespace, name } });
    },
  });
  const kind = { path: rolloutsPath(options.namespace), metadataOnly: false, read: readRollout };
  return listWatch(options.cluster, kind, sink, options.around, options.times);
}

/** Watches Istio's VirtualServices by their metadata. Each version is told once. */
export function watchRoutes(options: WatchOptions, onChange: (route: RouteSeen) => void): ListWatch {
  const tell = ({ namespace, name, resourceVersion }: Identity, deleted: boolean): void =>
    onChange({ namespace, name, resourceVersion, deleted });
  const sink = seenSink<Metadata>({
    idOf: (object) => object,
    changed: (object) => tell(object, false),
    gone: (was) => tell(was, true),
  });
  return follow(options, '/apis/networking.istio.io/v1', 'virtualservices', sink);
}

function follow(options: WatchOptions, group: string, plural: string, sink: Sink<Metadata>): ListWatch {
  const { cluster, around, namespace, times } = options;
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const read = (object: unknown): Metadata => objectSchema.parse(object).metadata;
  return listWatch(cluster, { path: `${group}${within}/${plural}`, metadataOnly: true, read }, sink, around, times);
}
