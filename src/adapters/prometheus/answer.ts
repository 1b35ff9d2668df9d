// What an answer of Prometheus must look like before anything is counted from it.
import { z } from 'zod';
import { quoted, Refusal } from './refusal.ts';

const value = z.tuple([z.number(), z.string()]);

const vectorAnswer = z.object({
  status: z.literal('success'),
  warnings: z.array(z.string()).optional(),
  data: z.discriminatedUnion('resultType', [
    z.object({
      resultType: z.literal('vector'),
      result: z.array(z.object({ metric: z.record(z.string(), z.string()), value })),
    }),
    z.object({ resultType: z.literal('scalar'), result: value }),
  ]),
});

/** Answers of queries that give no values, and what they give instead. */
const otherAnswer = z.object({ data: z.object({ resultType: z.enum(['matrix', 'string']) }) });
const others = { matrix: 'ranges of values', string: 'a text' } as const;

/** An answer on its way through the HTTP client. */
interface Passing {
  readonly headers: unknown;
  data: unknown;
}

/**
 * Lets a complete vector through, a scalar as one without labels, and throws `Refusal` for anything else: a login page, a partial
 * answer, histograms. Infinity is respelled so that the driver, which reads numbers by `parseFloat`, keeps it apart from NaN.
 */
export function requirePlainAnswer<T extends Passing>(response: T): T {
  if (typeof response.data !== 'object') throw new Refusal(notMetrics);
  const { data: answer } = vectorAnswer.safeParse(response.data);
  if (answer === undefined) {
    const { data: other } = otherAnswer.safeParse(response.data);
    if (other !== undefined) throw new Refusal(`gave ${others[other.data.resultType]} where values are meant`, true);
    throw new Refusal('gave an answer of an unknown shape. Look whether it is a Prometheus of 2.42 or later');
  }
  const [warning] = answer.warnings ?? [];
  if (warning !== undefined) {
    throw new Refusal(
      `warned that its answer may not be complete (${quoted(warning)}), so nothing was counted from it`,
    );
  }
  const { data } = answer;
  const elements = data.resultType === 'vector' ? data.result : [{ metric: {}, value: data.result }];
  const result = elements.map(({ metric, value: [time, text] }) => ({ metric, value: [time, spelled(text)] }));
  response.data = { ...answer, data: { resultType: 'vector', result } };
  return response;
}

const notMetrics =
  'answered with a page instead of metrics, as an authentication proxy does. Look at the address and at the token or headers given for it';

function spelled(number: string): string {
  return number.replace(/Inf$/, 'Infinity');
}
