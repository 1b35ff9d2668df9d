// serin history: the attempts of a Deployment that the cluster still knows, and the whole past of one.
import type { Rollout } from '../domain/rollout.ts';
import type { CliCluster, CliParts } from './cluster.ts';
import { CliError, type ExitCode, exitCodes } from './exit.ts';
import { findRollout, matching, readName } from './find.ts';
import type { Output } from './options.ts';
import { textAs } from './output.ts';
import { historyTable, pastLines } from './render/history.ts';
import { paintFor, textOf } from './terminal.ts';

/** Which attempt, and how to show it. */
export interface HistoryFlags {
  /** As the table counts them: 1 is the oldest that is kept. */
  readonly attempt?: number;
  readonly output: Output;
}

/** Prints the attempts of a Deployment, the newest first; or one of them with everything that is recorded of it. */
export async function runHistory(
  parts: CliParts,
  cluster: CliCluster,
  words: readonly string[],
  flags: HistoryFlags,
): Promise<ExitCode> {
  const named = readName(words);
  const newest = await findRollout(cluster, cluster.namespace, words);
  const isExact = newest.id.name === named.name && newest.spec.target.name !== named.name;
  if (isExact) return showOne(parts, newest, flags.output);
  const attempts = matching(await cluster.rollouts.list(cluster.namespace), named);
  if (flags.attempt !== undefined) return showOne(parts, nth(attempts, flags.attempt, named.name), flags.output);
  await showAll(parts, attempts, flags.output);
  return exitCodes.reached;
}

async function showAll(parts: CliParts, rollouts: readonly Rollout[], output: Output): Promise<void> {
  const { terminal, clock } = parts;
  if (output === 'table' || output === 'wide')
    terminal.out(textOf(historyTable(rollouts, output === 'wide', clock.now(), paintFor(terminal))));
  else terminal.out(await textAs(parts, { kind: 'many', rollouts }, { output, everywhere: false }));
}

async function showOne(parts: CliParts, rollout: Rollout, output: Output): Promise<ExitCode> {
  const { terminal, clock } = parts;
  if (output === 'table') terminal.out(textOf(pastLines(rollout, clock.now(), paintFor(terminal))));
  else terminal.out(await textAs(parts, { kind: 'one', rollout }, { output, everywhere: false }));
  return exitCodes.reached;
}

/** Attempts are counted from the oldest, so that a number stays what it is when another one is added. */
function nth(newestFirst: readonly Rollout[], attempt: number, name: string): Rollout {
  const found = newestFirst[newestFirst.length - attempt];
  if (found !== undefined) return found;
  const kept = newestFirst.length === 1 ? 'is one' : `are ${newestFirst.length}`;
  throw new CliError(
    exitCodes.notFound,
    `There is no attempt ${attempt} of ${name}: there ${kept}.`,
    `serin history ${name}`,
  );
}
