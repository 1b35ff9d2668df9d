// The words everything else shares: what a rollout is, as a value.
import type { Evidence } from './evidence.ts';
import type { Lanes } from './lanes.ts';
import type { Mail } from './mail.ts';
import type { OutboxEntry } from './outbox.ts';
import type { Answer, Approval, Given, Request } from './people.ts';
import type { Plan } from './plan.ts';
import type { Instant } from './time.ts';
import type { GateVerdict } from './verdict.ts';

/** Every phase, in the order of a rollout that goes well, then the ways out. */
export const phases = [
  'pending',
  'preparing',
  'shifting',
  'baking',
  'awaitingApproval',
  'promoting',
  'finalizing',
  'held',
  'rollingBack',
  'promoted',
  'rolledBack',
] as const;

/** One of them. */
export type Phase = (typeof phases)[number];

/** Why a rollout was rolled back. */
export type Cause =
  | 'gate'
  | 'health'
  | 'person'
  | 'superseded'
  | 'stableChanged'
  | 'deadline'
  | 'undecided'
  /** Refused by a person while it waited for approval, or nobody approved in time. */
  | 'approval';

/** Why a forward move was allowed: the step it was given for, and the sentence that explains it. */
export interface Warrant {
  readonly kind: 'start' | 'pass' | 'time' | 'person' | 'undecided';
  readonly step: number;
  readonly message: string;
}

/** One version of a workload: a Deployment and the hash of the pod template that was decided on. */
export interface Version {
  readonly workload: string;
  /** The pod-template hash of the cluster; of a copy that Serin makes, its revision. */
  readonly hash: string;
  readonly images: readonly string[];
}

/** How a rollout finds its two versions: two Deployments of the user's, or one Deployment and a copy Serin makes. */
export type Mode = 'pair' | 'managed';

/** Where a destination of a route points. */
export interface Destination {
  readonly host: string;
  readonly subset?: string;
  readonly port?: number;
}

/** The one route whose stable and canary weights a rollout moves, as located when it began. */
export interface Route {
  readonly namespace: string;
  readonly name: string;
  readonly protocol: 'http' | 'tls' | 'tcp';
  /** The route's own name within the object, where it has one. */
  readonly section?: string;
  readonly stable: Destination;
  readonly canary: Destination;
  /** The weights found at the start, to be put back by a rollback; null where the field was absent. */
  readonly original: { readonly stable: number | null; readonly canary: number | null };
  /** Fully qualified names of the services behind the two destinations. */
  readonly services: readonly string[];
}

/** Where traffic is moved: the one route of a pair, or all lanes of a managed Deployment. */
export type Track = Route | Lanes;

/** Where and by whom a rollout is told of. */
export interface Told {
  readonly channel: string;
  /** The message, once it is known to be posted. */
  readonly ts?: string;
  /** What the message shows: the key of the notice it was last drawn from. */
  readonly shown?: string;
  /** The process that alone may speak until then; `posting` while it may have posted a message whose place is not saved. */
  readonly claim?: { readonly by: string; readonly until: Instant; readonly posting?: true };
}

/** One line of a rollout's past. */
export interface HistoryEntry {
  readonly time: Instant;
  readonly phase: Phase;
  readonly step: number;
  readonly weight: number;
  readonly warrant?: Warrant['kind'];
  readonly message: string;
}

/** A rollout's place in its namespace. */
export interface RolloutId {
  readonly namespace: string;
  readonly name: string;
}

/** What was decided at the start, and what people have asked for since. */
export interface RolloutSpec {
  readonly mode: Mode;
  readonly target: { readonly name: string; readonly uid: string };
  readonly stable: Version;
  readonly canary: Version;
  /** Which try of this revision against this stable it is, from 1. */
  readonly attempt: number;
  /** The rollout whose copy is this one's stable, and whose lanes it carries on; managed only. */
  readonly takesOver?: string;
  readonly plan: Plan;
  /** The object and route the user named, where more than one could be meant. */
  readonly route: { readonly namespace?: string; readonly object?: string; readonly section?: string };
  readonly requests: readonly Request[];
  readonly paused: boolean;
  readonly abort: boolean;
}

