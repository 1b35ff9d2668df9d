// What came back, read at the door: JSON of the API, one of its problems, or something that is neither.
import { z } from 'zod';
import { ApiRefused } from './refused.ts';

/** An answer as it came. */
export interface Came {
  readonly status: number;
  readonly contentType: string;
  readonly location: string | undefined;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** Keys that a newer API adds are let be. */
const problemSchema = z.object({
  type: z.string(),
  detail: z.string(),
  next: z.string().optional(),
});

const ours = 'urn:serin:problem:';

/** The body of a success; everything else is thrown as a sentence. */
export function bodyOf(came: Came, origin: string): unknown {
  const { status, contentType } = came;
  const isJson = /^application\/([\w.+-]+\+)?json\b/i.test(contentType);
  const body = isJson ? jsonIn(came.text) : undefined;
  if (status >= 200 && status < 300 && body !== undefined) return body;
  const problem = problemSchema.safeParse(body);
  if (problem.success && problem.data.type.startsWith(ours)) throw problemIn(came, problem.data);
  throw strange(came, origin);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function problemIn({ status, retryAfter }: Came, { type, detail, next }: z.output<typeof problemSchema>): ApiRefused {
  const kind = type.slice(ours.length);
  switch (status) {
    case 401: {
      const make = 'kubectl create token ACCOUNT -n NAMESPACE > FILE, and give that with --token-file FILE';
      return new ApiRefused(detail, { status, kind, next: make });
    }
    case 429: {
      const again = retryAfter === undefined ? 'later' : `in ${retryAfter} s`;
      const message = `${detail} Try again ${again}, or give each pipeline an account of its own.`;
      return new ApiRefused(message, { status, kind });
    }
    case 400:
    case 500:
    case 503:
      return new ApiRefused(next === undefined ? detail : `${detail} ${next}`, { status, kind });
    default:
      return new ApiRefused(detail, { status, kind });
  }
}

/** No answer of this API: a proxy's page, a redirect, or another program. */
function strange({ status, contentType, location, text }: Came, origin: string): ApiRefused {
  if (status >= 300 && status < 400 && location !== undefined) {
    const message = `${origin} sends elsewhere (${status}, to ${plain(location)}), and a token is not sent after. Give --server the address where the API itself answers.`;
    return new ApiRefused(message, { status });
  }
  const what = contentType === '' ? 'no type' : plain(contentType);
  const words = wordsIn(text);
  const said = words === '' ? '' : ` It says: ${words}`;
  const message = `${origin} answered with ${status} and ${what}, which is no answer of Serin's API: something else listens there, or a proxy stands in between.${said}`;
  return new ApiRefused(message, { status });
}

/** The title of a page, or the beginning of a text, as words on one line. */
function wordsIn(text: string): string {
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1] ?? '';
  const words = plain(title) || plain(text.slice(0, 2_000).replaceAll(/<[^>]*>/g, ' '));
  return words.length > 120 ? `${words.slice(0, 119)}...` : words;
}

/** What a stranger wrote must not steer the terminal. */
function plain(text: string): string {
  return text.replaceAll(/\p{C}/gu, ' ').replaceAll(/\s+/g, ' ').trim().slice(0, 200);
}
