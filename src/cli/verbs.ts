// The verbs that look at a cluster or ask something of it.
import { type Command, Option } from 'commander';
import type { Verb } from '../domain/people.ts';
import type { AskFlags } from './ask.ts';
import type { MetricsSource } from './cluster.ts';
import type { DoctorOutput } from './doctor.ts';
import type { OnCluster, OnWholeCluster } from './on-cluster.ts';
import { nameHelp, type Output, outputs, readAccount, readCount, readDuration, readUrl } from './options.ts';
import type { StatusFlags } from './status.ts';
import { addWaitVerb } from './waiting-verb.ts';

/** Adds the verbs that look and ask, and those that work on the cluster itself. */
export function addVerbs(serin: Command, onCluster: OnCluster, onWhole: OnWholeCluster): void {
  addGet(serin, onCluster);
  addStatus(serin, onCluster);
  addWaitVerb(serin, onCluster);
  addPlan(serin, onWhole);
  addDoctor(serin, onWhole);
  addPromote(serin, onCluster);
  addApprove(serin, onCluster);
  addRequest(serin, onCluster, 'abort', 'go back to stable, up to the last bake');
  addRequest(serin, onCluster, 'pause', 'hold forward moves; a failing gate still rolls back');
  addRequest(serin, onCluster, 'resume', 'let a paused rollout go on');
  addRequest(
    serin,
    onCluster,
    'retry',
    'begin a new attempt of a revision that was rolled back, or go on with a held one',
  );
  addUndo(serin, onWhole);
  addRestart(serin, onWhole);
  addUninstall(serin, onWhole);
}

function addGet(serin: Command, onCluster: OnCluster): void {
  serin
    .command('get')
    .description('list rollouts, or show one')
    .argument('[name...]', nameHelp)
    .option('-A, --all-namespaces', 'list those of every namespace', false)
    .addOption(new Option('-o, --output <format>', 'how to print').choices(outputs).default('table'))
    .action(async (name: string[], { allNamespaces, output }: { allNamespaces: boolean; output: Output }, command) => {
      const { runGet } = await import('./get.ts');
      await onCluster(command, (parts, cluster) => runGet(parts, cluster, name, { everywhere: allNamespaces, output }));
    });
}

function addStatus(serin: Command, onCluster: OnCluster): void {
  serin
    .command('status')
    .description('show the newest rollout of a Deployment: where it stands, and why')
    .argument('<name...>', nameHelp)
    .option('-w, --watch', 'go on until the rollout ends, and exit as `serin wait` does', false)
    .addOption(new Option('-o, --output <format>', 'how to print').choices(outputs).default('table'))
    .action(async (name: string[], flags: StatusFlags, command) => {
      const { runStatus } = await import('./status.ts');
      await onCluster(command, (parts, cluster) => runStatus(parts, cluster, name, flags));
    });
}

function addPlan(serin: Command, onCluster: OnWholeCluster): void {
  serin
    .command('plan')
    .description('show what a rollout of a Deployment would do, without doing any of it')
    .argument('<name...>', 'checkout or deployment/checkout')
    .option(
      '--prometheus-url <url>',
      'where Prometheus answers, for the times that the present traffic makes likely',
      readUrl('http', 'https'),
    )
    .option('--prometheus-token-file <file>', 'a file whose content is sent to Prometheus as bearer token')
    .action(async (name: string[], flags: PrometheusFlags, command) => {
      const { runPlan } = await import('./plan.ts');
      await onCluster(command, (parts, cluster) => runPlan(parts, cluster, name, sourceOf(flags)));
    });
}

function addDoctor(serin: Command, onCluster: OnWholeCluster): void {
  serin
    .command('doctor')
    .description('look for what would make a canary of a Deployment fail, without changing anything')
    .argument('<name...>', 'checkout or deployment/checkout')
    .option('--prometheus-url <url>', 'where Prometheus answers', readUrl('http', 'https'))
    .option('--prometheus-token-file <file>', 'a file whose content is sent to Prometheus as bearer token')
    .addOption(
      new Option('--account <namespace/name>', "the controller's ServiceAccount, whose rights are looked at")
        .argParser(readAccount)
        .default('system:serviceaccount:serin-system:serin', 'serin-system/serin'),
    )
    .option('--verbose', 'list every check, the fine ones too', false)
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['table', 'json']).default('table'))
    .action(async (name: string[], flags: PrometheusFlags & DoctorOutput & { account: string }, command) => {
      const { runDoctor } = await import('./doctor.ts');
      const source = sourceOf(flags);
      const asked = { account: flags.account, ...(source === undefined ? {} : { source }) };
      await onCluster(command, (parts, cluster) => runDoctor(parts, cluster, name, flags, asked));
    });
}

/** Where Prometheus answers, as typed. */
export interface PrometheusFlags {
  readonly prometheusUrl?: string;
  readonly prometheusTokenFile?: string;
}

