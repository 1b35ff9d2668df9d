// serin get: the rollouts there are.
import { stringify } from 'yaml';
import type { Rollout } from '../domain/rollout.ts';
import type { CliCluster, CliParts } from './cluster.ts';
import { type ExitCode, exitCodes } from './exit.ts';
import { findRollout, newestFirst } from './find.ts';
import type { Output } from './options.ts';
import { recordOf, resourceName, rolloutTable } from './render/rollouts.ts';
import { paintFor, textOf } from './terminal.ts';

/** What to get and how to show it. */
export interface GetFlags {
  readonly everywhere: boolean;
  readonly output: Output;
}

/** Prints one rollout, or all of a namespace or cluster. */
export async function runGet(
  parts: CliParts,
  cluster: CliCluster,
  words: readonly string[],
  flags: GetFlags,
): Promise<ExitCode> {
  const single = words.length > 0;
  const found = single
    ? [await findRollout(cluster, cluster.namespace, words)]
    : inOrder(await cluster.rollouts.list(flags.everywhere ? undefined : cluster.namespace));
  if (found.length === 0 && flags.output !== 'json' && flags.output !== 'yaml') {
    parts.terminal.err(
      flags.everywhere ? 'No rollouts found.\n' : `No rollouts found in namespace ${cluster.namespace}.\n`,
    );
    return exitCodes.reached;
  }
  parts.terminal.out(shown(parts, found, flags, single));
  return exitCodes.reached;
}

function shown(parts: CliParts, found: readonly Rollout[], flags: GetFlags, single: boolean): string {
  switch (flags.output) {
    case 'json':
      return `${JSON.stringify(recordsOf(found, single), undefined, 2)}\n`;
    case 'yaml':
      return stringify(recordsOf(found, single), { aliasDuplicateObjects: false });
    case 'name':
      return textOf(found.map(resourceName));
    case 'table':
    case 'wide': {
      const columns = { namespace: flags.everywhere, wide: flags.output === 'wide' };
      return textOf(rolloutTable(found, columns, parts.clock.now(), paintFor(parts.terminal)));
    }
  }
}

function recordsOf(found: readonly Rollout[], single: boolean): unknown {
  const [first] = found;
  return single && first !== undefined
    ? recordOf(first)
    : { schema: 'serin.dev/rollouts/v1', rollouts: found.map(recordOf) };
}

/** By namespace and target, the newest attempt of each first. */
function inOrder(rollouts: readonly Rollout[]): readonly Rollout[] {
  const place = ({ id, spec }: Rollout) => `${id.namespace}/${spec.target.name}`;
  return newestFirst(rollouts).toSorted((a, b) => (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0));
}
