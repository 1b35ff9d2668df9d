// One delivery of what a rollout owes: what it takes, what a process remembers from one to the next, and what it got done.
import type { Rollout, Told } from '../domain/rollout.ts';
import type { Instant } from '../domain/time.ts';
import type { AnnouncementCounter, Announcements, MessagePlace, Spoken } from './announcements.ts';
import type { Process } from './one-speaker.ts';
import type { RolloutStore } from './ports.ts';

/** What telling takes. */
export interface AnnounceParts extends Process {
  readonly rollouts: Pick<RolloutStore, 'get' | 'save'>;
  readonly announcements: Announcements;
  readonly counter: AnnouncementCounter;
  /** The cluster's name, where people have given it one. */
  readonly cluster?: string;
}

/** What a process remembers of a message between two deliveries. */
export interface Memory {
  /** The rollout it is about; another of the same name begins anew. */
  uid?: string;
  /** What was told and could not be saved yet. */
  keys?: Set<string>;
  /** Where it was posted, when that could not be saved yet. */
  place?: MessagePlace;
  lastEdit?: Instant;
  /** Until then an edit that nobody answered may still come to pass. */
  doubtUntil?: Instant;
  /** What was drawn since; it counts as shown only once nothing older can follow it. */
  drawn?: string;
  /** A reply that nobody answered, and until when it may still come to pass. */
  unheard?: { readonly key: string; readonly until: Instant };
}

/** What has been told in one delivery, to be saved in one write. */
export interface Progress {
  place?: MessagePlace;
  shown?: string;
  /** The message is no more: its place is forgotten. */
  lost?: boolean;
  /** All is told and nothing is in doubt: another process may go on once the message may be edited again. */
  done?: boolean;
  readonly keys: Set<string>;
}

/** What came of a call, where it did not come to what was wanted. */
export type Unspoken = Exclude<Spoken, { readonly kind: 'told' }>;

/** How a delivery ended: nothing owed, look again then, or it failed and how. */
export type Delivered =
  | { readonly kind: 'rest' }
  | { readonly kind: 'again'; readonly at: Instant }
  | { readonly kind: 'failed'; readonly spoken: Unspoken };

const remembered = ['keys', 'place', 'lastEdit', 'doubtUntil', 'drawn', 'unheard'] as const;

/** Makes the memory that of this rollout: of another of the same name nothing is kept. */
export function recollect(memory: Memory, { uid }: Rollout): void {
  if (memory.uid === uid) return;
  for (const key of remembered) delete memory[key];
  memory.uid = uid;
}

/** Where the message stands as far as that is saved. */
export function savedPlace(told: Told | undefined): MessagePlace | undefined {
  return told?.ts === undefined ? undefined : { channel: told.channel, ts: told.ts };
}
