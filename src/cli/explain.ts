// serin explain: everything behind the verdicts of a rollout, at the moment that decided it or now.
import { explained } from '../domain/explain.ts';
import type { CliCluster, CliParts } from './cluster.ts';
import { type ExitCode, exitCodes } from './exit.ts';
import { findRollout } from './find.ts';
import { explanationLines, explanationRecord } from './render/explain.ts';
import { paintFor, textOf } from './terminal.ts';

/** Explains the newest rollout of what was named. */
export async function runExplain(
  parts: CliParts,
  cluster: CliCluster,
  words: readonly string[],
  output: 'table' | 'json',
): Promise<ExitCode> {
  const rollout = await findRollout(cluster, cluster.namespace, words);
  const verdicts = explained(rollout);
  if (output === 'json') parts.terminal.out(`${JSON.stringify(explanationRecord(rollout, verdicts), undefined, 2)}\n`);
  else parts.terminal.out(textOf(explanationLines(rollout, verdicts, parts.clock.now(), paintFor(parts.terminal))));
  return exitCodes.reached;
}
