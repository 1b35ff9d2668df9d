// Which controller's HTTP API the command speaks to in place of a cluster, and with whose token.
import type { Command } from 'commander';
import { type CliParts, type ClusterFlags, clusterFlags, type ServerFlags } from './cluster.ts';
import { CliError, exitCodes } from './exit.ts';
import { readText } from './input.ts';

/** The flags as commander names them. */
export interface ServerWords {
  readonly server?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly certificateAuthority?: string;
}

/** Where a command works. */
export type Place =
  | { readonly kind: 'cluster'; readonly flags: ClusterFlags }
  | { readonly kind: 'server'; readonly flags: ServerFlags };

/** Adds the flags to the program. */
export function addServerFlags(serin: Command): void {
  serin
    .option('--server <url>', "a controller's HTTP API to work through, in place of a kubeconfig (or SERIN_SERVER)")
    .option('--token-file <file>', 'a file with the token for --server, read again at every call')
    .option('--token <token>', 'the token itself, which others on this machine can see; better SERIN_TOKEN or a file')
    .option('--certificate-authority <file>', 'the authority to trust for --server, PEM');
}

/** An address that a token may be sent to: https, or plain http on this machine. A usage error otherwise. */
function addressIn(text: string, from: string): string {
  const wanted = 'Expected an address such as "https://serin.example.com".';
  if (!URL.canParse(text) || !/^https?:\/\//i.test(text)) {
    const guess = /^[a-z0-9][a-z0-9.-]*(:\d+)?(\/|$)/i.test(text) ? ` Did you mean "https://${text}"?` : '';
    throw new CliError(exitCodes.usage, `${from} is "${text}". ${wanted}${guess}`);
  }
  const { protocol, hostname, username, password, search, hash, origin, pathname } = new URL(text);
  // Not repeated: it may hold a secret.
  if (username !== '' || password !== '' || search !== '' || hash !== '')
    throw new CliError(
      exitCodes.usage,
      `${from} holds more than an address. ${wanted} A token goes into --token-file.`,
    );
  if (protocol === 'http:' && !isLoopback(hostname)) {
    const why = 'the token would travel in the clear, and only https is spoken to another machine.';
    throw new CliError(exitCodes.usage, `${from} is "${text}": ${why}`);
  }
  const path = pathname.replace(/\/+$/, '');
  if (path.endsWith('/v1')) throw new CliError(exitCodes.usage, `${from} is "${text}": leave "/v1" out.`);
  return `${origin}${path}`;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Where the flags and the environment send a command: flags first, and of either only what goes together. A usage error otherwise. */
export async function placeOf(parts: CliParts, words: ServerWords & ClusterFlags): Promise<Place> {
  const url = serverUrl(parts, words);
  if (url === undefined) {
    const stray = strayFlag(words);
    if (stray === undefined) return { kind: 'cluster', flags: clusterFlags(words) };
    throw new CliError(exitCodes.usage, `${stray} is for a server, and none is named: --server URL, or SERIN_SERVER.`);
  }
  const { certificateAuthority: file } = words;
  const token = tokenOf(parts, words);
  await token();
  const authority = file === undefined ? {} : { authority: await authorityIn(parts, file) };
  return { kind: 'server', flags: { url, token, ...authority, namespace: words.namespace ?? 'default' } };
}

/** The address of the flags, or that of the environment; none where a kubeconfig is asked for. */
function serverUrl(
  { server: environment }: CliParts,
  { server, kubeconfig, context }: ServerWords & ClusterFlags,
): string | undefined {
  const isCluster = kubeconfig !== undefined || context !== undefined;
  if (server !== undefined && isCluster)
    throw new CliError(
      exitCodes.usage,
      '--server goes without --kubeconfig and --context: either the one or the other.',
    );
  if (server !== undefined) return addressIn(server, '--server');
  return isCluster || environment.url === undefined ? undefined : addressIn(environment.url, 'SERIN_SERVER');
}

function strayFlag({ token, tokenFile, certificateAuthority }: ServerWords): string | undefined {
  if (token !== undefined) return '--token';
  if (tokenFile !== undefined) return '--token-file';
  return certificateAuthority === undefined ? undefined : '--certificate-authority';
}

function tokenOf(parts: CliParts, { token, tokenFile }: ServerWords): () => Promise<string> {
  if (token !== undefined && tokenFile !== undefined)
    throw new CliError(exitCodes.usage, '--token and --token-file say the same: give one of them.');
  if (tokenFile !== undefined) return async () => tokenIn(await readText(parts, tokenFile), tokenFile);
  const given = token ?? parts.server.token;
  if (given !== undefined) return async () => tokenIn(given, token === undefined ? 'SERIN_TOKEN' : '--token');
  const next = 'kubectl create token ACCOUNT -n NAMESPACE > FILE, and give that with --token-file FILE';
  throw new CliError(exitCodes.usage, 'A server wants a token: --token-file FILE, or SERIN_TOKEN.', next);
}

/** The form of a bearer token (RFC 6750, section 2.1). What is none is not repeated: it may be half of one. */
function tokenIn(text: string, from: string): string {
  const token = text.trim();
  if (/^[\w~+/.-]+=*$/.test(token)) return token;
  throw new CliError(exitCodes.usage, `${from} holds no token: it is ${token === '' ? 'empty' : 'something else'}.`);
}

async function authorityIn(parts: CliParts, file: string): Promise<string> {
  const text = await readText(parts, file);
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new CliError(exitCodes.usage, `${file} holds no certificate in PEM.`);
}

const throughServer = 'get, status, watch, wait, explain, history, promote, approve, pause, resume, abort and retry';

/** Says of a verb that works on the cluster itself that a server does not do. A usage error. */
export function demandCluster(verb: string, parts: CliParts, words: ServerWords & ClusterFlags): void {
  if (serverUrl(parts, words) === undefined) return;
  const why =
    words.server === undefined ? ' SERIN_SERVER is set: unset it, or choose with --kubeconfig or --context.' : '';
  const message = `serin ${verb} works on the cluster itself and needs a kubeconfig; through a server there are ${throughServer}.${why}`;
  throw new CliError(exitCodes.usage, message);
}
