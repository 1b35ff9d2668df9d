// What the API server says when it does not do what was asked.
import { z } from 'zod';
import type { Answer } from './connection.ts';

const statusBody = z.object({
  message: z.string().optional(),
  reason: z.string().optional(),
  code: z.number().optional(),
  details: z.object({ retryAfterSeconds: z.number().optional() }).nullish(),
});

/** The API server answered, but not with what was asked for. */
export class ClusterRefused extends Error {
  override readonly name = 'ClusterRefused';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** An error for an answer that nobody expected, with the API server's own sentence. */
export function refused(what: string, answer: Answer): ClusterRefused {
  return new ClusterRefused(`${what} was answered with ${answer.status}: ${sentenceOf(answer.body)}`, answer.status);
}

/** The API server's own sentence, at most 1,000 letters; its bare body when it gave none. */
export function sentenceOf(body: unknown): string {
  const parsed = statusBody.safeParse(body);
  const text = parsed.success ? parsed.data.message : undefined;
  return (text ?? (typeof body === 'string' ? body : 'no explanation')).slice(0, 1_000);
}

/** The HTTP status that a Status object stands for; undefined when the body is none. */
export function codeOfStatus(body: unknown): number | undefined {
  const parsed = statusBody.safeParse(body);
  return parsed.success ? parsed.data.code : undefined;
}

/** How long the API server asks to be left alone, in seconds; 0 when it does not say. */
export function retryAfterSeconds(body: unknown): number {
  const parsed = statusBody.safeParse(body);
  return parsed.success ? (parsed.data.details?.retryAfterSeconds ?? 0) : 0;
}
