// serin get: the rollouts there are.
import { newestFirst } from '../domain/named.ts';
import type { Rollout } from '../domain/rollout.ts';
import type { CliCluster, CliParts } from './cluster.ts';
import { type ExitCode, exitCodes } from './exit.ts';
import { findRollout } from './find.ts';
import { type OutputFlags, textAs } from './output.ts';

/** Prints one rollout, or all of a namespace or cluster. */
export async function runGet(
  parts: CliParts,
  cluster: CliCluster,
  words: readonly string[],
  flags: OutputFlags,
): Promise<ExitCode> {
  if (words.length > 0) {
    const rollout = await findRollout(cluster, cluster.namespace, words);
    parts.terminal.out(await textAs(parts, { kind: 'one', rollout }, flags));
    return exitCodes.reached;
  }
  const rollouts = inOrder(await cluster.rollouts.list(flags.everywhere ? undefined : cluster.namespace));
  if (rollouts.length === 0 && flags.output !== 'json' && flags.output !== 'yaml') {
    parts.terminal.err(
      flags.everywhere ? 'No rollouts found.\n' : `No rollouts found in namespace ${cluster.namespace}.\n`,
    );
    return exitCodes.reached;
  }
  parts.terminal.out(await textAs(parts, { kind: 'many', rollouts }, flags));
  return exitCodes.reached;
}

/** By namespace and target, the newest attempt of each first. */
function inOrder(rollouts: readonly Rollout[]): readonly Rollout[] {
  const place = ({ id, spec }: Rollout) => `${id.namespace}/${spec.target.name}`;
  return newestFirst(rollouts).toSorted((a, b) => (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0));
}
