// serin gate test: what custom gates would say of given values, slot by slot, by the very code that the controller runs.
import {
  type CustomGate,
  type CustomState,
  dueLooks,
  type Look,
  openCustom,
  sayCustom,
  sayCustomDown,
} from '../domain/gates/custom.ts';
import { readGates } from '../domain/gates/custom-settings.ts';
import { nearest } from '../domain/spelling.ts';
import { formatDuration } from '../domain/time.ts';
import type { GateVerdict } from '../domain/verdict.ts';
import type { CliParts } from './cluster.ts';
import { CliError, type ExitCode, exitCodes } from './exit.ts';
import { type Fixture, type FixtureReading, readFixtures } from './fixtures.ts';
import { readText } from './input.ts';
import { isObject, readManifests } from './manifests.ts';
import { type Paint, paintFor, textOf } from './terminal.ts';

/** Where the gates and the fixtures stand. */
export interface GateTestFlags {
  readonly file: string;
  readonly fixtures: string;
}

/** Prints every verdict beside the expected one: 0 when all are as expected, 1 when one is not. */
export async function runGateTest(parts: CliParts, { file, fixtures: from }: GateTestFlags): Promise<ExitCode> {
  const gates = gatesIn(await readText(parts, file), file);
  const fixtures = readFixtures(await readText(parts, from), from);
  const paint = paintFor(parts.terminal);
  let failed = 0;
  for (const fixture of fixtures) {
    const rows = rowsOf(gateFor(fixture, gates, file), fixture);
    const isGood = rows.every(({ verdict, expected }) => verdict.verdict === expected);
    if (!isGood) failed += 1;
    parts.terminal.out(
      textOf([`${isGood ? paint.good('ok') : paint.bad('FAILED')}  ${fixture.gate}: ${fixture.name}`]),
    );
    parts.terminal.out(textOf(rows.map((row) => lineOf(row, paint))));
  }
  const untested = gates.filter(({ name }) => !fixtures.some(({ gate }) => gate === name));
  if (untested.length > 0) parts.terminal.err(`No fixture for: ${untested.map(({ name }) => name).join(', ')}.\n`);
  parts.terminal.err(`${summary(fixtures.length, failed)}\n`);
  return failed === 0 ? exitCodes.reached : exitCodes.internal;
}

function summary(all: number, failed: number): string {
  if (failed === 0) return `All as expected: ${all === 1 ? 'one fixture' : `${all} fixtures`}.`;
  return all === 1 ? 'Not as expected: the one fixture.' : `${failed} of ${all} fixtures not as expected.`;
}

function gatesIn(text: string, file: string): readonly CustomGate[] {
  const { manifests, problems } = readManifests(text);
  const [broken] = problems;
  if (broken !== undefined) throw new CliError(exitCodes.usage, `${file}:${broken.line}: ${broken.message}`);
  const read = manifests
    .filter(({ value }) => value['kind'] === 'CanaryPolicy')
    .map(({ value }) => readGates(isObject(value['spec']) ? value['spec']['gates'] : undefined));
  const [wrong] = read.flatMap((each) => each.problems);
  if (wrong !== undefined) throw new CliError(exitCodes.usage, wrong.message, `serin lint -f ${file}`);
  const gates = read.flatMap((each) => each.gates);
  if (gates.length === 0)
    throw new CliError(
      exitCodes.usage,
      `${file} has no CanaryPolicy with gates. Name the file that has it: -f policy.yaml`,
    );
  return gates;
}

function gateFor(fixture: Fixture, gates: readonly CustomGate[], file: string): CustomGate {
  const found = gates.filter(({ name }) => name === fixture.gate);
  const [gate] = found;
  if (gate === undefined) {
    const guess = nearest(
      fixture.gate,
      gates.map(({ name }) => name),
    );
    const hint = guess === undefined ? '' : ` Did you mean "${guess}"?`;
    throw new CliError(exitCodes.usage, `${file} has no gate "${fixture.gate}".${hint}`);
  }
  if (found.length > 1)
    throw new CliError(
      exitCodes.usage,
      `${file} has ${found.length} gates "${fixture.gate}" in several policies. Give each a file.`,
    );
  if ((gate.question.kind === 'compare') !== (fixture.stable !== undefined)) {
    const wanted = gate.question.kind === 'compare' ? 'canary and stable' : 'values';
    throw new CliError(exitCodes.usage, `Fixture "${fixture.name}": the gate ${gate.name} takes ${wanted}.`);
  }
  return gate;
}

interface Row {
  readonly at: number;
  readonly expected: string;
  readonly verdict: GateVerdict;
}

/** The verdict at the end of each slot; the step begins at 0. */
function rowsOf(gate: CustomGate, { slotMs, weight, canary, stable, stableBefore, expect }: Fixture): readonly Row[] {
  const before = stableBefore === undefined ? {} : { stable: { at: 0, value: stableBefore } };
  let state: CustomState = { ...openCustom(undefined, 0), ...before };
  return expect.map((expected, index) => {
    const now = (index + 1) * slotMs;
    const looked = lookOf(canary[index], stable?.[index]);
    const isDue = dueLooks(gate, state, now, slotMs).includes(now);
    const context = { weight, now };
    if (isDue && looked === undefined)
      return { at: now, expected, verdict: sayCustomDown(gate, state, context, 'The metrics source is down.') };
    const look = isDue && looked !== undefined ? { at: now, look: looked } : undefined;
    const [next, verdict] = sayCustom(gate, state, context, look);
    state = next;
    return { at: now, expected, verdict };
  });
}

function lookOf(canary: FixtureReading | undefined, stable: FixtureReading | undefined): Look | undefined {
  if (canary === undefined || canary.kind === 'down' || stable?.kind === 'down') return undefined;
  return { canary, ...(stable === undefined ? {} : { stable }) };
}

function lineOf({ at, expected, verdict }: Row, paint: Paint): string {
  const isGood = verdict.verdict === expected;
  const word = isGood ? verdict.verdict : `${verdict.verdict}, not ${expected}`;
  const mark = isGood ? ' ' : paint.bad('*');
  return `  ${mark} ${formatDuration(at).padEnd(6)} ${word.padEnd(10)}  ${verdict.message}`;
}
