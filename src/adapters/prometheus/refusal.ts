// The ways in which Prometheus does not answer, each as the end of the sentence "Prometheus at <address> ...".
import { z } from 'zod';

/** No usable answer. The message continues "Prometheus at <address>", says what to do, and repeats nothing of the request. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** The message of an answer that did not come in time. */
  static readonly late = 'did not answer';
  /** Whether the query itself is at fault, so that asking again is of no use. */
  readonly ofQuery: boolean;

  constructor(message: string, ofQuery = false) {
    super(message);
    this.ofQuery = ofQuery;
  }
}

const axiosError = z.object({
  code: z.string().optional(),
  response: z.object({ status: z.number(), data: z.unknown() }).optional(),
});
const errorBody = z.object({ errorType: z.string(), error: z.string() });
const longestQuote = 300;

/** What an HTTP client's error comes to. Only its code, status and Prometheus' own words are taken from it. */
export function refusalOf(error: unknown): Refusal {
  const { data: known } = axiosError.safeParse(error);
  if (known?.response !== undefined) return refusalByStatus(known.response.status, known.response.data);
  switch (known?.code) {
    case 'ECONNABORTED':
    case 'ETIMEDOUT':
    case 'ERR_CANCELED':
      return new Refusal(Refusal.late);
    case 'ERR_BAD_RESPONSE':
      return new Refusal('gave an answer that broke off or is too long. Look whether something stands between');
    case undefined:
      return new Refusal('cannot be reached. Look whether it runs and whether its address is right');
    default:
      return new Refusal(`cannot be reached (${known?.code}). Look whether it runs and whether its address is right`);
  }
}

function refusalByStatus(status: number, body: unknown): Refusal {
  if (status === 401 || status === 403) {
    return new Refusal(
      `answered ${status}: the credentials were not accepted. Look at the token or headers given for it`,
    );
  }
  if (status >= 300 && status < 400) {
    return new Refusal(
      `answered with a redirection (${status}), which is not followed. Give the address it leads to, or the credentials of the proxy before it`,
    );
  }
  const { data: words } = errorBody.safeParse(body);
  if (words === undefined)
    return new Refusal(`answered ${status} without saying why. Look whether something stands between`);
  const ofQuery = words.errorType === 'bad_data' || words.errorType === 'execution';
  return new Refusal(`answered ${status} (${words.errorType}): ${quoted(words.error)}`, ofQuery);
}

/** Foreign words, short enough for a sentence and without a full stop of their own. */
export function quoted(words: string): string {
  const line = words.replaceAll(/\s+/g, ' ').trim();
  return (line.length > longestQuote ? `${line.slice(0, longestQuote)}...` : line).replace(/\.$/, '');
}
