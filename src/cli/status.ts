// serin status: one rollout on a page, once or until it ends.

import type { Workload } from '../controller/ports.ts';
import { isFinal, type Rollout } from '../domain/rollout.ts';
import { ofRevision, pausedByPerson, settingsOf, standing } from './appear.ts';
import type { CliCluster, CliParts } from './cluster.ts';
import { type ExitCode, exitCodeOf, exitCodes, ifPermitted } from './exit.ts';
import { findRollout } from './find.ts';
import { follow } from './follow.ts';
import { changeLine, changes, statusLines, timed } from './render/status.ts';
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

async function watch(parts: CliParts, cluster: CliCluster, { id }: Rollout): Promise<ExitCode> {
  const show = parts.terminal.interactive ? pageOf(parts) : linesOf(parts);
  for await (const seen of follow(parts, { read: () => cluster.rollouts.get(id), everyMs: 1_000 })) {
    switch (seen.kind) {
      case 'found':
        show(seen.found);
        if (isFinal(seen.found.status.phase)) return exitCodeOf(seen.found.status);
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
  const isWorthALine = changes();
  return (rollout) => {
    if (isWorthALine(rollout)) parts.terminal.out(`${timed(changeLine(rollout), parts.clock.now())}\n`);
  };
}
