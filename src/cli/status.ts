// serin status: one rollout on a page, once or until it ends.
import type { Workload } from '../controller/ports.ts';
import { isFinal, type Rollout } from '../domain/rollout.ts';
import { ofRevision, pausedByPerson, settingsOf, standing } from './appear.ts';
import type { CliCluster, CliParts } from './cluster.ts';
import { CliError, type ExitCode, exitCodes, ifPermitted } from './exit.ts';
import { findRollout } from './find.ts';
import type { Output } from './options.ts';
import { textAs } from './output.ts';
import { statusLines } from './render/status.ts';
import { paintFor, textOf } from './terminal.ts';
import { lineOn, pageOn, watchWith } from './watch.ts';

/** Whether to go on until the rollout ends. */
export interface StatusFlags {
  readonly watch: boolean;
  /** The page is `table`. */
  readonly output: Output;
}

/** Shows the newest rollout of what was named; watching ends with the rollout and with its exit code. */
export async function runStatus(
  parts: CliParts,
  cluster: CliCluster,
  words: readonly string[],
  flags: StatusFlags,
): Promise<ExitCode> {
  const { watch: isWatching, output } = flags;
  if (isWatching && output !== 'table')
    throw new CliError(
      exitCodes.usage,
      `-w draws a page, so that it goes without -o ${output}. For a program: serin wait -o json`,
    );
  if (isWatching) return watch(parts, cluster, words);
  const rollout = await findRollout(cluster, cluster.namespace, words);
  if (output !== 'table') {
    parts.terminal.out(await textAs(parts, { kind: 'one', rollout }, { output, everywhere: false }));
    return exitCodes.reached;
  }
  const paint = paintFor(parts.terminal);
  const notes = (await ifPermitted(notesOn(cluster, rollout))) ?? [];
  parts.terminal.out(textOf(statusLines(rollout, parts.clock.now(), paint)));
  if (notes.length > 0) parts.terminal.out(textOf(['', ...notes.map((note) => paint.bad(note))]));
  return exitCodes.reached;
}

/** What the Deployment asks for by now, where it is not what this rollout was begun with. */
async function notesOn(cluster: CliCluster, { id, spec, status }: Rollout): Promise<readonly string[]> {
  const { name } = spec.target;
  const workload = await cluster.workloads.get(id.namespace, name);
  if (workload === undefined) return [];
  const parsed = await settingsOf(cluster, workload);
  switch (parsed.kind) {
    case 'none':
      return [];
    case 'problems':
      return [
        `What Deployment ${name} asks for by now cannot be done:`,
        ...parsed.problems.map(({ message }) => `  ${message}`),
      ];
    case 'settings':
      return isFinal(status.phase) && parsed.settings.mode === 'managed' ? await standingNotes(cluster, workload) : [];
  }
}

async function standingNotes(cluster: CliCluster, workload: Workload): Promise<readonly string[]> {
  const { name, namespace } = workload;
  const stands = await standing(cluster, workload);
  if (stands.kind === 'pausedByPerson') return [pausedByPerson(name, namespace)];
  if (stands.kind !== 'changed' || (await ofRevision(cluster, workload, undefined)) !== undefined) return [];
  return [`The pod template of ${name} has changed since; its rollout has not begun yet.`];
}

function watch(parts: CliParts, cluster: CliCluster, words: readonly string[]): Promise<ExitCode> {
  const show = parts.terminal.interactive
    ? pageOn(parts, (seen, paint) => statusLines(seen, parts.clock.now(), paint))
    : lineOn(parts);
  return watchWith(parts, cluster, words, show, ({ name, namespace }) => `serin status ${name} -n ${namespace} -w`);
}
