// What programs outside the cluster are told: numbered letters, and for each target how far it has been told.
import { audienceOf, type HappeningWord, happeningOf } from './happening.ts';
import type { Plan } from './plan.ts';
import type { Phase, Rollout, RolloutStatus } from './rollout.ts';
import type { Instant } from './time.ts';

/** Who may be told by letter. */
export const mailTargets = ['webhook', 'github'] as const;

/** One of them. */
export type MailTarget = (typeof mailTargets)[number];

/** One change, as it was when it was saved. */
export interface Letter {
  /** From 1, one more for each letter of the rollout; a number that never comes was dropped. */
  readonly number: number;
  readonly time: Instant;
  readonly event: HappeningWord;
  readonly phase: Phase;
  readonly step: number;
  readonly weight: { readonly intended: number; readonly observed: number | null };
  readonly reason: string;
  readonly message: string;
}

/** How far one target is. */
export interface Cursor {
  /** The number of the last letter it was told, or that was given up. */
  readonly told: number;
  /** Where the rollout stands there, for a target that has a place for it. */
  readonly at?: string;
  /** The process that alone may tell it until then; `posting` while it may have posted something that is not saved. */
  readonly claim?: { readonly by: string; readonly until: Instant; readonly posting?: true };
}

/** The letters of a rollout that somebody is still to be told, oldest first. */
export interface Mail {
  readonly letters: readonly Letter[];
  /** The number of the next letter. */
  readonly next: number;
  readonly webhook?: Cursor;
  readonly github?: Cursor;
}

/** Letters kept; beyond them the oldest that only says that something moved goes, and the last never does. */
export const mostLetters = 12;

const nothing: Mail = { letters: [], next: 1 };

/** The status with the letter that a save from `before` to it leaves for those of the targets that the plan names. */
export function withMail(
  before: Rollout,
  status: RolloutStatus,
  now: Instant,
  targets: readonly MailTarget[],
): RolloutStatus {
  const hearing = targets.filter((target) => hears(before.spec.plan, target));
  const happening = hearing.length === 0 ? undefined : happeningOf(before, status);
  if (happening === undefined) return status;
  const { phase, step, weight, reason } = status;
  const mail = status.mail ?? nothing;
  const letter: Letter = {
    number: mail.next,
    time: now,
    event: happening.word,
    phase,
    step,
    weight,
    reason,
    message: happening.message,
  };
  const cursors = Object.fromEntries(hearing.map((target) => [target, mail[target] ?? { told: mail.next - 1 }]));
  return { ...status, mail: { ...mail, ...cursors, letters: posted(mail.letters, letter), next: mail.next + 1 } };
}

/** Whether a plan has the target told. */
export function hears(plan: Plan, target: MailTarget): boolean {
  return plan[target] !== undefined;
}

/** The letters with one more, within the bound. */
export function posted(letters: readonly Letter[], next: Letter): readonly Letter[] {
  const all = [...letters, next];
  if (all.length <= mostLetters) return all;
  const dropped = letters.find(({ event }) => audienceOf(event) !== 'channel') ?? letters[0];
  return all.filter((letter) => letter !== dropped);
}

/** What a target is still to be told, oldest first. */
export function owedTo(mail: Mail | undefined, target: MailTarget): readonly Letter[] {
  const cursor = mail?.[target];
  if (mail === undefined || cursor === undefined) return [];
  return mail.letters.filter(({ number }) => number > cursor.told);
}

/** The mail with a target's cursor as it is now; letters that nobody is still to be told go. */
export function withCursor(mail: Mail, target: MailTarget, cursor: Cursor): Mail {
  const moved = { ...mail, [target]: cursor };
  const least = Math.min(...mailTargets.flatMap((each) => moved[each]?.told ?? []));
  return { ...moved, letters: mail.letters.filter(({ number }) => number > least) };
}
