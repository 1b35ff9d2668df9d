// The verbs that follow a rollout, or tell of those that were.
import { type Command, Option } from 'commander';
import type { HistoryFlags } from './history.ts';
import type { OnCluster } from './on-cluster.ts';
import { nameHelp, outputs, readCount } from './options.ts';

/** Adds `watch` and `history`. */
export function addWatchingVerbs(serin: Command, onCluster: OnCluster): void {
  serin
    .command('watch')
    .description('draw a rollout as a tree until it ends: versions, pods, steps, weight and every gate')
    .argument('<name...>', nameHelp)
    .action(async (name: string[], _flags: unknown, command: Command) => {
      const { runWatch } = await import('./watch.ts');
      await onCluster(command, (parts, cluster) => runWatch(parts, cluster, name));
    });
  serin
    .command('history')
    .description('list the attempts of a Deployment, how each ended and why; or tell all of one')
    .argument('<name...>', nameHelp)
    .option('--attempt <number>', 'everything of this attempt, as the list counts them', readCount)
    .addOption(new Option('-o, --output <format>', 'how to print').choices(outputs).default('table'))
    .action(async (name: string[], flags: HistoryFlags, command: Command) => {
      const { runHistory } = await import('./history.ts');
      await onCluster(command, (parts, cluster) => runHistory(parts, cluster, name, flags));
    });
}
