// Custom gates as they are written in a policy, read once at the door.
import { isRecord } from '../gate.ts';
import { nearest } from '../spelling.ts';
import { type Millis, parseDuration } from '../time.ts';
import type { CustomGate, CustomQuestion } from './custom.ts';
import { writeGate } from './custom-writing.ts';
import { readTemplate } from './query-template.ts';

/** What is wrong with one field of one gate. */
export interface GateProblem {
  /** Where it stands among the gates: `[0, 'compare', 'canary']`. */
  readonly path: readonly (string | number)[];
  /** The letter of the text there, where one letter is meant. */
  readonly offset?: number;
  /** Names the gate, the value, and what was expected. */
  readonly message: string;
}

/** The gates that can be read, and all that is wrong with the others. */
export interface ReadGates {
  readonly gates: readonly CustomGate[];
  readonly problems: readonly GateProblem[];
}

/** Gates that one policy may have. */
const mostGates = 8;
/** Letters of one query. */
export const longestQuery = 1_000;
/** Bytes of all gates of a policy together: they are kept in each rollout, which is bounded. */
export const mostBytes = 6_000;

const defaultWindowMs: Millis = 60_000;
const defaultFailures = 2;
const longestMs: Millis = 3_600_000;

const fields = ['name', 'query', 'min', 'max', 'compare', 'onNoData', 'shadow', 'window', 'interval', 'failures'];
const compareFields = ['canary', 'stable', 'maxRatio', 'maxIncrease'];

/** Reads `spec.gates` of a policy; absent, there are none. Every problem found is returned, not only the first. */
export function readGates(value: unknown): ReadGates {
  if (value === undefined || value === null) return { gates: [], problems: [] };
  if (!Array.isArray(value)) return { gates: [], problems: [{ path: [], message: 'gates is no list of gates.' }] };
  const problems: GateProblem[] = [];
  const gates = value.map((entry: unknown, index) => readGate(entry, index, problems));
  return { gates: gates.filter((gate) => gate !== undefined), problems: [...problems, ...together(value, gates)] };
}

/** What is wrong with the gates as a whole. */
function together(value: readonly unknown[], gates: readonly (CustomGate | undefined)[]): readonly GateProblem[] {
  const problems: GateProblem[] = [];
  if (value.length > mostGates) {
    const message = `gates has ${value.length} entries; at most ${mostGates} are allowed. Join some of them in one query, or use a second policy.`;
    problems.push({ path: [], message });
  }
  for (const [index, gate] of gates.entries()) {
    const first = gates.findIndex((other) => other !== undefined && other.name === gate?.name);
    if (gate === undefined || first === index) continue;
    const message = `Two gates have the name "${gate.name}". Give each a name of its own.`;
    problems.push({ path: [index, 'name'], message });
  }
  const bytes = bytesOf(JSON.stringify(gates.flatMap((gate) => (gate === undefined ? [] : writeGate(gate)))));
  if (bytes > mostBytes) {
    const message = `The gates have ${bytes} bytes together; ${mostBytes} are allowed, because each rollout keeps them. Make recording rules of the long queries.`;
    problems.push({ path: [], message });
  }
  return problems;
}

