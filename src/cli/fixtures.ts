// Fixtures of serin gate test: what each query gives at each slot, and what the gate is to say of it.
import { LineCounter, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { Sample } from '../domain/gates/custom.ts';
import { nearest } from '../domain/spelling.ts';
import { type Millis, parseDuration } from '../domain/time.ts';
import { CliError, exitCodes } from './exit.ts';

/** One reading of one query, or that nothing could be read. */
export type FixtureReading = Sample | { readonly kind: 'down' };

/** One story of one gate. */
export interface Fixture {
  readonly name: string;
  readonly gate: string;
  readonly slotMs: Millis;
  readonly weight: number;
  /** One reading a slot, from the step's first slot on. */
  readonly canary: readonly FixtureReading[];
  readonly stable?: readonly FixtureReading[];
  /** Stable's last number of the steps before, which a comparison at weight 100 goes by. */
  readonly stableBefore?: number;
  /** What is expected at each slot. */
  readonly expect: readonly string[];
}

const number = z
  .custom<number>((value) => typeof value === 'number')
  .transform((value): FixtureReading => {
    if (Number.isFinite(value)) return { kind: 'number', value };
    return { kind: 'notNumber', text: Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf' };
  });

const word = z.enum(['none', 'down', 'NaN', '+Inf', '-Inf']).transform((text): FixtureReading => {
  return text === 'none' || text === 'down' ? { kind: text } : { kind: 'notNumber', text };
});

const several = z
  .strictObject({ several: z.int().min(2) })
  .transform(({ several: count }): FixtureReading => ({ kind: 'several', count }));

const listed = 'Expected a list of readings with one at least, such as [12, none, 4000]';
const readings = z
  .array(
    z.union([number, word, several], {
      error: 'Expected a number, none, down, NaN, +Inf, -Inf, or { several: 3 }',
    }),
    { error: listed },
  )
  .min(1, { error: listed });

const named = 'Expected a text, in quotes where it would be read as a number';

/** A text that has to be there. */
function label(field: string) {
  const error = ({ input }: { readonly input?: unknown }) =>
    input === undefined ? `${field} is missing. ${named}` : named;
  return z.string({ error }).min(1, { error: named });
}

const weighed = 'Expected a weight from 0 to 100, such as 10';
const verdict = z.enum(['pass', 'fail', 'undecided', 'noData', 'sourceDown'], {
  error: 'Expected pass, fail, undecided, noData or sourceDown',
});

const test = fields({
  name: label('name'),
  gate: label('gate'),
  weight: z.number({ error: weighed }).min(0, { error: weighed }).max(100, { error: weighed }).default(10),
  values: readings.optional(),
  canary: readings.optional(),
  stable: readings.optional(),
  stableBefore: z.number({ error: 'Expected a number' }).optional(),
  expect: z.array(verdict, { error: 'Expected a list of verdicts, one for each reading' }),
})
  .refine(({ values, canary }) => (values === undefined) !== (canary === undefined), {
    error: 'Expected values, or canary and stable for a comparison',
  })
  .refine(({ canary, stable }) => (canary === undefined) === (stable === undefined), {
    error: 'Expected canary and stable together, for a comparison',
  })
  .refine(({ canary, stable }) => canary?.length === stable?.length, {
    error: 'Expected as many readings of stable as of the canary',
  })
  .refine(({ values, canary, expect }) => (values ?? canary)?.length === expect.length, {
    error: 'Expected one verdict under expect for each reading',
  });

const wide = 'Expected a duration from 1s, such as "15s"';
const slot = z
  .string({ error: wide })
  .transform((duration) => parseDuration(duration) ?? 0)
  .refine((millis) => millis >= 1_000, { error: wide });

const filled = 'Expected a list of fixtures with one at least';
const file = fields({
  slot: slot.default(15_000),
  tests: z.array(test, { error: filled }).min(1, { error: filled }),
});

/** An object of these fields and no others, which says what it expects. */
function fields<S extends z.ZodRawShape>(shape: S) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return `Expected the fields ${known.join(', ')}`;
      const [unknown = ''] = issue.keys;
      const guess = nearest(unknown, known);
      return `"${unknown}" is no field${guess === undefined ? `. The known ones are ${known.join(', ')}` : `, but ${guess} is`}`;
    },
  });
}

/** Reads fixtures. Throws a sentence that names the place when they cannot be used. */
export function readFixtures(text: string, from: string): readonly Fixture[] {
  const parsed = file.safeParse(yamlOf(text, from));
  if (!parsed.success) {
    const { issues } = parsed.error;
    const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
    const place = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    throw unread(`The fixtures in ${from} cannot be used${place}: ${issue?.message ?? ''}.`);
  }
  const { tests, slot: slotMs } = parsed.data;
  return tests.map(({ values, canary, stable, stableBefore, ...rest }) => ({
    ...rest,
    slotMs,
    canary: values ?? canary ?? [],
    ...(stable === undefined ? {} : { stable }),
    ...(stableBefore === undefined ? {} : { stableBefore }),
  }));
}

function yamlOf(text: string, from: string): unknown {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const [first, ...others] = Array.isArray(documents) ? documents : [];
  if (others.length > 0)
    throw unread(`${from} holds ${others.length + 1} documents. Put all fixtures under one tests.`);
  const [broken] = first?.errors ?? [];
  if (broken !== undefined)
    throw unread(`${from}:${lines.linePos(broken.pos[0]).line}: This is no YAML: ${broken.message}`);
  try {
    return first?.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    throw unread(`${from}: This is no YAML: ${error instanceof Error ? error.message : ''}`);
  }
}

function unread(message: string): CliError {
  return new CliError(exitCodes.usage, message);
}
