// serin watch: a rollout until it ends, as a tree that is drawn anew on a screen, and a line per change elsewhere.
import type { Workload } from '../controller/ports.ts';
import { explained } from '../domain/explain.ts';
import { isFinal, type Rollout } from '../domain/rollout.ts';
import type { CliCluster, CliParts } from './cluster.ts';
import { type ExitCode, exitCodeOf, exitCodes, ifPermitted } from './exit.ts';
import { findRollout } from './find.ts';
import { follow } from './follow.ts';
import { changeLine, changes, timed } from './render/status.ts';
import { type Pods, type WatchView, watchLines } from './render/watch.ts';
import { paintFor, screenOf } from './terminal.ts';

/** Draws a rollout as it is now. */
export type Show = (rollout: Rollout) => Promise<void> | void;

/** Watches the newest rollout of what was named, and ends with it and with its exit code. */
export async function runWatch(parts: CliParts, cluster: CliCluster, words: readonly string[]): Promise<ExitCode> {
  const rollout = await findRollout(cluster, cluster.namespace, words);
  const show = parts.terminal.interactive ? treeOn(parts, cluster) : lineOn(parts);
  return watchWith(parts, cluster, rollout, show, `serin watch ${rollout.id.name} -n ${rollout.id.namespace}`);
}

/** Shows a rollout again and again until it ends; `again` is the command that goes on when it is interrupted. */
export async function watchWith(
  parts: CliParts,
  cluster: CliCluster,
  { id }: Rollout,
  show: Show,
  again: string,
): Promise<ExitCode> {
  for await (const seen of follow(parts, { read: () => cluster.rollouts.get(id), everyMs: 1_000 })) {
    switch (seen.kind) {
      case 'found':
        await show(seen.found);
        if (isFinal(seen.found.status.phase)) return exitCodeOf(seen.found.status);
        break;
      case 'gone':
        parts.terminal.err(`The rollout ${id.name} was deleted.\n`);
        return exitCodes.aborted;
      case 'timedOut':
      case 'interrupted':
        parts.terminal.err(`The rollout goes on. Look again with: ${again}\n`);
        return exitCodes.interrupted;
    }
  }
  return exitCodes.internal;
}

/** A line per change, for logs. */
export function lineOn(parts: CliParts): Show {
  const isWorthALine = changes();
  return (rollout) => {
    if (isWorthALine(rollout)) parts.terminal.out(`${timed(changeLine(rollout), parts.clock.now())}\n`);
  };
}

function treeOn(parts: CliParts, cluster: CliCluster): Show {
  const screen = screenOf(parts.terminal);
  const paint = paintFor(parts.terminal);
  return async (rollout) => {
    const view = await viewOf(cluster, rollout);
    const { columns, unicode } = parts.terminal;
    screen.draw(watchLines(view, { columns, unicode, paint, now: parts.clock.now() }));
  };
}

/** What stands beside the rollout. Pods are told as far as they can be read at this moment: the rollout itself is what is watched. */
async function viewOf(cluster: CliCluster, rollout: Rollout): Promise<WatchView> {
  const { id, spec } = rollout;
  const read = async (name: string): Promise<Workload | undefined> =>
    ifPermitted(cluster.workloads.get(id.namespace, name)).catch(() => undefined);
  const [stable, canary] = await Promise.all([read(spec.stable.workload), read(spec.canary.workload)]);
  const troubles =
    canary === undefined || isFinal(rollout.status.phase)
      ? []
      : await cluster.workloads.troubles(canary).catch(() => []);
  return { rollout, verdicts: explained(rollout), stable: podsOf(stable), canary: podsOf(canary), troubles };
}

function podsOf(workload: Workload | undefined): Pods | undefined {
  return workload === undefined ? undefined : { ready: workload.readyReplicas, wanted: workload.replicas };
}
