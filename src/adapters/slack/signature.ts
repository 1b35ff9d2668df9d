// Whether a request was sent by Slack: an HMAC over its time and its raw body, no older than five minutes.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Instant } from '../../domain/time.ts';

const windowSeconds = 300;

/** What a request carries of it. */
export interface Signed {
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
  /** The body byte for byte. */
  readonly body: Buffer;
}

/** Whether one of the secrets made the signature. Takes as long whether it is right or wrong. */
export function isFromSlack({ timestamp, signature, body }: Signed, secrets: readonly string[], now: Instant): boolean {
  if (timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now / 1_000 - Number(timestamp)) > windowSeconds) return false;
  const given = Buffer.from(signature ?? '');
  return secrets
    .filter((secret) => secret !== '')
    .map((secret) => equals(given, signatureOf(secret, timestamp, body)))
    .includes(true);
}

/** The signature that Slack puts on a body at a time, in seconds. */
export function signatureOf(secret: string, timestamp: string, body: Buffer): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`;
}

function equals(given: Buffer, expected: string): boolean {
  const wanted = Buffer.from(expected);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
