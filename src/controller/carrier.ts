// Who takes letters to a program outside.
import type { Letter, MailTarget } from '../domain/mail.ts';
import type { Rollout } from '../domain/rollout.ts';
import type { Millis } from '../domain/time.ts';

/** What has happened to a letter. `at` is where the rollout stands there by now, whatever else came of it. */
export type Carried = { readonly at?: string } & (
  | { readonly kind: 'taken' }
  /** It was not taken, or nobody can say, and may be after so long. `unsure`: something may stand there now, and nobody said so. */
  | { readonly kind: 'later'; readonly message: string; readonly afterMs?: Millis; readonly unsure?: true }
  /** It will not be taken before a person changes something. */
  | { readonly kind: 'refused'; readonly message: string }
  /** Nothing of this rollout can ever be taken. */
  | { readonly kind: 'never'; readonly message: string }
  /** Where the rollout stood there is no more. */
  | { readonly kind: 'gone' }
);

/** Takes letters to one target. Nothing here throws. */
export interface Carrier {
  readonly target: MailTarget;
  /** The longest one letter takes. */
  readonly longestMs: Millis;
  /** Whether a letter that is brought twice stands there once all the same. */
  readonly isIdempotent: boolean;
  /** Whether one that has us wait speaks for every rollout. */
  readonly waitsTogether: boolean;
  /** Whether a letter needs no telling where the next one, if any, is told. */
  skips(rollout: Rollout, letter: Letter, next: Letter | undefined): boolean;
  /** Takes one letter; `at` is where the rollout stands there, where that is known. The same letter may be brought again. */
  carry(rollout: Rollout, letter: Letter, at: string | undefined): Promise<Carried>;
}

/** What is counted of it. */
export interface MailCounter {
  carried(target: MailTarget, outcome: Carried['kind'] | 'givenUp'): void;
  /** Something may stand twice: nobody could say or save that it was made. */
  maybeTwice(): void;
}
