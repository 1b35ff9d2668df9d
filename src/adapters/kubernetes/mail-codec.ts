// What programs outside are yet to be told, as it is stored.
import type { Cursor, Mail } from '../../domain/mail.ts';
import { formatInstant } from '../../domain/time.ts';
import type { ParsedStatus, StoredStatus } from './rollout-status-object.ts';

type StoredMail = NonNullable<StoredStatus['mail']>;

/** The mail of a parsed status. */
export function readMail(stored: NonNullable<ParsedStatus['mail']>): Mail {
  const letters = stored.letters.map((letter) => {
    const { intended, observed } = letter.weight;
    return { ...letter, weight: { intended, observed: observed ?? null } };
  });
  return { ...stored, letters };
}

/** Mail as it is stored. */
export function writeMail({ letters, next, webhook, github }: Mail): StoredMail {
  return {
    letters: letters.map(({ weight: { intended, observed }, ...letter }) => ({
      ...letter,
      time: formatInstant(letter.time),
      weight: { intended, ...(observed === null ? {} : { observed }) },
    })),
    next,
    ...(webhook === undefined ? {} : { webhook: writeCursor(webhook) }),
    ...(github === undefined ? {} : { github: writeCursor(github) }),
  };
}

function writeCursor({ claim, ...cursor }: Cursor): NonNullable<StoredMail['webhook']> {
  return { ...cursor, ...(claim === undefined ? {} : { claim: { ...claim, until: formatInstant(claim.until) } }) };
}