/** Which part of a clean-up is owed next; each is saved before it is begun. `drain` to `remove` are a managed rollout's. */
export const cleanUps = [
  'toStable',
  'settleStable',
  'drain',
  'settleDrained',
  'restore',
  'settleRestored',
  'remove',
  'release',
] as const;

/** One of them. */
export type CleanUp = (typeof cleanUps)[number];

/** Which part of `preparing` or `finalizing` a managed rollout owes next; each is saved before it is begun. */
export const stages = ['subsets', 'pins', 'pods', 'return'] as const;

/** One of them. */
export type Stage = (typeof stages)[number];

/** Where a rollout stands. */
export interface RolloutStatus {
  readonly phase: Phase;
  readonly step: number;
  /** How many times the intent changed; written with every weight, so that an older intent can never follow a newer one. */
  readonly epoch: number;
  readonly weight: { readonly intended: number; readonly observed: number | null };
  /** When the present phase was entered. */
  readonly since: Instant;
  /** When the intended weight was seen written; absent until then. */
  readonly writtenAt?: Instant;
  /** When the present bake began. */
  readonly bakeSince?: Instant;
  readonly cleanUp?: CleanUp;
  readonly stage?: Stage;
  readonly route?: Route;
  /** The lanes of a managed rollout, once they are found. */
  readonly lanes?: Lanes;
  /** The pod-template hash of the user's own Deployment that runs the new version, once promotion has got so far. */
  readonly promotedHash?: string;
  readonly warrant?: Warrant;
  readonly cause?: Cause;
  /** A person's `promote --full` warrants every remaining step. */
  readonly fullWarrant?: Warrant;
  readonly pausedBy?: string;
  /** The approval that was asked for last; it counts for its own step alone. */
  readonly approval?: Approval;
  /** Who let this rollout go on in spite of freezes. */
  readonly freezeOverride?: Given;
  readonly verdicts: readonly GateVerdict[];
  readonly evidence?: Evidence;
  /** When the status was last saved as a checkpoint of its evidence. */
  readonly checkpointAt: Instant;
  /** How often foreign edits of the weights were put right during the present step. */
  readonly corrections: number;
  /** Why a live rollout does not move and needs a person; absent while it can. */
  readonly stalled?: { readonly reason: string; readonly message: string };
  readonly history: readonly HistoryEntry[];
  readonly answers: readonly Answer[];
  /** What is yet to be told outside, oldest first; absent until something is. */
  readonly outbox?: readonly OutboxEntry[];
  /** Where it is told; absent until somebody has begun to. */
  readonly slack?: Told;
  /** What programs outside are yet to be told, and how far each is; absent until something is. */
  readonly mail?: Mail;
  /** CamelCase, one word for the present situation. */
  readonly reason: string;
  /** One plain sentence for the present situation. */
  readonly message: string;
  /** When the rollout next has something to do by itself; absent when only a change or a person can move it. */
  readonly due?: Instant;
  readonly finishedAt?: Instant;
}

/** A rollout as read from the cluster. */
export interface Rollout {
  readonly id: RolloutId;
  readonly uid: string;
  /** The version read, which a save must still find. */
  readonly resourceVersion: string;
  /** Counts changes of the spec. */
  readonly generation: number;
  readonly createdAt: Instant;
  /** Set when someone deleted the object; it goes once the route is restored. */
  readonly deleting: boolean;
  readonly spec: RolloutSpec;
  readonly status: RolloutStatus;
}

/** Where a rollout moves traffic; undefined while that is not known. */
export function trackOf(status: Pick<RolloutStatus, 'route' | 'lanes'>): Track | undefined {
  return status.lanes ?? status.route;
}

/** Whether nothing more will happen to a rollout. */
export function isFinal(phase: Phase): phase is 'promoted' | 'rolledBack' {
  return phase === 'promoted' || phase === 'rolledBack';
}

/** Whether an abort still leads back to stable: up to the last bake. */
export function isAbortable(phase: Phase): boolean {
  switch (phase) {
    case 'pending':
    case 'preparing':
    case 'shifting':
    case 'baking':
    case 'awaitingApproval':
      return true;
    case 'promoting':
    case 'finalizing':
    case 'held':
    case 'rollingBack':
    case 'promoted':
    case 'rolledBack':
      return false;
  }
}
