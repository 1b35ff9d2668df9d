// Fixtures of serin gate test: what each query gives at each slot, and what the gate is to say of it.
import { parse } from 'yaml';
import { z } from 'zod';
import type { Sample } from '../domain/gates/custom.ts';
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

const readings = z.array(
  z.union([number, word, several], {
    error: 'Expected a number, none, down, NaN, +Inf, -Inf, or { several: 3 }',
  }),
);

const test = z
  .strictObject({
    name: z.string().min(1),
    gate: z.string().min(1),
    weight: z.number().min(0).max(100).default(10),
    values: readings.optional(),
    canary: readings.optional(),
    stable: readings.optional(),
    stableBefore: z.number().optional(),
    expect: z.array(z.enum(['pass', 'fail', 'undecided', 'noData', 'sourceDown'])),
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

const slot = z
  .string()
  .transform((text) => parseDuration(text) ?? 0)
  .refine((millis) => millis >= 1_000, { error: 'Expected a duration from 1s, such as "15s"' });

const file = z.strictObject({ slot: slot.default(15_000), tests: z.array(test).min(1) });

/** Reads fixtures. Throws a sentence that names the place when they cannot be used. */
export function readFixtures(text: string, from: string): readonly Fixture[] {
  const parsed = file.safeParse(yamlOf(text, from));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    throw new CliError(exitCodes.usage, `The fixtures in ${from} cannot be used${place}: ${issue?.message ?? ''}.`);
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
  try {
    return parse(text) as unknown;
  } catch (error) {
    throw new CliError(
      exitCodes.usage,
      `The fixtures in ${from} are no YAML: ${error instanceof Error ? error.message : ''}`,
    );
  }
}
