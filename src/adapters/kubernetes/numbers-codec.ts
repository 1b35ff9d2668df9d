// The numbers behind a verdict as they are stored: finite, and as exact as a person can use.
import { z } from 'zod';
import type { GateNumbers } from '../../domain/verdict.ts';

const counted = z.object({ requests: z.number(), failures: z.number() });
const odds = z.object({ odds: z.number(), needed: z.number() });

/** Numbers as they are stored. */
export const numbersSchema = z.object({
  canary: counted,
  stable: counted.exactOptional(),
  interval: z.object({ low: z.number(), high: z.number(), level: z.number() }).exactOptional(),
  margin: z.number().exactOptional(),
  worse: odds.exactOptional(),
  fine: odds.exactOptional(),
  progress: z.object({ have: z.number(), need: z.number(), leftMs: z.number().exactOptional() }).exactOptional(),
});

/** Greater ones say no more. */
const greatest = 1e12;

/**
 * Cut to six digits. What is infinite becomes a very great number and what is NaN zero, except where infinity means "not in sight": such
 * progress, or its time left, is left out.
 */
export function writeNumbers({ progress, ...numbers }: GateNumbers): z.output<typeof numbersSchema> {
  const isInSight = progress !== undefined && Number.isFinite(progress.need);
  const shown = isInSight ? { progress: { have: progress.have, need: progress.need, ...leftOf(progress) } } : {};
  return rounded({ ...numbers, ...shown });
}

function leftOf({ leftMs }: NonNullable<GateNumbers['progress']>): { readonly leftMs?: number } {
  return leftMs === undefined || !Number.isFinite(leftMs) ? {} : { leftMs };
}

/** The same structure with every number cut. */
function rounded<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, (_key, part: unknown) => (typeof part === 'number' ? cut(part) : part))) as T;
}

function cut(value: number): number {
  if (Number.isNaN(value)) return 0;
  return Number(Math.max(-greatest, Math.min(greatest, value)).toPrecision(6));
}
