// Everything the controller needs from outside, cut narrow. Each verb's sentence is its contract; the contract
// suites in test/contract hold the memory adapters and the real parts to it.
import type { Slot, SlotReading, Subject } from '../domain/evidence.ts';
import type { Destination, Request, Rollout, RolloutId, RolloutSpec, RolloutStatus, Route } from '../domain/rollout.ts';
import type { Instant } from '../domain/time.ts';

/** The wall clock. */
export interface Clock {
  now(): Instant;
}

/** The outcome of a compare-and-set: `stale` means somebody else was first, `gone` that the object is no more. */
export type Saved =
  | { readonly kind: 'saved'; readonly rollout: Rollout }
  | { readonly kind: 'stale' }
  | { readonly kind: 'gone' };

/** Where rollouts stand. Reads are live unless said otherwise. */
export interface RolloutStore {
  /** Reads one rollout; undefined when there is none. */
  get(id: RolloutId): Promise<Rollout | undefined>;
  /** Reads every rollout in the namespace, or in all the controller may see. */
  list(namespace?: string): Promise<readonly Rollout[]>;
  /** Creates the rollout unless one of that name exists, in which case it returns `exists` and changes nothing. The rollout is owned by its target. */
  create(id: RolloutId, spec: RolloutSpec, status: RolloutStatus): Promise<'created' | 'exists'>;
  /** Writes the status of the version that was read, and nothing else. */
  save(rollout: Rollout, status: RolloutStatus): Promise<Saved>;
  /** Lets go of a deleted or finished rollout: takes away the finalizer. Idempotent. */
  release(id: RolloutId): Promise<void>;
  /** Removes a rollout that is finished. Idempotent. */
  remove(id: RolloutId): Promise<void>;
}

/** Asks of a rollout what a person or pipeline wants; the controller answers in the status. */
export interface RequestDesk {
  /**
   * Appends the request unless one with its id is there already. `full` when 20 requests are written; `gone` without the rollout;
   * `refused` carries the cluster's sentence when the caller may not.
   */
  append(
    id: RolloutId,
    request: Omit<Request, 'actor' | 'time'>,
  ): Promise<{ readonly kind: 'appended' | 'full' | 'gone' } | { readonly kind: 'refused'; readonly message: string }>;
}

/** A Deployment's pods in trouble, quoted. */
export interface PodTrouble {
  readonly pod: string;
  readonly kind: 'crashLoop' | 'imagePull' | 'outOfMemory' | 'unschedulable' | 'notStarting';
  /** The container's or scheduler's own words. */
  readonly message: string;
}

/** A Deployment as far as a rollout cares. */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** The pod-template hash of the ReplicaSet that the present template stands for; undefined while the cluster has not made it. */
  readonly hash?: string;
  readonly images: readonly string[];
  readonly podLabels: Readonly<Record<string, string>>;
  readonly replicas: number;
  readonly readyReplicas: number;
  /** Whether all replicas run the present template and are ready. */
  readonly complete: boolean;
  /** Seconds the Deployment itself grants to make progress. */
  readonly progressDeadlineSeconds: number;
  readonly deleting: boolean;
}

/** Deployments and their pods, read live. */
export interface Workloads {
  /** Reads one Deployment; undefined when there is none. */
  get(namespace: string, name: string): Promise<Workload | undefined>;
  /** Pods of the Deployment's present template that are in trouble, worst first; empty when none is. */
  troubles(workload: Workload): Promise<readonly PodTrouble[]>;
}

/** Shared settings. */
export interface Policies {
  /** The fields of a policy under their annotation names (`max-bake`); undefined when there is no such policy. */
  get(namespace: string, name: string): Promise<Readonly<Record<string, string>> | undefined>;
}

/** What the user's Deployment shows of its rollouts. */
export interface Marks {
  readonly phase: string;
  readonly rollout: string;
  /** The last end, so that an attempt is not begun twice when its record is gone: `<outcome> <canary hash> <stable workload> <stable hash> <attempt>`. */
  readonly last?: string;
}

