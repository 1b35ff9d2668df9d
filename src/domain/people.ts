// What people say of a rollout and what they are told: requests and their answers, and the word that is waited for.
import type { Warrant } from './rollout.ts';
import type { Instant } from './time.ts';

/** What people can ask of a rollout. */
export const verbs = ['promote', 'promoteFull', 'abort', 'pause', 'resume', 'retry', 'approve'] as const;

/** One of them. */
export type Verb = (typeof verbs)[number];

/** Something a person or a pipeline asked for; never changed once written. */
export interface Request {
  readonly id: string;
  readonly verb: Verb;
  /** The step it was meant for; a promote of another step is answered, not done. */
  readonly step?: number;
  readonly actor: string;
  readonly surface: string;
  readonly reason?: string;
  /** With a promote: freezes do not hold this rollout any more. Takes a reason, and the right to override. */
  readonly overrideFreeze?: true;
  readonly time: Instant;
}

/** A person's word that the rollout waits for, or that was given for where it stands. */
export interface Approval {
  readonly of: 'start' | 'step';
  readonly step: number;
  readonly askedAt: Instant;
  /** When the plan's answer to silence applies; absent where it waits for ever. */
  readonly expiresAt?: Instant;
  /** When people were reminded, which is done once. */
  readonly remindedAt?: Instant;
  /** What warrants the move as soon as it is approved; absent before the start. */
  readonly warrant?: Warrant;
  readonly given?: Given;
}

/** Who said yes. */
export interface Given {
  readonly by: string;
  readonly surface: string;
  readonly time: Instant;
  readonly reason?: string;
}

/** What became of a request. */
export interface Answer {
  readonly id: string;
  readonly outcome: 'done' | 'refused' | 'repeated';
  readonly message: string;
  readonly time: Instant;
}
