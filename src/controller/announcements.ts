// Where people are told of rollouts: one message each, edited in place, with what happened beneath it.
import type { Notice } from '../domain/announcement.ts';
import type { Millis } from '../domain/time.ts';

/** Where a message stands. */
export interface MessagePlace {
  readonly channel: string;
  readonly ts: string;
}

/**
 * `told`: it stands there now. `later`: it does not, and may after so long. `unsure`: nobody can say, because no answer came.
 * `gone`: the message is no more, or cannot be edited any more. `refused`: it will not be taken before a person changes something.
 */
export type Spoken =
  | { readonly kind: 'told'; readonly place: MessagePlace }
  | { readonly kind: 'later'; readonly afterMs?: Millis }
  | { readonly kind: 'unsure' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly message: string };

/** Tells people. Nothing here throws, and every call is over within `speakMs`. */
export interface Announcements {
  /** Posts the message of a rollout. */
  post(channel: string, notice: Notice): Promise<Spoken>;
  /** Draws the message anew. Idempotent. */
  edit(place: MessagePlace, notice: Notice): Promise<Spoken>;
  /** Says something beneath the message; `broadcast` shows it to the whole channel too. */
  reply(place: MessagePlace, words: string, broadcast: boolean): Promise<Spoken>;
}

/** What is counted of it. */
export interface AnnouncementCounter {
  spoken(what: 'post' | 'edit' | 'reply', outcome: Spoken['kind']): void;
  /** Something may stand twice: it was posted, or may have been, and that was not saved before somebody else went on. */
  maybeTwice(): void;
}

/** The longest one call takes. */
export const speakMs: Millis = 5_000;
