// The flags of Slack, which the controller speaks to when it is given a bot token.
import { type Command, Option } from 'commander';
import type { ControllerFlags } from './cluster.ts';
import { CliError, exitCodes } from './exit.ts';
import { readListen, readUrl } from './options.ts';

/** The flags as commander names them. */
export interface SlackWords {
  readonly slackBotTokenFile?: string;
  readonly slackAppTokenFile?: string;
  readonly slackSigningSecretFile?: readonly string[];
  readonly slackAddress?: ControllerFlags['listen'];
  readonly slackApiUrl?: string;
  readonly slackUsersFile?: string;
  readonly clusterName?: string;
}

/** Adds the flags to the verb. */
export function addSlackFlags(controller: Command): void {
  const address = new Option('--slack-address <address>', 'where Slack reaches this controller in HTTP mode');
  const secret = new Option(
    '--slack-signing-secret-file <file>',
    "a file with Slack's signing secret, for HTTP mode; twice while it is rotated",
  );
  controller
    .option('--slack-bot-token-file <file>', 'a file with the bot token (xoxb-...); Slack is told of rollouts with it')
    .option('--slack-app-token-file <file>', 'a file with the app token (xapp-...), for Socket Mode')
    .addOption(secret.argParser(collected))
    .addOption(address.argParser(readListen))
    .option('--slack-users-file <file>', 'the table of who in Slack is who in the cluster')
    .option('--slack-api-url <url>', "another address of Slack's Web API", readUrl('http', 'https'))
    .option('--cluster-name <name>', 'how people call this cluster, for messages');
}

/** A flag that may be given several times. */
function collected(file: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), file];
}

/** How Slack is spoken to, read from the flags; a usage error when one lacks another. */
export function slackFlags(words: SlackWords): Pick<ControllerFlags, 'slack' | 'clusterName'> {
  const { slackBotTokenFile: botTokenFile, slackUsersFile: usersFile, slackApiUrl: apiUrl, clusterName } = words;
  const named = clusterName === undefined ? {} : { clusterName };
  if (botTokenFile === undefined) {
    if (
      words.slackAppTokenFile === undefined &&
      words.slackSigningSecretFile === undefined &&
      words.slackAddress === undefined
    )
      return named;
    throw usage('Slack takes a bot token to be spoken to: --slack-bot-token-file FILE');
  }
  const mode = modeOf(words);
  if (mode !== undefined && usersFile === undefined)
    throw usage(
      'Whoever presses a button in Slack has to be somebody in the cluster. Say who is who: --slack-users-file FILE',
    );
  return {
    ...named,
    slack: {
      botTokenFile,
      ...(mode === undefined ? {} : { mode }),
      ...(usersFile === undefined ? {} : { usersFile }),
      ...(apiUrl === undefined ? {} : { apiUrl }),
    },
  };
}

/** How presses reach the controller; undefined where it only tells. */
function modeOf(words: SlackWords): NonNullable<ControllerFlags['slack']>['mode'] {
  const { slackAppTokenFile: appTokenFile, slackSigningSecretFile: secretFiles = [], slackAddress: listen } = words;
  if (appTokenFile !== undefined) {
    if (secretFiles.length > 0 || listen !== undefined)
      throw usage(
        'Choose one: --slack-app-token-file for Socket Mode, or --slack-address and --slack-signing-secret-file for HTTP mode.',
      );
    return { kind: 'socket', appTokenFile };
  }
  if (secretFiles.length === 0 && listen === undefined) return undefined;
  if (secretFiles.length === 0 || listen === undefined)
    throw usage('HTTP mode of Slack takes both --slack-address and --slack-signing-secret-file.');
  if (secretFiles.length > 2) throw usage('At most two signing secrets count at a time: the old one and the new one.');
  return { kind: 'http', listen, secretFiles };
}

function usage(message: string): CliError {
  return new CliError(exitCodes.usage, message);
}
