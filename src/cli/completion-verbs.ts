// The verbs of shells: the script that a shell reads, and what that script asks.
import { Argument, type Command } from 'commander';
import type { CliParts } from './cluster.ts';
import type { Offer } from './completion.ts';
import { completionScript, type Shell, shells } from './completion-scripts.ts';
import { exitCodes } from './exit.ts';
import { closing, reach } from './on-cluster.ts';

/** Adds `completion`, and what its scripts call, which no help shows. */
export function addCompletionVerbs(serin: Command, parts: CliParts, ended: (code: number) => void): void {
  serin
    .command('completion')
    .description('print what makes a shell complete words: source <(serin completion bash)')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(shells))
    .action((shell: Shell) => {
      parts.terminal.out(completionScript(shell));
      ended(exitCodes.reached);
    });
  serin
    .command('__complete', { hidden: true })
    .description('what fits the last of these words, for the scripts of `serin completion`')
    .argument('[words...]', 'what has been typed after the name of the program')
    .action(async (words: string[]) => {
      const offers = await offersOf(serin, parts, words);
      parts.terminal.out(offers.map(({ word, about }) => `${word}\t${about}\n`).join(''));
      ended(exitCodes.reached);
    });
}

async function offersOf(serin: Command, parts: CliParts, words: readonly string[]): Promise<readonly Offer[]> {
  const { fitting, offersFor, typedSoFar } = await import('./completion.ts');
  const typed = typedSoFar(serin, words);
  const offers = offersFor(serin, typed) ?? (await namesAt(parts, typed.place, typed.present).catch(() => []));
  return fitting(offers, typed);
}

async function namesAt(
  parts: CliParts,
  place: Readonly<Record<string, string>>,
  present: string,
): Promise<readonly Offer[]> {
  const { namesIn } = await import('./completion-names.ts');
  return closing(await reach(parts, place), (cluster) => namesIn(cluster, present));
}
