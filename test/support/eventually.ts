// Waiting for something to become true, with a deadline instead of a sleep.

import { setTimeout as pause } from 'node:timers/promises';

const askEveryMs = 200;
/** How long is waited unless somebody says otherwise: for what hangs, not for a machine that is busy. */
export const patientMs = 120_000;

type Seen<T> = { readonly kind: 'found'; readonly value: T } | { readonly kind: 'not yet'; readonly said: string };

/**
 * Asks until the probe gives something other than undefined or false, and gives that. An error counts as "not yet",
 * and so does a probe that does not come back. Rejects at the deadline with `what`, which reads on after
 * "Waited 120 s for", and the last answer or error seen.
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  { withinMs = patientMs }: { readonly withinMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let said = '';
  do {
    const seen = await Promise.race([ask(probe), silence<T>(deadline - Date.now())]);
    if (seen.kind === 'found') return seen.value;
    said = seen.said;
    await pause(askEveryMs);
  } while (Date.now() < deadline);
  throw new Error(`Waited ${withinMs / 1_000} s for ${what}. ${said}`);
}

async function ask<T>(probe: () => Promise<T | undefined | false>): Promise<Seen<T>> {
  try {
    const value = await probe();
    if (value === undefined || value === false)
      return { kind: 'not yet', said: `The last answer was ${String(value)}.` };
    return { kind: 'found', value };
  } catch (cause) {
    return {
      kind: 'not yet',
      said: `The last attempt failed: ${cause instanceof Error ? cause.message : String(cause)}`,
    };
  }
}

async function silence<T>(ms: number): Promise<Seen<T>> {
  await pause(ms, undefined, { ref: false });
  return { kind: 'not yet', said: 'The last attempt did not come back.' };
}
