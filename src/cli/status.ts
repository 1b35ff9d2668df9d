// serin status: one rollout on a page, once or until it ends.
import { isFinal, type Rollout } from '../domain/rollout.ts';
import type { CliCluster, CliParts } from './cluster.ts';
import { type ExitCode, exitCodeOf, exitCodes } from './exit.ts';
import { findRollout } from './find.ts';
import { follow } from './follow.ts';
import { changeKey, changeLine, statusLines, timed } from './render/status.ts';
import { paintFor, screenOf, textOf } from './terminal.ts';

/** Whether to go on until the rollout ends. */
export interface StatusFlags {
  readonly watch: boolean;
}

/** Shows the newest rollout of what was named; watching ends with the rollout and with its exit code. */
export async function runStatus(
  parts: CliParts,
  cluster: CliCluster,
  words: readonly string[],
  flags: StatusFlags,
): Promise<ExitCode> {
  const rollout = await findRollout(cluster, cluster.namespace, words);
  if (flags.watch) return watch(parts, cluster, rollout);
  parts.terminal.out(textOf(statusLines(rollout, parts.clock.now(), paintFor(parts.terminal))));
  return exitCodes.reached;
}

async function watch(parts: CliParts, cluster: CliCluster, { id }: Rollout): Promise<ExitCode> {
  const show = parts.terminal.interactive ? pageOf(parts) : linesOf(parts);
  for await (const seen of follow(parts, { read: () => cluster.rollouts.get(id), everyMs: 1_000 })) {
    switch (seen.kind) {
      case 'rollout':
        show(seen.rollout);
        if (isFinal(seen.rollout.status.phase)) return exitCodeOf(seen.rollout.status);
        break;
      case 'gone':
        parts.terminal.err(`The rollout ${id.name} was deleted.\n`);
        return exitCodes.aborted;
      case 'timedOut':
      case 'interrupted':
        parts.terminal.err(`The rollout goes on. Look again with: serin status ${id.name} -n ${id.namespace} -w\n`);
        return exitCodes.interrupted;
    }
  }
  return exitCodes.internal;
}

function pageOf(parts: CliParts): (rollout: Rollout) => void {
  const screen = screenOf(parts.terminal);
  const paint = paintFor(parts.terminal);
  return (rollout) => screen.draw(statusLines(rollout, parts.clock.now(), paint));
}

function linesOf(parts: CliParts): (rollout: Rollout) => void {
  let shown: string | undefined;
  return (rollout) => {
    const key = changeKey(rollout);
    if (key !== shown) parts.terminal.out(`${timed(changeLine(rollout), parts.clock.now())}\n`);
    shown = key;
  };
}
