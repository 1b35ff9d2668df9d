// A query with places for names: where a place may stand, and how a value gets there without ever leaving its quotes.
// Pure. A name goes into a quoted label value alone, escaped as such; numbers and the window stand where one is expected.
import { nearest } from '../spelling.ts';
import { formatDuration, type Millis } from '../time.ts';

/** What a query may ask to be told. */
export const placeNames = ['canary', 'stable', 'namespace', 'step', 'weight', 'window'] as const;

/** One of them. */
export type PlaceName = (typeof placeNames)[number];

/** The values of the places at one look. */
export interface PlaceValues {
  readonly canary: string;
  readonly stable: string;
  readonly namespace: string;
  /** Counted from 1. */
  readonly step: number;
  /** In percent. */
  readonly weight: number;
  readonly windowMs: Millis;
}

/** How a value is written where it stands. */
type Manner =
  | { readonly kind: 'quoted'; readonly quote: string; readonly pattern: boolean }
  | { readonly kind: 'bare' };

type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'place'; readonly name: PlaceName; readonly manner: Manner };

/** What is wrong at one letter of a query. */
export interface QueryProblem {
  readonly offset: number;
  readonly message: string;
}

/** A query taken apart. One with problems must not be asked. */
export interface QueryTemplate {
  readonly pieces: readonly Piece[];
  readonly problems: readonly QueryProblem[];
}

/** Takes a query apart. Every problem found is returned, not only the first. */
export function readTemplate(query: string): QueryTemplate {
  const pieces: Piece[] = [];
  const problems: QueryProblem[] = [];
  let at = 0;
  let context: Context = { kind: 'code', braces: 0 };
  let text = '';
  while (at < query.length) {
    const place = query.startsWith('{{', at) ? placeAt(query, at, context) : undefined;
    if (place === undefined) {
      const [taken, next] = step(query, at, context);
      if (taken === '\n' && context.kind === 'string' && context.quote !== '`') problems.push(unended(context));
      text += taken;
      at += taken.length;
      context = next;
      continue;
    }
    if ('wrong' in place) problems.push({ offset: at, message: place.wrong });
    else pieces.push({ kind: 'text', text }, place.piece);
    text = '';
    at += place.length;
  }
  if (context.kind === 'string') problems.push(unended(context));
  return { pieces: [...pieces, { kind: 'text', text }], problems };
}

function unended({ quote, from }: Context & { readonly kind: 'string' }): QueryProblem {
  return { offset: from, message: `The text that begins here with ${quote} has no end on its line.` };
}

/** Only between backticks may a text go on over several lines. */
function isEnd(letter: string, quote: string): boolean {
  return letter === quote || (letter === '\n' && quote !== '`');
}

/** Whether a query asks for a value. */
export function mentions({ pieces }: QueryTemplate, name: PlaceName): boolean {
  return pieces.some((piece) => piece.kind === 'place' && piece.name === name);
}

/** The query to be asked. Owes a template without problems. */
export function renderTemplate({ pieces }: QueryTemplate, values: PlaceValues): string {
  return pieces.map((piece) => (piece.kind === 'text' ? piece.text : rendered(piece, values))).join('');
}

/** Where in a query a letter stands. */
type Context =
  | { readonly kind: 'code'; readonly braces: number }
  | { readonly kind: 'comment'; readonly braces: number }
  | {
      readonly kind: 'string';
      readonly braces: number;
      readonly quote: string;
      readonly from: number;
      /** What stands before it: a label's operator, or nothing of that kind. */
      readonly operator: string | undefined;
    };

/** The next letters, which are no place, and where one is after them. */
function step(query: string, at: number, context: Context): readonly [string, Context] {
  const letter = query[at] ?? '';
  switch (context.kind) {
    case 'comment':
      return [letter, letter === '\n' ? { kind: 'code', braces: context.braces } : context];
    case 'string':
      if (letter === '\\' && context.quote !== '`') return [query.slice(at, at + 2), context];
      return [letter, isEnd(letter, context.quote) ? { kind: 'code', braces: context.braces } : context];
    case 'code':
      return [letter, afterCode(query, at, letter, context.braces)];
  }
}

