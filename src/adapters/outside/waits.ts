// How long an answer asks us to wait.
import type { Instant, Millis } from '../../domain/time.ts';

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * What Retry-After says, in seconds or as a date (RFC 9110, section 10.2.3), or when GitHub's limit ends; undefined where neither is
 * said.
 */
export function waitAskedFor(headers: Headers, now: Instant): Millis | undefined {
  const retryAfter = one(headers['retry-after'])?.trim();
  if (retryAfter !== undefined) return secondsOrDate(retryAfter, now);
  if (one(headers['x-ratelimit-remaining']) !== '0') return undefined;
  const reset = one(headers['x-ratelimit-reset']) ?? '';
  return /^\d{1,12}$/.test(reset) ? Math.max(1_000, Number(reset) * 1_000 - now) : undefined;
}

function secondsOrDate(text: string, now: Instant): Millis | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}
