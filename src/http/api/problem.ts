// What went wrong, as RFC 9457 wants it (application/problem+json), with what to do next.
import { z } from 'zod';

/** Every kind of problem, its HTTP status and its title. */
const kinds = {
  'bad-request': [400, 'The request cannot be understood'],
  unauthenticated: [401, 'Nobody knows who you are'],
  forbidden: [403, 'You may not do that'],
  'not-found': [404, 'There is no such thing'],
  refused: [409, 'The rollout does not do that now'],
  'id-taken': [409, 'The id belongs to another request'],
  'too-large': [413, 'The request is too large'],
  'not-json': [415, 'The body is not JSON'],
  'too-many-requests': [429, 'Too many requests'],
  internal: [500, 'The answer could not be made'],
  unavailable: [503, 'The cluster does not answer'],
  busy: [503, 'Too many wait already'],
} as const;

export type ProblemKind = keyof typeof kinds;

/** The body of every answer that is an error. */
export const problemSchema = z
  .object({
    type: z.string().describe('What kind of problem it is; the same for ever: urn:serin:problem:KIND.'),
    title: z.string().describe('The kind in words.'),
    status: z.int().min(400).max(599),
    detail: z.string().describe('What is wrong here, in a sentence.'),
    next: z.string().describe('What to do next.'),
  })
  .meta({ id: 'Problem', description: 'A problem after RFC 9457.' });

/** Ends the handling of a request with a problem. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  /** What to do next. */
  readonly next: string;
  /** After how many seconds it may be tried again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(kind: ProblemKind, detail: string, next: string, retryAfterSeconds?: number) {
    super(detail);
    this.kind = kind;
    this.next = next;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The HTTP status of a kind. */
export function statusOf(kind: ProblemKind): number {
  return kinds[kind][0];
}

/** A problem as it is sent. */
export function bodyOf({ kind, message, next }: Problem): z.infer<typeof problemSchema> {
  const [status, title] = kinds[kind];
  return { type: `urn:serin:problem:${kind}`, title, status, detail: message, next };
}

/** The parsed value, or a problem that names each field and what was expected of it. */
export function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const outcome = schema.safeParse(value);
  if (outcome.success) return outcome.data;
  const wrong = outcome.error.issues.map(
    ({ path, message }) => `${[what, ...path].join('.')}: ${message.replace(/\.$/, '')}`,
  );
  throw new Problem('bad-request', `${wrong.join('; ')}.`, 'GET /openapi.json says what is taken here.');
}