/** The length of a text in UTF-8. */
function bytesOf(text: string): number {
  return Array.from(text).reduce((sum, letter) => {
    const code = letter.codePointAt(0) ?? 0;
    return sum + (code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
  }, 0);
}

/** Reads one field after the other and notes what is wrong with each. */
interface Reader {
  readonly fail: (path: readonly (string | number)[], message: string, offset?: number) => void;
  readonly of: Readonly<Record<string, unknown>>;
  readonly within: readonly string[];
}

function readGate(entry: unknown, index: number, problems: GateProblem[]): CustomGate | undefined {
  const before = problems.length;
  const name = isRecord(entry) && typeof entry['name'] === 'string' ? entry['name'] : undefined;
  const which = name === undefined ? `Gate ${index + 1}` : `Gate "${name.slice(0, 60)}"`;
  function fail(path: readonly (string | number)[], message: string, offset?: number): void {
    const at = offset === undefined ? {} : { offset };
    problems.push({ path: [index, ...path], ...at, message: `${which}: ${message}` });
  }
  if (!isRecord(entry)) {
    fail([], 'is no gate. Expected name, query and a limit.');
    return undefined;
  }
  const reader: Reader = { fail, of: entry, within: [] };
  unknownFields(reader, fields);
  const question = readQuestion(reader);
  const intervalMs = optional(reader, 'interval', readSpan);
  const gate = {
    name: readName(reader),
    onNoData: optional(reader, 'onNoData', readNoData) ?? 'hold',
    shadow: optional(reader, 'shadow', readFlag) ?? false,
    windowMs: optional(reader, 'window', readSpan) ?? defaultWindowMs,
    ...(intervalMs === undefined ? {} : { intervalMs }),
    failures: optional(reader, 'failures', readFailures) ?? defaultFailures,
  };
  return problems.length > before || question === undefined ? undefined : { ...gate, question };
}

function unknownFields({ fail, of, within }: Reader, known: readonly string[]): void {
  for (const field of Object.keys(of).filter((key) => !known.includes(key))) {
    const guess = nearest(field, known);
    const hint = guess === undefined ? `The known ones are ${known.join(', ')}.` : `Did you mean ${guess}?`;
    fail([...within, field], `${[...within, field].join('.')} is no field of a gate. ${hint}`);
  }
}

function readName({ fail, of }: Reader): string {
  const { name } = of;
  if (typeof name === 'string' && /^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(name)) return name;
  const shown = name === undefined ? 'name is missing' : `name is ${shownValue(name)}`;
  fail(['name'], `${shown}. Expected small letters, digits and dashes, at most 40, such as "queue-depth".`);
  return '';
}

function readQuestion(reader: Reader): CustomQuestion | undefined {
  const { fail, of } = reader;
  const both = of['query'] !== undefined && of['compare'] !== undefined;
  if (both)
    fail(['compare'], 'has query and compare. Use query with min or max, or compare with two queries of its own.');
  if (of['compare'] !== undefined) return readCompare(reader);
  const query = readQuery(reader, 'query');
  const min = optional(reader, 'min', readNumber);
  const max = optional(reader, 'max', readNumber);
  if (of['min'] === undefined && of['max'] === undefined)
    fail([], 'has no limit. Add max or min, or compare two queries.');
  if (min !== undefined && max !== undefined && min > max) fail(['min'], `min ${min} is above max ${max}.`);
  return { kind: 'limit', query, ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

function readCompare({ fail, of }: Reader): CustomQuestion | undefined {
  for (const bound of ['min', 'max'].filter((key) => of[key] !== undefined))
    fail([bound], `${bound} means nothing beside compare. Use maxRatio or maxIncrease in compare.`);
  const { compare } = of;
  if (!isRecord(compare)) {
    fail(['compare'], 'compare is no object. Expected canary, stable, and maxRatio or maxIncrease.');
    return undefined;
  }
  const inner: Reader = { fail, of: compare, within: ['compare'] };
  unknownFields(inner, compareFields);
  const [canary, stable] = [readQuery(inner, 'canary'), readQuery(inner, 'stable')];
  const ratio = optional(inner, 'maxRatio', readRatio);
  const increase = optional(inner, 'maxIncrease', readNumber);
  const given = ['maxRatio', 'maxIncrease'].filter((key) => compare[key] !== undefined);
  if (given.length !== 1)
    fail(
      ['compare'],
      `compare has ${given.length === 0 ? 'no limit' : 'two limits'}. Use one of maxRatio and maxIncrease.`,
    );
  const most =
    ratio === undefined
      ? { kind: 'increase' as const, value: increase ?? 0 }
      : { kind: 'ratio' as const, value: ratio };
  return { kind: 'compare', canary, stable, most };
}

function readQuery({ fail, of, within }: Reader, key: string): string {
  const query = of[key];
  const path = [...within, key];
  const where = path.join('.');
  if (typeof query !== 'string' || query.trim() === '') {
    fail(
      path,
      query === undefined
        ? `${where} is missing. Expected a query.`
        : `${where} is no query, but ${shownValue(query)}.`,
    );
    return '';
  }
  if (query.length > longestQuery)
    fail(path, `${where} has ${query.length} letters; ${longestQuery} are allowed. Make a recording rule of it.`);
  for (const { offset, message } of readTemplate(query).problems) fail(path, `${where}: ${message}`, offset);
  return query;
}

type Outcome<T> = { readonly value: T } | { readonly wrong: string };

/** A field that may be left out; what is wrong with it is noted, and it counts as left out. */
function optional<T>({ fail, of, within }: Reader, key: string, read: (value: unknown) => Outcome<T>): T | undefined {
  const value = of[key];
  if (value === undefined) return undefined;
  const outcome = read(value);
  if ('value' in outcome) return outcome.value;
  fail([...within, key], `${[...within, key].join('.')} is ${shownValue(value)}, ${outcome.wrong}`);
  return undefined;
}

function readNumber(value: unknown): Outcome<number> {
  if (typeof value === 'number' && Number.isFinite(value)) return { value };
  return { wrong: 'which is no number. Expected one such as 100 or 0.25.' };
}

function readRatio(value: unknown): Outcome<number> {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return { value };
  return { wrong: 'which is no number above zero. Expected one such as 1.5, for half as much again.' };
}

function readNoData(value: unknown): Outcome<CustomGate['onNoData']> {
  if (value === 'hold' || value === 'pass' || value === 'fail') return { value };
  const guess = typeof value === 'string' ? nearest(value, ['hold', 'pass', 'fail']) : undefined;
  return { wrong: `which is none of hold, pass, fail.${guess === undefined ? '' : ` Did you mean "${guess}"?`}` };
}

function readFlag(value: unknown): Outcome<boolean> {
  return typeof value === 'boolean' ? { value } : { wrong: 'which is neither true nor false.' };
}

function readSpan(value: unknown): Outcome<Millis> {
  const millis = typeof value === 'string' ? parseDuration(value) : undefined;
  if (millis !== undefined && millis > 0 && millis <= longestMs) return { value: millis };
  return { wrong: 'which is no duration above zero and up to 1h. Expected one such as "1m".' };
}

function readFailures(value: unknown): Outcome<number> {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 10) return { value };
  return { wrong: 'which is no whole number from 1 to 10. Expected one such as 2.' };
}

function shownValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
