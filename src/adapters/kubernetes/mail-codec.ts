// What programs outside are yet to be told, as it is stored.
import type { Cursor, Mail } from '../../domain/mail.ts';
import { formatInstant } from '../../domain/time.ts';
import type { ParsedStatus, StoredStatus } from './rollout-status-object.ts';
import { readWeight, writeClaim, writeWeight } from './status-parts.ts';

type StoredMail = NonNullable<StoredStatus['mail']>;

/** The mail of a parsed status. */
export function readMail(stored: NonNullable<ParsedStatus['mail']>): Mail {
  return { ...stored, letters: stored.letters.map((letter) => ({ ...letter, weight: readWeight(letter.weight) })) };
}

/** Mail as it is stored. */
export function writeMail({ letters, next, webhook, github }: Mail): StoredMail {
  return {
    letters: letters.map((letter) => ({
      ...letter,
      time: formatInstant(letter.time),
      weight: writeWeight(letter.weight),
    })),
    next,
    ...(webhook === undefined ? {} : { webhook: writeCursor(webhook) }),
    ...(github === undefined ? {} : { github: writeCursor(github) }),
  };
}

function writeCursor({ claim, ...cursor }: Cursor): NonNullable<StoredMail['webhook']> {
  return { ...cursor, ...writeClaim(claim) };
}
