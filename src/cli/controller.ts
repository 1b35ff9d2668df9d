// serin controller: how the controller itself is started; the composition root runs it.
import { type Command, Option } from 'commander';
import type { Millis } from '../domain/time.ts';
import { type ApiWords, addApiFlags, apiFlags } from './api-flags.ts';
import { type CliParts, type ClusterFlags, type ControllerFlags, clusterFlags } from './cluster.ts';
import { addMailFlags, type MailWords, mailFlags } from './mail-flags.ts';
import { readCount, readDuration, readListen, readPolicy, readUrl } from './options.ts';
import { demandCluster, type ServerWords } from './server-flags.ts';
import { addSlackFlags, type SlackWords, slackFlags } from './slack-flags.ts';

const logLevels = ['info', 'warn', 'error', 'silent'] as const;

/** The flags as commander names them. */
interface Words extends ClusterFlags, ServerWords, ApiWords, SlackWords, MailWords {
  readonly prometheusUrl: string;
  readonly prometheusTokenFile?: string;
  readonly redisUrl?: string;
  readonly redisPrefix: string;
  readonly slot: Millis;
  readonly scrapeInterval?: Millis;
  readonly settle: Millis;
  readonly sweep: Millis;
  readonly clusterPolicy?: { readonly namespace: string; readonly name: string };
  readonly concurrency: number;
  readonly listen: ControllerFlags['listen'];
  readonly logLevel: ControllerFlags['logLevel'];
}

/** Adds the verb that runs the controller. */
export function addControllerVerb(serin: Command, parts: CliParts, ended: (code: number) => void): void {
  const listen = new Option('--listen <address>', 'where health and metrics are served').argParser(readListen);
  const controller = serin
    .command('controller')
    .description('run the controller until it is told to stop; -n bounds it to one namespace')
    .requiredOption('--prometheus-url <url>', 'where Prometheus answers', readUrl('http', 'https'))
    .option('--prometheus-token-file <file>', 'a file whose content is sent to Prometheus as bearer token')
    .option(
      '--redis-url <url>',
      'the Redis that rings; without it the process rings by itself',
      readUrl('redis', 'rediss'),
    )
    .option('--redis-prefix <text>', 'in front of every key in Redis', '{serin}')
    .addOption(duration('--slot <duration>', 'the width of a slot of evidence').default(15_000, '15s'))
    .addOption(duration('--scrape-interval <duration>', 'how often Prometheus scrapes the mesh (default: one slot)'))
    .addOption(duration('--settle <duration>', 'how long the mesh may take to follow a write').default(5_000, '5s'))
    .addOption(duration('--sweep <duration>', 'how often every rollout is looked at').default(30_000, '30s'))
    .option('--concurrency <number>', 'how many rollouts are ticked at a time', readCount, 20)
    .option(
      '--cluster-policy <namespace/name>',
      'the CanaryPolicy whose freezes and stop hold every namespace',
      readPolicy,
    )
    .addOption(listen.default(readListen(':8080'), ':8080'))
    .addOption(new Option('--log-level <level>', 'how much is logged').choices(logLevels).default('info'))
    .action(async (_flags: unknown, command: Command) => {
      const words = command.optsWithGlobals<Words>();
      demandCluster('controller', parts, words);
      ended(await parts.runController(controllerFlags(words)));
    });
  addApiFlags(controller);
  addSlackFlags(controller);
  addMailFlags(controller);
}

function duration(flag: string, description: string): Option {
  return new Option(flag, description).argParser(readDuration);
}

function controllerFlags(words: Words): ControllerFlags {
  const { prometheusTokenFile, redisUrl, clusterPolicy } = words;
  return {
    ...clusterFlags(words),
    prometheusUrl: words.prometheusUrl,
    ...(prometheusTokenFile === undefined ? {} : { prometheusTokenFile }),
    ...(redisUrl === undefined ? {} : { redisUrl }),
    redisPrefix: words.redisPrefix,
    slotMs: words.slot,
    lagMs: words.scrapeInterval ?? words.slot,
    settleMs: words.settle,
    sweepMs: words.sweep,
    ...(clusterPolicy === undefined ? {} : { clusterPolicy }),
    concurrency: words.concurrency,
    listen: words.listen,
    ...apiFlags(words),
    ...slackFlags(words),
    ...mailFlags(words),
    logLevel: words.logLevel,
  };
}
