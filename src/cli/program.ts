// The serin command: its verbs and flags. Each verb's work is loaded when it is used.
import { Command, CommanderError } from 'commander';
import { nearest } from '../domain/spelling.ts';
import type { CliParts } from './cluster.ts';
import { addCompletionVerbs } from './completion-verbs.ts';
import { addControllerVerb } from './controller.ts';
import { CliError, exitCodeOfError, exitCodes, hasNext, statusOf } from './exit.ts';
import { addJudgingVerbs } from './judging-verbs.ts';
import { addOfflineVerbs } from './offline-verbs.ts';
import { onCluster, onWholeCluster } from './on-cluster.ts';
import { addServerFlags } from './server-flags.ts';
import type { Terminal } from './terminal.ts';
import { addVerbs } from './verbs.ts';
import { addWatchingVerbs } from './watching-verbs.ts';

/**
 * Runs one command line, without the program's own name, and resolves to its exit code. Never rejects: what goes wrong is a
 * sentence on the error stream, with the next command where there is one.
 */
export async function runProgram(args: readonly string[], parts: CliParts): Promise<number> {
  let code: number = exitCodes.reached;
  function ended(by: number): void {
    code = by;
  }
  const serin = program(parts, ended);
  try {
    requireHelpOf(serin, args);
    await serin.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return report(parts.terminal, error, verbIn(serin, args));
  }
}

function program(parts: CliParts, ended: (code: number) => void): Command {
  const serin = new Command('serin')
    .description('Progressive delivery for Istio: see, steer and wait for canary rollouts.')
    .version(parts.version, '-V, --version', 'print the version')
    .option(
      '-n, --namespace <name>',
      "the namespace; that of the kubeconfig's context when left out, with --server default",
    )
    .option('--context <name>', 'the context of the kubeconfig to use')
    .option('--kubeconfig <file>', 'the kubeconfig file to use');
  addServerFlags(serin);
  serin
    .option('--no-color', 'write without colour (so does the environment variable NO_COLOR)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: parts.terminal.out, writeErr: parts.terminal.err })
    .exitOverride();
  const [either, whole] = [onCluster(parts, ended), onWholeCluster(parts, ended)];
  addVerbs(serin, either, whole);
  addWatchingVerbs(serin, either);
  addJudgingVerbs(serin, either, whole);
  addOfflineVerbs(serin, parts, ended);
  addControllerVerb(serin, parts, ended);
  addCompletionVerbs(serin, parts, ended);
  pointToHelp(serin, 'serin');
  return serin;
}

/** What every verb says of words that it does not understand: the sentence, and its own help. */
function pointToHelp(command: Command, words: string): void {
  const sentence = (text: string): string => sentenceOf(withGuess(text, command), `${words} --help`);
  command.configureOutput({ outputError: (text, write) => write(sentence(text)) });
  for (const verb of command.commands) pointToHelp(verb, `${words} ${verb.name()}`);
}

/** `serin help wiat` is a slip of the hand, and no wish to read everything. */
function requireHelpOf(serin: Command, [first, verb]: readonly string[]): void {
  if (first !== 'help' || verb === undefined || verb.startsWith('-')) return;
  const known = serin.commands.map((each) => each.name());
  if (known.includes(verb) || verb === 'help') return;
  const guess = nearest(verb, known);
  serin.error(`unknown command '${verb}'${guess === undefined ? '' : `\n(Did you mean ${guess}?)`}`);
}

/** Commander takes the value of `--timout=4m` for a part of the flag, and so finds nothing near it. */
function withGuess(text: string, command: Command): string {
  const flag = /^error: unknown option '(--[^=']+)=.*'\s*$/.exec(text)?.[1];
  if (flag === undefined) return text;
  const guess = nearest(flag, flagsOf(command));
  return guess === undefined ? text : `${text.trim()}\n(Did you mean ${guess}?)`;
}

/** The long flags that a verb takes, its own and those of what it stands under. */
function flagsOf({ options, parent }: Command): readonly string[] {
  return [...options.flatMap(({ long }) => long ?? []), ...(parent === null ? [] : flagsOf(parent))];
}

/** The verb of a command line with the one under it: `get`, or `gate test`. */
function verbIn(command: Command, args: readonly string[]): string | undefined {
  const verb = command.commands.find((each) => args.includes(each.name()));
  if (verb === undefined) return undefined;
  const under = verbIn(verb, args);
  return under === undefined ? verb.name() : `${verb.name()} ${under}`;
}

/** Commander's `error: unknown command 'x'\n(Did you mean y?)` as sentences, and where to look. */
function sentenceOf(text: string, help: string): string {
  const [what = '', guess] = text
    .replace(/^error: /, '')
    .trim()
    .split('\n');
  const sentence = /[.?!]$/.test(what) ? what : `${what}.`;
  const hint = guess === undefined ? '' : ` ${guess.replace(/^\((.*)\)$/, '$1')}`;
  return `serin: ${sentence}${hint}\nSee what there is with: ${help}\n`;
}

function report(terminal: Terminal, error: unknown, verb: string | undefined): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.reached : exitCodes.usage;
  }
  const message = error instanceof Error ? error.message : String(error);
  const next = nextAfter(error, verb);
  terminal.err(`serin: ${message}\n${next === undefined ? '' : `Try: ${next}\n`}`);
  return exitCodeOfError(error);
}

/** The next command: the error's own, or what helps where the cluster knows no rollouts or lets this user see none. */
function nextAfter(error: unknown, verb: string | undefined): string | undefined {
  if (error instanceof CliError && error.exitCode === exitCodes.usage && verb !== undefined)
    return error.next ?? `serin ${verb} --help`;
  if (hasNext(error)) return error.next;
  switch (statusOf(error)) {
    case 403:
      return `kubectl auth can-i ${missingRight(error) ?? someRight}`;
    case 401:
      return `kubectl auth can-i ${someRight}`;
    case 404:
      return 'kubectl api-resources --api-group=serin.dev (when it lists nothing, Serin is not installed: kubectl apply -k deploy/)';
    case undefined:
      return undefined;
  }
}

const someRight = 'list canaryrollouts.serin.dev';

/** The right that the cluster's own sentence names, as `kubectl auth can-i` takes it; undefined where it names none. */
function missingRight(error: unknown): string | undefined {
  const sentence = error instanceof Error ? error.message : '';
  const [, verb, resource, group, namespace] =
    /cannot (\S+) resource "([^"]+)" in API group "([^"]*)" (?:in the namespace "([^"]+)"|at the cluster scope)/.exec(
      sentence,
    ) ?? [];
  if (verb === undefined || resource === undefined) return undefined;
  const [plural = '', part] = resource.split('/');
  const kind = group === undefined || group === '' ? plural : `${plural}.${group}`;
  const where = namespace === undefined ? '-A' : `-n ${namespace}`;
  return `${verb} ${kind}${part === undefined ? '' : ` --subresource=${part}`} ${where} (the right that is missing)`;
}
