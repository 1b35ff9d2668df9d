// Everything the controller needs from outside, cut narrow. Each verb's sentence is its contract; the contract
// suites in test/contract hold the memory adapters and the real parts to it.
import type { Slot, SlotReading, Subject } from '../domain/evidence.ts';
import type { GaugeQuestion, Look } from '../domain/gates/custom.ts';
import type { Rollout, RolloutId, RolloutSpec, RolloutStatus } from '../domain/rollout.ts';
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
  /** Lets go of a deleted or finished rollout: takes away the finalizer. Idempotent; another of the same name stays as it is. */
  release(rollout: Pick<Rollout, 'id' | 'uid'>): Promise<void>;
  /** Removes a rollout that is finished. Idempotent; another of the same name stays. */
  remove(rollout: Pick<Rollout, 'id' | 'uid'>): Promise<void>;
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
  /** The version read, which a write may have to find again. */
  readonly resourceVersion: string;
  /** Serin's own hash of the pod template as the cluster stores it, ten hex digits: equal templates, equal revisions. */
  readonly revision: string;
  /** Whether the Deployment starts no new ReplicaSet. */
  readonly paused: boolean;
  /** Whether the pause is Serin's or its admission policy's, and not a person's (annotation `serin.dev/held`). */
  readonly held: boolean;
}

/** One template that a Deployment has run, with the pods that still do. */
export interface Generation {
  /** The pod-template hash. */
  readonly hash: string;
  /** Computed like a Workload's, so that the two can be compared. */
  readonly revision: string;
  readonly podLabels: Readonly<Record<string, string>>;
  readonly images: readonly string[];
  readonly replicas: number;
  readonly readyReplicas: number;
}

/** Deployments and their pods, read live. */
export interface Workloads {
  /** Reads one Deployment; undefined when there is none. */
  get(namespace: string, name: string): Promise<Workload | undefined>;
  /** Pods of the Deployment's present template that are in trouble, worst first; empty when none is. */
  troubles(workload: Workload): Promise<readonly PodTrouble[]>;
  /** The Deployment's ReplicaSets, the newest first. */
  generations(workload: Workload): Promise<readonly Generation[]>;
}

/** A copy of a Deployment to be made for a canary. */
export interface CopyWanted {
  readonly name: string;
  /** What the Deployment's template must still hash to. */
  readonly revision: string;
  /** The rollout it is made for. */
  readonly rollout: string;
  readonly replicas: number;
}

/** The copies of a Deployment that carry canaries. Their pods have the label `serin.dev/revision` besides those of the template. */
export interface Copies {
  /**
   * Creates the copy from the Deployment's present template. `changed` when the template is another by now, and nothing was done;
   * `exists` when there is one of that name of Serin's, left as it is. Throws when the name is taken by somebody else's.
   */
  create(target: Workload, copy: CopyWanted): Promise<'created' | 'exists' | 'changed'>;
  /** Sets its size; idempotent, and no error when it is gone. */
  scale(namespace: string, name: string, replicas: number): Promise<void>;
  /** Deletes it; idempotent. Never touches a Deployment that Serin did not make. */
  remove(namespace: string, name: string): Promise<void>;
  /** Whether an EndpointSlice of the Services still lists a pod of it, ready or not. */
  isListed(namespace: string, name: string, hosts: readonly string[]): Promise<boolean>;
}

/** The hold on a managed Deployment: while it is paused, a changed template starts no pods. */
export interface Holds {
  /** Pauses the Deployment and marks the pause as Serin's. Idempotent; nothing when it is gone. */
  pause(namespace: string, name: string): Promise<void>;
  /** Lifts the pause and takes the mark away, in one write locked on the version read. */
  lift(workload: Workload): Promise<'lifted' | 'conflict'>;
  /** Whether the cluster would pause this Deployment in the very write that changes its template: asked by a dry run. */
  isAutomatic(workload: Workload): Promise<boolean>;
  /**
   * Says on the Deployment that its template was rejected, so that `kubectl rollout status` ends with an error, or takes that back.
   * Idempotent; writes only on change.
   */
  reject(namespace: string, name: string, message: string | undefined): Promise<void>;
}

/** Shared settings. */
export interface Policies {
  /**
   * The fields of a policy under their annotation names (`max-bake`), and its gates as JSON under `gates`; undefined when there is
   * no such policy.
   */
  get(namespace: string, name: string): Promise<Readonly<Record<string, string>> | undefined>;
}

/** What the user's Deployment shows of its rollouts; null takes a mark away, one left out stays. */
export interface Marks {
  readonly phase?: string | null;
  readonly rollout?: string | null;
  /** The pod-template hash of a managed Deployment's stable ReplicaSet. */
  readonly stable?: string | null;
  /** The last end, so that an attempt is not begun twice when its record is gone: `<outcome> <canary hash> <stable workload> <stable hash> <attempt>`. */
  readonly last?: string | null;
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

/** What an examination found about one thing that canary releases depend on. */
export interface Finding {
  /** Stable and short, such as `sidecar-missing`. */
  readonly id: string;
  /** `blocking`: no rollout starts. `warning`: it starts, and this may spoil it. `fine`: looked at and in order. */
  readonly level: 'blocking' | 'warning' | 'fine' | 'unknown';
  /** What was found, where, and why it matters; one or two plain sentences. */
  readonly message: string;
  /** What to type or change; absent when all is well. */
  readonly advice?: string;
}

/** Looks for what makes a canary fail silently. */
export interface Doctor {
  /** Every check for a Deployment that asks for canaries, blocking ones first. What cannot be read is `unknown` and says so. Writes nothing. */
  examine(namespace: string, name: string): Promise<readonly Finding[]>;
}

/** Reads of the metrics source. */
export interface Metrics {
  /**
   * Counts of one slot for all subjects. Never throws: what cannot be read is `sourceDown` with a sentence free of credentials.
   * The slot must have ended at least one scrape interval ago.
   */
  read(slot: Slot, subjects: readonly Subject[]): Promise<SlotReading>;
  /**
   * The share of a workload's requests in the slot that came from clients outside the mesh; undefined without requests, or where
   * that cannot be read.
   */
  unmeshed(slot: Slot, subject: Subject): Promise<number | undefined>;
}

/** What a question to a gauge came to. `down` carries a sentence free of credentials; `refused` where it would never do. */
export type GaugeAnswer =
  | { readonly kind: 'look'; readonly look: Look }
  | { readonly kind: 'down'; readonly message: string; readonly refused: boolean };

/** Single numbers of the metrics source, for custom gates. */
export interface Gauge {
  /**
   * The values at `at`, both by one query where two are asked for. Never throws and has a time-out of its own. The moment must
   * lie at least one scrape interval back.
   */
  ask(question: GaugeQuestion, at: Instant): Promise<GaugeAnswer>;
  /** The query as it is asked, to be shown and pasted. */
  text(question: GaugeQuestion): string;
}

/** The bell: who is to be ticked, and when. */
export interface WakeQueue {
  /** Asks for a tick at `at` (now when past). Never throws and never waits long: a lost wake is healed by the sweep. */
  wake(id: RolloutId, uid: string, at: Instant, key: string): Promise<void>;
}