/** The source that was typed; undefined where none was. */
export function sourceOf({ prometheusUrl, prometheusTokenFile }: PrometheusFlags): MetricsSource | undefined {
  if (prometheusUrl === undefined) return undefined;
  return { url: prometheusUrl, ...(prometheusTokenFile === undefined ? {} : { tokenFile: prometheusTokenFile }) };
}

function addPromote(serin: Command, onCluster: OnCluster): void {
  serin
    .command('promote')
    .description('leave the present step for the next one')
    .argument('<name...>', nameHelp)
    .option('--full', 'leave every remaining step too', false)
    .option('--step <number>', 'the step meant, counted from 1; the present one when left out', readCount)
    .option('--reason <text>', 'why, for everybody to read')
    .option('--override-freeze', 'let this rollout go on in spite of freezes; takes the right to, and a reason', false)
    .action(async (name: string[], flags: PromoteFlags, command: Command) => {
      const { full, overrideFreeze, ...rest } = flags;
      if (full && rest.step !== undefined)
        command.error(
          'error: --full goes through all remaining steps, so that there is no --step to name. Leave one out.',
        );
      if (overrideFreeze && (rest.reason ?? '').trim() === '')
        command.error('error: --override-freeze needs a reason: --reason "why it cannot wait"');
      const override = overrideFreeze ? { overrideFreeze } : {};
      await ask(onCluster, command, name, { verb: full ? 'promoteFull' : 'promote', ...rest, ...override });
    });
}

interface PromoteFlags {
  readonly full: boolean;
  readonly step?: number;
  readonly reason?: string;
  readonly overrideFreeze: boolean;
}

function addApprove(serin: Command, onCluster: OnCluster): void {
  serin
    .command('approve')
    .description('give the word that a rollout waits for; gates still decide, and `serin abort` refuses')
    .argument('<name...>', nameHelp)
    .option('--step <number>', 'the step meant, counted from 1; the present one when left out', readCount)
    .option('--reason <text>', 'why, for everybody to read')
    .action(async (name: string[], flags: { step?: number; reason?: string }, command) => {
      await ask(onCluster, command, name, { verb: 'approve', ...flags });
    });
}

function addRequest(serin: Command, onCluster: OnCluster, verb: Verb, description: string): void {
  serin
    .command(verb)
    .description(description)
    .argument('<name...>', nameHelp)
    .option('--reason <text>', 'why, for everybody to read')
    .action(async (name: string[], flags: { reason?: string }, command) => {
      await ask(onCluster, command, name, { verb, ...flags });
    });
}

async function ask(onCluster: OnCluster, command: Command, name: string[], flags: AskFlags): Promise<void> {
  const { runAsk } = await import('./ask.ts');
  await onCluster(command, (parts, cluster) => runAsk(parts, cluster, name, flags));
}

function addUndo(serin: Command, onCluster: OnWholeCluster): void {
  serin
    .command('undo')
    .description('put back the pod template that a managed Deployment runs, or the one before')
    .argument('<name...>', 'checkout or deployment/checkout')
    .option('--to-revision <number>', 'the revision meant, as kubectl rollout history counts', readCount)
    .action(async (name: string[], flags: { toRevision?: number }, command) => {
      const { runUndo } = await import('./undo.ts');
      await onCluster(command, (parts, cluster) => runUndo(parts, cluster, name, flags));
    });
}

function addRestart(serin: Command, onCluster: OnWholeCluster): void {
  serin
    .command('restart')
    .description('release new pods of the same version of a managed Deployment, as a canary')
    .argument('<name...>', 'checkout or deployment/checkout')
    .action(async (name: string[], _flags: unknown, command) => {
      const { runRestart } = await import('./undo.ts');
      await onCluster(command, (parts, cluster) => runRestart(parts, cluster, name));
    });
}

function addUninstall(serin: Command, onCluster: OnWholeCluster): void {
  serin
    .command('uninstall')
    .description('end every rollout, put routes back, and let go of every object')
    .option('--yes', 'do it, not only say what would be done', false)
    .option('--without-controller', 'put routes back from here, because no controller runs any more', false)
    .addOption(
      new Option('--timeout <duration>', 'how long to wait for the ends')
        .argParser(readDuration)
        .default(300_000, '5m'),
    )
    .action(async (flags: { yes: boolean; withoutController: boolean; timeout: number }, command: Command) => {
      const { runUninstall } = await import('./uninstall.ts');
      const { namespace } = command.optsWithGlobals<{ namespace?: string }>();
      const { yes, withoutController, timeout } = flags;
      const where = namespace === undefined ? {} : { namespace };
      await onCluster(command, (parts, cluster) =>
        runUninstall(parts, cluster, { yes, withoutController, timeoutMs: timeout, ...where }),
      );
    });
}