function afterCode(query: string, at: number, letter: string, braces: number): Context {
  if (letter === '#') return { kind: 'comment', braces };
  if (letter === '{') return { kind: 'code', braces: braces + 1 };
  if (letter === '}') return { kind: 'code', braces: Math.max(0, braces - 1) };
  if (letter !== '"' && letter !== "'" && letter !== '`') return { kind: 'code', braces };
  const operator = /(=~|!~|!=|(?<![=<>!])=)\s*$/.exec(query.slice(0, at))?.[1];
  return { kind: 'string', braces, quote: letter, from: at, operator: braces > 0 ? operator : undefined };
}

type Place = { readonly length: number } & ({ readonly piece: Piece } | { readonly wrong: string });

function placeAt(query: string, at: number, context: Context): Place {
  const [whole = '{{', written] = /^\{\{([^{}\n]*)\}\}/.exec(query.slice(at, at + 80)) ?? [];
  if (written === undefined) return { length: 2, wrong: 'This {{ has no }} on the same line.' };
  const name = placeNames.find((known) => known === written.trim());
  if (name === undefined) return { length: whole.length, wrong: unknownPlace(written.trim()) };
  const found = mannerOf(name, context, query[at - 1] ?? '', query.slice(at + whole.length), query.slice(0, at));
  if (typeof found === 'string') return { length: whole.length, wrong: found };
  return { length: whole.length, piece: { kind: 'place', name, manner: found } };
}

function unknownPlace(written: string): string {
  const guess = nearest(written, placeNames);
  const hint = guess === undefined ? `The known ones are ${placeNames.join(', ')}.` : `Did you mean {{${guess}}}?`;
  return `{{${written}}} stands for nothing. ${hint}`;
}

/** How a place is filled where it stands, or why it may not stand there. */
function mannerOf(name: PlaceName, context: Context, last: string, after: string, before: string): Manner | string {
  if (context.kind === 'comment') return `{{${name}}} stands in a comment. Take it out.`;
  if (name === 'window') {
    const isRange = context.kind === 'code' && /\[\s*$/.test(before) && /^\s*[\]:]/.test(after);
    return isRange ? { kind: 'bare' } : '{{window}} may stand only as a range: [{{window}}].';
  }
  if (context.kind === 'string') return quotedManner(name, context);
  if (name !== 'step' && name !== 'weight')
    return `{{${name}}} stands outside of quotes. Write it as a label's value: label="{{${name}}}".`;
  const isAlone = !/[\w:.]/.test(last) && !/^[\w:.]/.test(after);
  return isAlone ? { kind: 'bare' } : `{{${name}}} is a number and may not be a part of a word.`;
}

function quotedManner(name: PlaceName, { quote, operator }: Context & { readonly kind: 'string' }): Manner | string {
  if (quote === '`') return `{{${name}}} stands between backticks, where nothing can be escaped. Use double quotes.`;
  if (operator === undefined)
    return `{{${name}}} stands in a text that is no label's value. Write it as one: label="{{${name}}}".`;
  return { kind: 'quoted', quote, pattern: operator.endsWith('~') };
}

function rendered({ name, manner }: Piece & { readonly kind: 'place' }, values: PlaceValues): string {
  const value = name === 'window' ? formatDuration(values.windowMs) : String(values[name]);
  if (manner.kind === 'bare') return value;
  return quotedText(manner.pattern ? escapedPattern(value) : value, manner.quote);
}

/** A text such that a regular expression matches it and nothing else. */
function escapedPattern(text: string): string {
  return text.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
}

/** A text as it stands between these quotes, by the rules of Go's string literals, which the query language has taken over. */
function quotedText(text: string, quote: string): string {
  return text
    .toWellFormed()
    .replaceAll('\\', String.raw`\\`)
    .replaceAll(quote, `\\${quote}`)
    .replaceAll(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