/** Where a Deployment's owner is told what became of an annotation. */
export interface Targets {
  /** Mirrors the marks as annotations on the Deployment; writes only on change. Never touches the pod template. */
  mark(namespace: string, name: string, marks: Marks): Promise<void>;
  /**
   * Sets or clears the Deployment's condition `serin.dev/CanaryAccepted`: refused with reason and sentence, or accepted. Writes only on change, and says whether it did.
   */
  accept(
    namespace: string,
    name: string,
    refusal: { readonly reason: string; readonly message: string } | undefined,
  ): Promise<'changed' | 'same'>;
}

/** One thing said about an object, on change only. */
export interface Announcement {
  readonly about: {
    readonly kind: 'Deployment' | 'CanaryRollout';
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
  };
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** Kubernetes Events. Best effort: failing to announce never hinders a rollout. */
export interface Events {
  announce(announcement: Announcement): Promise<void>;
}

/** The route as it stands now. */
export interface RouteView {
  /** The version of the object that was read; a write must name it. */
  readonly resourceVersion: string;
  /** The present weights; null where the field is absent or the destination is gone. */
  readonly stable: number | null;
  readonly canary: number | null;
  /** The intent last written by a rollout, if the object carries one. */
  readonly claim?: { readonly rollout: string; readonly epoch: number };
  /** Whether the object still holds fields in Serin's name. */
  readonly owned: boolean;
  /** Who last wrote the routes, as far as the cluster recorded it. */
  readonly lastWriter?: string;
}

/** Why a route cannot be used or changed: a reason word and a sentence that ends in what to do. */
export interface RouteProblem {
  readonly reason:
    | 'NoVirtualService'
    | 'NoRouteForPair'
    | 'PlainHostRoute'
    | 'AmbiguousRoute'
    | 'ForeignDestination'
    | 'StableWithoutTraffic'
    | 'CanaryAlreadyServing'
    | 'UnknownSubset'
    | 'FaultOnRoute'
    | 'RouteClaimed'
    | 'RouteGone';
  readonly message: string;
}

export type Located =
  | { readonly kind: 'located'; readonly route: Route }
  | { readonly kind: 'problem'; readonly problem: RouteProblem };

export type Viewed =
  | { readonly kind: 'view'; readonly view: RouteView }
  | { readonly kind: 'problem'; readonly problem: RouteProblem };

/** `conflict`: the object changed since it was viewed, or is not what was expected; begin the tick anew. */
export type Written = { readonly kind: 'written'; readonly resourceVersion: string } | { readonly kind: 'conflict' };

/** What a write of the route leaves behind. */
export type RouteChange =
  /** The pair's weights as `100 - canary` and `canary`, and the claim of the rollout with its epoch. Always changes the object when the epoch is new. */
  | {
      readonly kind: 'weights';
      readonly canary: number;
      readonly claim: { readonly rollout: string; readonly epoch: number };
    }
  /** The original weights, absence included, and no claim. */
  | { readonly kind: 'restore' }
  /** The weights as they are, and no claim. */
  | { readonly kind: 'unclaim' };

/** The mesh's routes. */
export interface Mesh {
  /** Finds the one route that carries both workloads, by the pair it names; ambiguity and unfit routes are problems. */
  locate(stable: Workload, canary: Workload, asked: RolloutSpec['route']): Promise<Located>;
  /** Reads the route live. */
  view(route: Route): Promise<Viewed>;
  /** One patch locked on the viewed version that changes only the pair's weights and the claim. */
  change(route: Route, view: RouteView, change: RouteChange): Promise<Written>;
  /** Gives up ownership of every field, without changing anything else. Idempotent; `conflict` as for change. */
  disown(route: Route): Promise<Written>;
}

/** Reads of the metrics source. */
export interface Metrics {
  /**
   * Counts of one slot for all subjects. Never throws: what cannot be read is `sourceDown` with a sentence free of credentials.
   * The slot must have ended at least one scrape interval ago.
   */
  read(slot: Slot, subjects: readonly Subject[]): Promise<SlotReading>;
}

/** The bell: who is to be ticked, and when. */
export interface WakeQueue {
  /** Asks for a tick at `at` (now when past). Never throws and never waits long: a lost wake is healed by the sweep. */
  wake(id: RolloutId, uid: string, at: Instant, key: string): Promise<void>;
}

/** A destination as one word for sentences: `reviews/v2` or the host alone. */
export function destinationName(destination: Destination): string {
  return destination.subset === undefined ? destination.host : `${destination.host}/${destination.subset}`;
}
