// The verbs that tell how Serin judges: why it decided as it did, and what it would have made of a past.
import { type Command, Option } from 'commander';
import { type Moment, readMoment } from './moments.ts';
import type { OnCluster, OnWholeCluster } from './on-cluster.ts';
import { readDuration, readUrl } from './options.ts';
import { type PrometheusFlags, sourceOf } from './verbs.ts';

type Format = { readonly output: 'table' | 'json' };

/** Adds `explain` and `replay`. */
export function addJudgingVerbs(serin: Command, onCluster: OnCluster, onWhole: OnWholeCluster): void {
  serin
    .command('explain')
    .description('say for every gate of the newest rollout what it counted, how sure it is, and by which query')
    .argument('<name...>', 'checkout, deployment/checkout, or a rollout by its own name')
    .addOption(format())
    .action(async (name: string[], { output }: Format, command) => {
      const { runExplain } = await import('./explain.ts');
      await onCluster(command, (parts, cluster) => runExplain(parts, cluster, name, output));
    });
  addReplay(serin, onWhole);
}

interface Typed extends PrometheusFlags, Format {
  readonly from: Moment;
  readonly to: Moment;
  readonly canary?: string;
  readonly stable?: string;
  readonly splitAt?: Moment;
  readonly policy?: string;
  readonly html?: string;
  readonly slot: number;
  readonly scrapeInterval?: number;
}

function addReplay(serin: Command, onCluster: OnWholeCluster): void {
  serin
    .command('replay')
    .description('judge a past that Prometheus still knows, as if a rollout had begun then, without changing anything')
    .argument('<name...>', 'checkout or deployment/checkout')
    .addOption(moment('--from <time>', 'where it begins: -2h, or 2026-01-05T09:00:00Z', '-1h'))
    .addOption(moment('--to <time>', 'where it ends', 'now'))
    .option('--canary <name>', 'the workload that is judged; that of the newest rollout when left out')
    .option('--stable <name>', 'the workload that it is compared with')
    .option('--split-at <time>', 'compare what the workload was after this moment with what it was before', readMoment)
    .option('-f, --policy <file>', 'a CanaryPolicy to judge by, in place of the one that is named')
    .option('--prometheus-url <url>', 'where Prometheus answers', readUrl('http', 'https'))
    .option('--prometheus-token-file <file>', 'a file whose content is sent to Prometheus as bearer token')
    .addOption(new Option('--slot <duration>', 'the width of a slot').argParser(readDuration).default(15_000, '15s'))
    .option('--scrape-interval <duration>', 'how late a slot can be read; one slot when left out', readDuration)
    .option('--html <file>', 'write a page with plots, which needs nothing else')
    .addOption(format())
    .action(async (name: string[], typed: Typed, command: Command) => {
      const { runReplay } = await import('./replay.ts');
      const { slot, scrapeInterval = slot, ...rest } = typed;
      const flags = { ...rest, slotMs: slot, lagMs: scrapeInterval };
      await onCluster(command, (parts, cluster) => runReplay(parts, cluster, name, flags, sourceOf(typed)));
    });
}

function moment(flags: string, description: string, otherwise: string): Option {
  return new Option(flags, description).argParser(readMoment).default(readMoment(otherwise), otherwise);
}

function format(): Option {
  return new Option('-o, --output <format>', 'how to print').choices(['table', 'json']).default('table');
}
