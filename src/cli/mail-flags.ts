// The flags of programs outside that are told of rollouts: webhooks and GitHub, and the addresses that may be spoken to.
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { type AllowedOrigin, readOrigin } from '../domain/allow-list.ts';
import type { ControllerFlags } from './cluster.ts';
import { CliError, exitCodes } from './exit.ts';
import { readUrl } from './options.ts';

/** The flags as commander names them. */
export interface MailWords {
  readonly announceTo?: readonly AllowedOrigin[];
  readonly webhookSecretFile?: readonly string[];
  readonly githubTokenFile?: string;
  readonly githubApiUrl?: string;
}

const githubUrl = 'https://api.github.com';

/** Adds the flags to the verb. */
export function addMailFlags(controller: Command): void {
  controller
    .option(
      '--announce-to <origin>',
      'an address that webhooks may be sent to; give it several times for several',
      origins,
    )
    .option(
      '--webhook-secret-file <file>',
      'a file with the secret (whsec_...) that webhooks are signed with; twice while it is rotated',
      files,
    )
    .option(
      '--github-token-file <file>',
      'a file with a token that may write deployments; GitHub is told of rollouts with it',
    )
    .option(
      '--github-api-url <url>',
      "another address of GitHub's REST API (default: https://api.github.com)",
      readUrl('http', 'https'),
    );
}

function origins(text: string, before: readonly AllowedOrigin[] | undefined): readonly AllowedOrigin[] {
  const read = readOrigin(text);
  if ('wrong' in read) throw new InvalidArgumentError(read.wrong);
  return [...(before ?? []), read.value];
}

function files(file: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), file];
}

/** Which programs outside are told, read from the flags; a usage error when one lacks another. */
export function mailFlags(words: MailWords): Pick<ControllerFlags, 'mail'> {
  const { announceTo: allowed = [], webhookSecretFile: secretFiles = [], githubTokenFile: tokenFile } = words;
  if (secretFiles.length > 2) throw usage('At most two secrets count at a time: the new one and the old one.');
  if (secretFiles.length > 0 && allowed.length === 0)
    throw usage('Webhooks are sent to addresses of a list alone. Name one: --announce-to https://hooks.example.com');
  if (secretFiles.length === 0 && allowed.length > 0)
    throw usage('Webhooks are signed, which takes a secret: --webhook-secret-file FILE');
  if (tokenFile === undefined && words.githubApiUrl !== undefined)
    throw usage('GitHub is told of rollouts with a token: --github-token-file FILE');
  const webhook = secretFiles.length === 0 ? {} : { webhook: { secretFiles, allowed } };
  const github = tokenFile === undefined ? {} : { github: { tokenFile, apiUrl: words.githubApiUrl ?? githubUrl } };
  return tokenFile === undefined && secretFiles.length === 0 ? {} : { mail: { ...webhook, ...github } };
}

function usage(message: string): CliError {
  return new CliError(exitCodes.usage, message);
}
