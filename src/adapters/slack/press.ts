// What a button carries: which rollout it was drawn for and when, so that an old message cannot move a new rollout.
import { z } from 'zod';
import type { Notice } from '../../domain/announcement.ts';
import type { Press } from '../../domain/press.ts';

/** In front of the ids of all buttons of Serin's. */
export const actionPrefix = 'serin:';

const pressSchema = z.object({
  n: z.string().max(63),
  r: z.string().max(253),
  u: z.string().max(64),
  s: z.number().int().min(0).max(20),
  a: z.number().int().min(0),
});

const verbSchema = z.enum(['promote', 'approve', 'pause', 'resume', 'abort', 'retry', 'details']);

/** What the buttons of a notice carry. */
export function pressValue({ id, uid, step, asked }: Notice): string {
  return JSON.stringify({ n: id.namespace, r: id.name, u: uid, s: step, a: asked });
}

/** Reads an action; undefined for one that is none of Serin's. */
export function readPress(actionId: string, value: string | undefined): Press | undefined {
  const verb = verbSchema.safeParse(actionId.slice(actionPrefix.length));
  if (!actionId.startsWith(actionPrefix) || !verb.success || value === undefined) return undefined;
  const parsed = pressSchema.safeParse(jsonOf(value));
  if (!parsed.success) return undefined;
  const { n: namespace, r: rollout, u: uid, s: step, a: asked } = parsed.data;
  return { verb: verb.data, namespace, rollout, uid, step, asked };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
