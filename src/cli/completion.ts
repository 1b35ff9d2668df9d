// What a shell may offer for the word that is being typed: worked out here, so that all shells offer the same.
import type { Command, Option } from 'commander';

/** A word, and what it stands for. */
export interface Offer {
  readonly word: string;
  readonly about: string;
}

/** What has been typed, taken apart. */
export interface Typed {
  /** The verb, if it is complete; one of one of its own, such as `gate test`. */
  readonly verb: Command | undefined;
  /** Words that are neither flags nor their values, the verb aside. */
  readonly names: readonly string[];
  /** The flag whose value is being typed. */
  readonly flag: Option | undefined;
  /** The values of the flags that choose a cluster. */
  readonly place: Readonly<Record<string, string>>;
  /** What there is of the present word; of `--flag=value` the value. */
  readonly present: string;
  /** What an offer is put behind, because the shell replaces the whole word. */
  readonly before: string;
}

/** Takes apart the words after the program's name; the last is the one being typed, and may be empty. */
export function typedSoFar(serin: Command, words: readonly string[]): Typed {
  const { joined, isSplit } = withoutSplits(words);
  const present = joined.at(-1) ?? '';
  const names: string[] = [];
  const place: Record<string, string> = {};
  let verb: Command | undefined;
  let pending: Option | undefined;
  for (const word of joined.slice(0, -1)) {
    const next: Command | undefined = subcommand(verb ?? serin, word);
    if (pending !== undefined) {
      place[pending.attributeName()] = word;
      pending = undefined;
    } else if (word.startsWith('-')) pending = valueFlag(serin, verb, word, place);
    else if (names.length === 0 && next !== undefined) verb = next;
    else names.push(word);
  }
  const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(present) ?? [];
  if (name === undefined || value === undefined) return { verb, names, flag: pending, place, present, before: '' };
  return { verb, names, place, flag: flagOf(serin, verb, name), present: value, before: isSplit ? '' : `${name}=` };
}

/** What fits and needs no cluster: verbs, flags, values of flags; undefined where names are wanted. */
export function offersFor(serin: Command, typed: Typed): readonly Offer[] | undefined {
  const { verb, flag, present, before } = typed;
  if (flag !== undefined) return valuesOf(flag).map((word) => ({ word: before + word, about: flag.description }));
  if (present.startsWith('-')) return flagsOf(serin, verb).map(offerOfFlag);
  const verbs = (verb ?? serin).commands.filter((command) => command.name() !== '__complete');
  if (verb === undefined || verbs.length > 0) {
    return verbs.map((command) => ({ word: command.name(), about: command.description() }));
  }
  const [argument] = verb.registeredArguments;
  if (argument === undefined) return [];
  if (argument.argChoices !== undefined)
    return argument.argChoices.map((word) => ({ word, about: argument.description }));
  return typed.names.length > 0 ? [] : undefined;
}

/** Those that begin as the word that is being typed, each once. */
export function fitting(offers: readonly Offer[], { before, present }: Typed): readonly Offer[] {
  const known = new Set<string>();
  return offers.filter(({ word }) => {
    const isNew = !known.has(word);
    known.add(word);
    return isNew && word.startsWith(before + present);
  });
}

/** Bash breaks words at `=` too: `--for`, `=`, `promoted`. */
function withoutSplits(words: readonly string[]): { readonly joined: readonly string[]; readonly isSplit: boolean } {
  const joined: string[] = [];
  let isSplit = false;
  for (const [index, word] of words.entries()) {
    isSplit = (word === '=' || words[index - 1] === '=') && (joined.at(-1) ?? '').startsWith('--');
    if (isSplit) joined.push(`${joined.pop() ?? ''}${word}`);
    else joined.push(word);
  }
  return { joined, isSplit };
}

function subcommand(of: Command, word: string): Command | undefined {
  return of.commands.find((command) => command.name() === word);
}

/** The flag that still wants its value; a value that is there is kept. */
function valueFlag(
  serin: Command,
  verb: Command | undefined,
  word: string,
  place: Record<string, string>,
): Option | undefined {
  const [name = '', value] = word.split(/=(.*)/s);
  const flag = flagOf(serin, verb, name);
  if (flag === undefined || flag.isBoolean() || !(flag.required || flag.optional)) return undefined;
  if (value === undefined) return flag;
  place[flag.attributeName()] = value;
  return undefined;
}

function flagOf(serin: Command, verb: Command | undefined, name: string): Option | undefined {
  return flagsOf(serin, verb).find(({ short, long }) => name === short || name === long);
}

function flagsOf(serin: Command, verb: Command | undefined): readonly Option[] {
  const own = verb === undefined ? [] : verb.createHelp().visibleOptions(verb);
  return [...own, ...serin.createHelp().visibleOptions(serin)];
}

function offerOfFlag({ long, short, description }: Option): Offer {
  return { word: long ?? short ?? '', about: description };
}

/** What a flag may be given, where that is a list. */
function valuesOf({ argChoices, long }: Option): readonly string[] {
  if (argChoices !== undefined) return argChoices;
  return long === '--for' ? ['promoted', 'finished', 'awaiting-approval', 'step='] : [];
}
