// serin watch: a rollout until it ends, as a tree that is drawn anew on a screen, and a line per change elsewhere.
import type { Workload } from '../controller/ports.ts';
import { explained } from '../domain/explain.ts';
import { isFinal, type Rollout, type RolloutId } from '../domain/rollout.ts';
import type { CliCluster, CliParts } from './cluster.ts';
import { type ExitCode, exitCodeOf, exitCodes, ifPermitted } from './exit.ts';
import { findRollout } from './find.ts';
import { firstSeen, follow, type Looking } from './follow.ts';
import { changeLine, changes, timed } from './render/status.ts';
import { type Pods, type WatchView, watchLines } from './render/watch.ts';
import { type Paint, paintFor, screenOf } from './terminal.ts';

/** Where a rollout is shown, again and again. */
export interface Show {
  /** Draws it as it is now. */
  draw(rollout: Rollout): Promise<void> | void;
  /** Narration, such as that the cluster does not answer. */
  say(text: string): void;
  /** Leaves what was drawn last, and the terminal as it was. */
  leave(): void;
}

/** Watches the newest rollout of what was named, and ends with it and with its exit code. */
export async function runWatch(parts: CliParts, cluster: CliCluster, words: readonly string[]): Promise<ExitCode> {
  const show = parts.terminal.interactive ? treeOn(parts, cluster) : lineOn(parts);
  return watchWith(parts, cluster, words, show, ({ name, namespace }) => `serin watch ${name} -n ${namespace}`);
}

/** Shows the newest rollout of what was named until it ends; `again` is the command that goes on when it is interrupted. */
export async function watchWith(
  parts: CliParts,
  cluster: CliCluster,
  words: readonly string[],
  show: Show,
  again: (id: RolloutId) => string,
): Promise<ExitCode> {
  const looks = { everyMs: 1_000, say: (text: string) => show.say(text) };
  try {
    const read = () => findRollout(cluster, cluster.namespace, words);
    const first = await firstSeen(parts, { ...looks, read });
    if (first.kind === 'found') {
      const { id } = first.found;
      return await shown(parts, id, { ...looks, read: () => cluster.rollouts.get(id) }, show, again(id));
    }
    parts.terminal.err('Interrupted before the cluster had answered.\n');
    return exitCodes.interrupted;
  } finally {
    show.leave();
  }
}

async function shown(
  parts: CliParts,
  { name }: RolloutId,
  looking: Looking<Rollout>,
  show: Show,
  again: string,
): Promise<ExitCode> {
  for await (const seen of follow(parts, looking)) {
    switch (seen.kind) {
      case 'found':
        await show.draw(seen.found);
        if (isFinal(seen.found.status.phase)) return exitCodeOf(seen.found.status);
        break;
      case 'gone':
        show.leave();
        parts.terminal.err(`The rollout ${name} was deleted.\n`);
        return exitCodes.aborted;
      case 'timedOut':
      case 'interrupted':
        show.leave();
        parts.terminal.err(`The rollout goes on. Look again with: ${again}\n`);
        return exitCodes.interrupted;
    }
  }
  return exitCodes.internal;
}

/** A line per change, for logs. */
export function lineOn(parts: CliParts): Show {
  const isWorthALine = changes();
  return {
    draw(rollout) {
      if (isWorthALine(rollout)) parts.terminal.out(`${timed(changeLine(rollout), parts.clock.now())}\n`);
    },
    say: parts.terminal.err,
    leave: () => undefined,
  };
}

/** A page that is drawn over itself. */
export function pageOn(
  parts: CliParts,
  linesOf: (rollout: Rollout, paint: Paint) => Promise<readonly string[]> | readonly string[],
): Show {
  const screen = screenOf(parts.terminal);
  const paint = paintFor(parts.terminal);
  return { ...screen, draw: async (rollout) => screen.draw(await linesOf(rollout, paint)) };
}

function treeOn(parts: CliParts, cluster: CliCluster): Show {
  return pageOn(parts, async (rollout, paint) => {
    const view = await viewOf(cluster, rollout);
    const { columns, rows, unicode } = parts.terminal;
    const height = rows === undefined ? {} : { rows };
    return watchLines(view, { columns, ...height, unicode, paint, now: parts.clock.now() });
  });
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
