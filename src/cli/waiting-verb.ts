// The verb that pipelines wait with.
import { type Command, Option } from 'commander';
import { type Goal, readGoal } from './goal.ts';
import type { OnCluster } from './on-cluster.ts';
import { readTimeout } from './options.ts';

const waitHelp = `
Exit codes:
    0  reached: promoted, or what --for names; or there is nothing to release
    1  an internal error, or the cluster did not answer for two minutes
    2  wrong usage
    3  rolled back by a gate, or because of the pods' health under traffic
    4  aborted by a person
    5  superseded by a newer revision, or stable changed
    6  approval was refused, or not given in time
    7  failed to start: pods did not get ready, or the settings cannot be understood
    8  rolled back because time ran out without a verdict
   10  not found, or not permitted
  124  the --timeout of this command is over; the rollout goes on, or waits for a person
  130  interrupted; the rollout goes on

When GITHUB_ACTIONS is set, an end that is not 0 is marked as an error; a summary goes to the file of GITHUB_STEP_SUMMARY.
`;

interface Typed {
  readonly for: Goal;
  readonly timeout: number;
  readonly image?: string;
  readonly revision?: string;
  readonly output: 'text' | 'json';
  readonly junit?: string;
}

/** Adds `wait`. */
export function addWaitVerb(serin: Command, onCluster: OnCluster): void {
  serin
    .command('wait')
    .description("wait until one attempt has ended: that of the Deployment's present revision, or of what is named")
    .argument('<name...>', 'checkout, deployment/checkout, or a rollout by its own name')
    .addOption(
      new Option('--for <goal>', 'what to wait for: promoted, finished, awaiting-approval, or step=2')
        .argParser(readGoal)
        .default({ kind: 'promoted' }, 'promoted'),
    )
    .option('--image <image>', 'wait for the attempt that releases this image')
    .option('--revision <revision>', 'wait for the attempt of this revision, as `serin get -o wide` shows it')
    .addOption(
      new Option('--timeout <duration>', 'how long this command waits, such as 45m; 0 for ever')
        .argParser(readTimeout)
        .default(3_600_000, '1h'),
    )
    .addOption(
      new Option('-o, --output <format>', 'lines for people, or one JSON object a line')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option('--junit <file>', 'write a JUnit report of the end')
    .addHelpText('after', waitHelp)
    .action(async (name: string[], { for: goal, timeout, ...rest }: Typed, command: Command) => {
      const { runWait } = await import('./wait.ts');
      const limit = Number.isFinite(timeout) ? { timeoutMs: timeout } : {};
      await onCluster(command, (parts, cluster) => runWait(parts, cluster, name, { goal, ...limit, ...rest }));
    });
}
